"""Paying customers: they get the newsletter unless they object, and lose it when they no longer pay (promise 03).

Which accounts pay is billing's to say; here it is only followed. A person who isn't a paying customer's owner gets no
row in these tables by having an account.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role, User
from billing.questions import Question
from newsletters import scope
from newsletters.addresses import key_of
from newsletters.models import Consent, Contact, Topic
from newsletters.selectors import is_customer, last_said
from newsletters.services import contacts, ledger, queue
from newsletters.wording import CUSTOMER, STOP

ADOPT_BATCH = 2000
CONFIRMED = Consent.Action.CONFIRMED


def follow_account(*, account_id: uuid.UUID, now: datetime) -> None:
    """Look again at the owners of an account that started or stopped paying. As worker, in the account's context."""
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER).select_related("user", "account")
    for member in owners:
        follow_person(user=member.user, language=member.account.language, now=now)


def follow_person(*, user: User, now: datetime, language: str = "nl") -> None:
    """Look again at a person whose paying, role or address changed: their present address, and former ones."""
    with transaction.atomic():
        current = scope.find(user.email)
        if current is None and is_customer(user.email):
            current = contacts.find_or_create(user.email, language=language, user_id=user.pk)
        former = Contact.objects.filter(user_id=user.pk).exclude(address=user.email)
        for old in former.select_for_update():
            current = _move(old, user, current, now=now)
        if current is not None:
            contact = contacts.locked(current)
            assert contact is not None
            if contact.user_id != user.pk:
                contact.user_id = user.pk
                contact.save(update_fields=["user_id"])
            queue.changed(contact, now=now)


def _move(old: Contact, user: User, current: uuid.UUID | None, *, now: datetime) -> uuid.UUID | None:
    """Carry what was said about a former address over to the present one, objections above all; the old one stops."""
    said = last_said(old.id)
    if said and current is None:
        current = contacts.find_or_create(user.email, language=old.language, user_id=user.pk)
    if current is not None and said:
        new = contacts.locked(current)
        assert new is not None
        known = last_said(current)
        for topic_id, line in said.items():
            if topic_id not in known or known[topic_id].source == "address":  # or from here to there and back
                Consent.objects.create(
                    contact=new,
                    topic_id=topic_id,
                    action=line.action,
                    basis=line.basis,
                    wording=line.wording,
                    wording_version=line.wording_version,
                    language=line.language,
                    source="address",
                    token_hash=line.token_hash,
                    at=now,
                )
        new.verified_at = new.verified_at or old.verified_at  # the new address was confirmed by a code just now
        new.paused_until = new.paused_until or old.paused_until
        new.save(update_fields=["verified_at", "paused_until"])
    ledger.write(
        old,
        [topic for topic in Topic.objects.all() if topic.key in said and said[topic.key].action == CONFIRMED],
        action=Consent.Action.WITHDRAWN,
        basis=Consent.Basis.CONSENT,
        wording=STOP,
        source="address",
        now=now,
    )
    old.user_id = None
    old.save(update_fields=["user_id"])
    queue.changed(old, now=now)
    return current


def adopt_all(*, now: datetime) -> int:
    """Make contacts for paying customers whom the newsletter doesn't know yet; return how many. For nightly work."""
    made, after = 0, uuid.UUID(int=0)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT user_id, address, language FROM newsletter_unknown_customers(%s, %s)", [str(after), ADOPT_BATCH]
            )
            rows = cursor.fetchall()
            Contact.objects.bulk_create(
                [
                    Contact(address=address, address_key=key_of(address), language=language, user_id=user_id)
                    for user_id, address, language in rows
                ],
                ignore_conflicts=True,
            )
        if not rows:
            return made
        made, after = made + len(rows), rows[-1][0]


def note_choice(user: User, objects: bool, now: datetime) -> None:
    """Write down what a customer was told when taking a paid plan, and whether they objected.

    Runs in the transaction of the purchase (`billing.questions`).
    """
    language = get_language() or "nl"
    contact_id = contacts.find_or_create(user.email, language=language, user_id=user.pk)
    with scope.contact(contact_id):
        contact = contacts.locked(contact_id)
        assert contact is not None
        said = last_said(contact_id)
        topics = [
            topic
            for topic in Topic.objects.all()
            if not objects or topic.key not in said or said[topic.key].action != Consent.Action.WITHDRAWN
        ]
        ledger.write(
            contact,
            topics,
            action=Consent.Action.WITHDRAWN if objects else Consent.Action.INFORMED,
            basis=Consent.Basis.CUSTOMER,
            wording=CUSTOMER,
            source="checkout",
            language=language,
            now=now,
        )
        queue.changed(contact, now=now)


OBJECTION = Question(
    name="no_newsletter",
    label=_("I don't want the newsletter"),
    help=_("As a customer you get our newsletter by e-mail, about once a month. You can always unsubscribe."),
    answered=note_choice,
)
