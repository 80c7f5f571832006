"""Reading erasures: a person's own page by its link, an account's requests, and the staff's board."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.signing import BadSignature
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from privacy.connectors.base import systems
from privacy.datamap import Scope
from privacy.erasure import certificate
from privacy.erasure.plan import FORGET
from privacy.models import ErasureRequest, ErasureStep
from privacy.selectors import causes
from webanizr.core import tenancy


def open_one(request_id: uuid.UUID) -> None:
    """For the rest of the transaction, let the app's login see this erasure with its steps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('webanizr.erasure_id', %s, true)", [str(request_id)])


def access_by_link(token: str) -> ErasureRequest:
    """Return the erasure whose link this is; raises Http404 for any other text."""
    try:
        request_id = uuid.UUID(certificate.LINK.unsign(token))
    except (BadSignature, ValueError) as error:
        raise Http404 from error
    open_one(request_id)
    request = ErasureRequest.objects.filter(id=request_id).first()
    if request is None:
        raise Http404
    return request


def access_erasure(request_id: uuid.UUID, *, scope: Scope) -> ErasureRequest:
    """Return an erasure of this account and scope; raises Http404 for any other."""
    found = _of_account().filter(id=request_id, scope=scope.value).first()
    if found is None:
        raise Http404
    return found


def open_about_visitors() -> list[ErasureRequest]:
    """Return this account's erasures of visitors' messages that haven't ended, the oldest first."""
    return list(_of_account().filter(scope=Scope.VISITOR.value, state__in=ErasureRequest.OPEN).order_by("requested_at"))


def _of_account() -> QuerySet[ErasureRequest]:
    return ErasureRequest.objects.filter(account_ref=tenancy.current_account_id())


def open_request(*, scope: Scope, subject_id: uuid.UUID) -> ErasureRequest | None:
    """Return the request about this subject that hasn't ended, if there is one."""
    return (
        ErasureRequest.objects.filter(scope=scope.value, subject_id=subject_id, state__in=ErasureRequest.OPEN)
        .order_by("-requested_at")
        .first()
    )


@dataclass(frozen=True)
class Notice:
    """What every page of an account says while something is about to go. Args: link: for who may take it back."""

    scope: str
    day: datetime
    link: str


# On every page of the app, so written out; "account" comes before the others.
NOTICE = """
    SELECT * FROM privacy_erasurerequest
    WHERE state IN ('received', 'cooling_off', 'running')
        AND (account_ref = %s AND scope IN ('account', 'site') OR requested_by = %s AND scope = 'user')
    ORDER BY scope, starts_at LIMIT 1
"""


def erasing_notice(membership: Any) -> Notice | None:
    """Return the open erasure that a member must know of: of the account, a website of it, or themselves.

    Args: membership: with `account_id`, `user_id` and `role`. Owners and who asked get the link to its own page.
    """
    first = next(iter(ErasureRequest.objects.raw(NOTICE, [membership.account_id, membership.user_id])), None)
    if first is None:
        return None
    may = membership.role == "owner" or first.requested_by == membership.user_id
    return Notice(first.scope, first.starts_at, certificate.link(first) if may else "")


def is_going(*, account_id: uuid.UUID, site_id: uuid.UUID) -> bool:
    """Return whether a website, or all of its account, is about to be erased."""
    subjects = Q(scope=Scope.ACCOUNT.value, subject_id=account_id) | Q(scope=Scope.SITE.value, subject_id=site_id)
    return ErasureRequest.objects.filter(subjects, account_ref=account_id, state__in=ErasureRequest.OPEN).exists()


@dataclass(frozen=True)
class Line:
    """One system on the erasure's own page. Args: kind: ok, run, bad, keep or wait; count: of what has gone."""

    name: str
    kind: str
    word: str
    text: str
    at: datetime | None
    until: date | None


def lines(request: ErasureRequest) -> list[Line]:
    """Return a line for each system, the tables of the database as one. The page's transaction has opened it."""
    steps = list(request.steps.order_by("position"))
    found: list[Line] = []
    # the list of what went outside goes last, because looking adds to it: with the address
    database = [step for step in steps if step.kind in ("rows", "unlink") and step.stage < FORGET]
    for step in steps:
        if step.kind in ("rows", "unlink"):
            if database and step is database[0]:
                found.append(_line(_("Database"), database, _rows_text(database)))
        elif step.kind == "files":
            files = [each for each in steps if each.kind == "files"]
            if step is files[0]:
                found.append(_line(_("Files"), files, _files_text(files)))
        elif step.kind == "ledger" and step.state == ErasureStep.State.BLOCKED:
            found.append(_line(_("Beginning"), [step], _text(step, WORDS["stop"][1])))
        elif step.kind in WORDS:
            name, said = OTHERWISE.get((step.kind, request.scope), WORDS[step.kind])
            if name:
                found.append(_line(_name(step) or str(name), [step], _text(step, said)))
    return found


# What a step is called, and what is said of it once it is checked. Ledger and caches are in the certificate alone.
WORDS: dict[str, tuple[Promise, Promise]] = {
    "stop": (gettext_lazy("Access and publishing"), gettext_lazy("Everybody is signed out.")),
    "system": (gettext_lazy("System outside"), gettext_lazy("Looked for by every address and number: nothing found.")),
    "keys": (
        gettext_lazy("Keys"),
        gettext_lazy("Destroyed: nobody can read the messages, in backups either."),
    ),
    "hold": (gettext_lazy("Invoices"), gettext_lazy("Cut loose from the account.")),
    "recheck": (
        gettext_lazy("Second look"),
        gettext_lazy("A day later we looked again: nothing came back."),
    ),
    "forget": (gettext_lazy("Your e-mail address"), gettext_lazy("Gone, after we mailed you the certificate.")),
}
WAITING: dict[str, Promise] = {
    "recheck": gettext_lazy("A day after everything has gone we look everywhere again."),
    "forget": gettext_lazy("Goes last, after we have mailed you the certificate."),
}


# Where somebody keeps an account, or never had one, a step means something else; no name: nothing that they need see.
_ADDRESS = (gettext_lazy("Your address on this request"), WORDS["forget"][1])
OTHERWISE: dict[tuple[str, str], tuple[Promise | None, Promise]] = {
    ("stop", "subscriber"): (gettext_lazy("Sending stopped"), gettext_lazy("You get no newsletter any more.")),
    ("stop", "user"): (gettext_lazy("Access stopped"), gettext_lazy("You are signed out everywhere.")),
    ("stop", "site"): (gettext_lazy("Publishing stopped"), gettext_lazy("The website is off the air.")),
    ("stop", "visitor"): (None, WORDS["stop"][1]),
    ("forget", "site"): _ADDRESS,
    ("forget", "visitor"): _ADDRESS,
}


def _name(step: ErasureStep) -> str:
    if step.kind != "system":
        return ""
    system = systems().get(step.target)
    kinds = {"mailing": _("Mailing platform"), "statistics": _("Statistics")}
    name = kinds.get(step.target, step.target)
    return f"{name} ({system.name})" if system is not None and system.name else name


def _text(step: ErasureStep, said: Promise) -> str:
    if step.state == ErasureStep.State.BLOCKED:
        return _("This stands still. %(cause)s We don't skip it and keep trying.") % {"cause": causes.plain(step)}
    if step.state == ErasureStep.State.RETRY and step.cause:
        return _("Not yet. %(cause)s We try again.") % {"cause": causes.plain(step)}
    if step.state == ErasureStep.State.RETAINED:
        return _("Kept as long as the law asks: %(law)s.") % {"law": step.law}
    if step.final:
        return str(said)
    return str(WAITING.get(step.kind, ""))


def _rows_text(steps: list[ErasureStep]) -> str:
    expected = sum(step.expected for step in steps)
    erased = sum(step.erased for step in steps)
    count = len({step.target for step in steps})
    tables = ngettext("%(n)s table", "%(n)s tables", count) % {"n": count}
    if all(step.final for step in steps):  # some went along with others, or had gone by themselves
        gone = ngettext("%(n)s row erased", "%(n)s rows erased", erased) % {"n": erased}
        return _("%(rows)s; nothing left in %(tables)s") % {"rows": gone, "tables": tables}
    rows = ngettext("%(n)s row", "%(n)s rows", expected) % {"n": expected}
    if erased:
        rows = _("%(done)s of %(rows)s") % {"done": min(expected, erased), "rows": rows}
    return _("%(rows)s in %(tables)s") % {"rows": rows, "tables": tables}


def _files_text(steps: list[ErasureStep]) -> str:
    if all(step.state == ErasureStep.State.PENDING for step in steps):
        return ""
    done = sum(step.erased for step in steps)
    return ngettext("%(done)s file erased, every version of it", "%(done)s files and versions erased", done) % {
        "done": done
    }


def _line(name: str, steps: list[ErasureStep], text: str) -> Line:
    states = {step.state for step in steps}
    at = max(step.changed_at for step in steps)
    state = ErasureStep.State
    if state.BLOCKED in states:
        return Line(name, "bad", _("Stands still"), text, at, None)
    if state.RETAINED in states:
        return Line(name, "keep", _("Stays"), text, None, next(step.until for step in steps if step.until))
    if states == {state.VERIFIED}:
        return Line(name, "ok", _("Checked"), text, at, None)
    if states & {state.LEASED, state.VERIFIED, state.RETRY} or (state.SUBMITTED in states and len(steps) > 1):
        return Line(name, "run", _("Busy"), text, None, None)
    return Line(name, "wait", _("Waiting"), text, None, None)
