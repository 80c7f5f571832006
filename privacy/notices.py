"""The mails about access: what happened, to what, and where to decide or withdraw. None of them grants anything.

They carry the customer's own words and those of staff, never anything that was collected (promise 13).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy import links, people, withdrawal
from privacy.models import AccessGrant, AccessLog, AccessRequest, AccessSession, Event, SupportMessage, SupportQuestion
from privacy.models.log import By
from privacy.scope import Scope, describe_all
from privacy.selectors.consent import action_words
from privacy.selectors.timeline import sentence
from webanizr.core import mail, tenancy
from webanizr.core.models import TenantModel

Row = TypeVar("Row", bound=TenantModel)


@dataclass
class Notice:
    """A mail in the making. rows: [label, value]; note: small print under the button."""

    title: str
    intro: str
    button: str
    link: str
    note: str = ""
    rows: list[list[str]] = field(default_factory=list)


def term(hours: int) -> str:
    """Return e.g. "24 hours" or "7 days"."""
    if hours % 24 == 0 and hours > 72:
        return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


def tell(log_id: str) -> int:
    """Mail what a line of the current account's log says, if that line is there; return how many mails."""
    line = AccessLog.objects.filter(account_id=tenancy.current_account_id(), id=log_id).first()
    if line is None or (line.event == Event.CHANGED and line.by == By.MEMBER):
        return 0  # what a member corrects is in the log; nobody from outside has looked
    return send_about(line)


def tell_reply(message_id: str) -> bool:
    """Mail the asker that Webanizr answered; a note among staff is told nobody."""
    rows = SupportMessage.objects.select_related("question").filter(account_id=tenancy.current_account_id())
    message = rows.filter(id=message_id, by_staff=True, internal=False).first()
    return message is not None and send_reply(message)


def send_about(line: AccessLog) -> int:
    """Mail the account's owners what a line of the log says; return how many mails. In the account's context."""
    readers = people.deciders(line.account_id)
    for reader in readers:
        with translation.override(reader.language):
            _send(reader, _notice(line, reader))
    return len(readers)


def send_reply(message: SupportMessage) -> bool:
    """Mail the asker that Webanizr answered; return whether there is still somebody to tell."""
    question = message.question
    reader = people.member(question.account_id, question.asked_by)
    if reader is None:
        return False
    with translation.override(reader.language):
        name = people.names([message.staff_id]).get(message.staff_id or uuid.UUID(int=0), "Webanizr")
        _send(
            reader,
            Notice(
                title=_("%(name)s answered your question") % {"name": name},
                intro=_("There is an answer to your question #%(number)s ‘%(subject)s’.")
                % {"number": question.number, "subject": question.subject},
                button=_("Read the answer"),
                link=links.question_page(question.id),
            ),
        )
    return True


def _send(reader: people.Addressee, notice: Notice) -> None:
    context: dict[str, Any] = {"name": reader.name, **vars(notice)}
    mail.send(to=reader.email, template="mail/access", context=context, language=reader.language)


def _row(model: type[Row], line: AccessLog, key: uuid.UUID | None) -> Row | None:
    """Return what a line points at, if it is still there: the log outlives it."""
    return model._default_manager.filter(account_id=line.account_id, id=key).first() if key else None


def _notice(line: AccessLog, reader: people.Addressee) -> Notice:
    names = people.names([line.actor_id])
    who = names.get(line.actor_id, "Webanizr") if line.actor_id else "Webanizr"
    question = _row(SupportQuestion, line, line.question_id)
    rows = []
    if line.site_id:
        scope = Scope(line.site_id, line.form_id, line.submission_id)
        rows.append([_("What"), describe_all(line.account_id, [line])[scope]])
    if question is not None:
        rows.append([_("For"), _("Question #%(n)s ‘%(s)s’") % {"n": question.number, "s": question.subject}])
    if line.event == Event.REQUESTED:
        return _asked(line, who, rows)
    if line.event in (Event.GRANTED, Event.IMPLIED):
        return _given(line, rows, reader)
    if line.event == Event.OPENED:
        session = _row(AccessSession, line, line.session_id)
        if session is not None:
            rows.append([_("Why"), f"“{session.reason}”"])
        return Notice(
            title=_("%(name)s is looking along now") % {"name": who},
            intro=_("This is within the permission that you gave. It lasts half an hour at most."),
            rows=rows,
            button=_("See it, or withdraw"),
            link=links.grant_page(line.grant_id) if line.grant_id else links.consent_page(),
            note=_("Whatever is opened is in your log first. Withdrawing works at once."),
        )
    return Notice(
        title=sentence(line, names),
        intro=_("It is in your log, with everything that was looked at."),
        rows=rows,
        button=_("Look at the log"),
        link=links.consent_page(),
    )


def _asked(line: AccessLog, who: str, rows: list[list[str]]) -> Notice:
    request = _row(AccessRequest, line, line.request_id)
    if request is not None:
        rows[0][1] += f". {action_words(request.actions)}."
        rows.append([_("Why"), f"“{request.reason}”"])
        rows.append([_("How long"), _("%(term)s, and you can stop it earlier") % {"term": term(request.hours)}])
    return Notice(
        title=_("May %(name)s look along?") % {"name": who},
        intro=_("%(name)s of Webanizr wants to look at something for your question. You decide.") % {"name": who},
        rows=rows,
        button=_("Look and decide"),
        link=links.consent_page(),
        note=_(
            "After signing in you choose Allow or Refuse. If you refuse, we simply help you without. A click in this "
            "mail alone gives no permission."
        ),
    )


def _given(line: AccessLog, rows: list[list[str]], reader: people.Addressee) -> Notice:
    grant = _row(AccessGrant, line, line.grant_id)
    implied = line.event == Event.IMPLIED
    if grant is not None:
        rows[0][1] += f". {action_words(grant.actions)}."
        if grant.quote:
            rows.append([_("Your words"), f"“{grant.quote}”"])
        hours = round((grant.expires_at - grant.granted_at).total_seconds() / 3600)
        rows.append([_("How long"), _("%(term)s, and you can stop it earlier") % {"term": term(hours)}])
    return Notice(
        title=_("Your question lets us look along") if implied else _("You gave permission to look along"),
        intro=_("You asked us something that we can't answer without looking. That is why we may read what you named.")
        if implied
        else _("This is what you allowed."),
        rows=rows,
        button=_("Withdraw, or look at it"),
        link=withdrawal.withdraw_url(account_id=line.account_id, grant_id=line.grant_id, user_id=reader.id)
        if line.grant_id
        else links.consent_page(),
        note=_("Don't you want this? One click on that page withdraws it, at once.")
        + (" " + _("There you can also choose that we always ask first.") if implied else ""),
    )
