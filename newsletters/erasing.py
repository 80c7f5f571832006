"""What the newsletter adds to an erasure (`privacy.erasure.hooks`): who the person is there, and to stay gone."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.models import Contact, Suppression
from privacy.erasure.subjects import Subject


def identify(subject: Subject) -> None:
    """Find each person's contact, by which the mailing platform knows them. Runs as the eraser, within the plan."""
    for person in subject.people:
        keys = [key_of(address) for address in person.emails]
        person.contact_id = Contact.objects.filter(address_key__in=keys).values_list("id", flat=True).first()


def suppress(subject: Subject) -> None:
    """Keep an old list from adding the person again: a keyed hash of each address stays, until they subscribe anew."""
    with transaction.atomic():
        for person in subject.people:
            Suppression.objects.bulk_create(
                [
                    Suppression(address_key=key_of(address), reason=Suppression.Reason.ERASED, at=timezone.now())
                    for address in person.emails
                ],
                ignore_conflicts=True,
            )
