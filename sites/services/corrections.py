"""Correcting what a visitor filled in (article 16 GDPR): by the form's own rules, sealed again, logged by the database.

One piece for a member in the app and for staff inside a look-in for changing. A trigger writes the line with the hashes
of before and after, whoever changes the bytes, and has the message indexed again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from sites.fields.base import REGISTRY, Field, Refused
from sites.fields.definition import read_field
from sites.fields.options import WithOptions
from sites.models import Form, Submission
from sites.schema.problems import ContentError
from sites.selectors.sealed import open_content, open_key
from webanizr.core import vault

# A file is a thing that was sent; a consent is the visitor's own act: neither is for somebody else to make.
NEVER = ("file", "consent")


class NotCorrectable(LookupError):
    """There is no such answer, or it isn't one that may be corrected."""


class ChangedMeanwhile(ValueError):
    """Somebody else corrected the message after this page was opened."""


class Refusals(ValueError):
    """Answers that the form wouldn't take. Args: errors: {field id: words}."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Correctable:
    """An answer that may be corrected: the field with its rules, and what is stored, as a browser would send it."""

    field: Field
    texts: tuple[str, ...]


def correctable(row: Submission, content: Mapping[str, Any]) -> list[Correctable]:
    """Return the answers of an opened submission that may be corrected, in order.

    The rules are those of the form as it is now, the question's words those that the visitor read. A field that has
    left the form keeps the rules of its type; one with options can't be checked any more and is left out.
    """
    defined = {str(each.get("id")): each for each in _definitions(row)}
    found = []
    for asked in content["fields"]:
        field = _field(asked, defined.get(asked["id"]))
        if field is not None:
            found.append(Correctable(field, texts_of(content["values"].get(asked["id"]))))
    return found


def _definitions(row: Submission) -> list[dict[str, Any]]:
    form = Form.objects.filter(account_id=row.account_id, id=row.form_id).values_list("fields", flat=True).first()
    return [each for each in form or [] if isinstance(each, dict)]


def _field(asked: Mapping[str, Any], definition: Mapping[str, Any] | None) -> Field | None:
    kind = asked.get("type", "")
    if kind in NEVER or kind not in REGISTRY:
        return None
    words = {"label": asked["label"]}
    if definition is not None and definition.get("type") == kind:
        try:
            return read_field(definition).model_copy(update=words)
        except ContentError:
            pass  # a definition from before the type's rules became stricter
    if issubclass(REGISTRY[kind], WithOptions):
        return None
    return REGISTRY[kind].new(asked["id"]).model_copy(update=words)


def texts_of(value: Any) -> tuple[str, ...]:
    """Return a stored answer as the texts that a browser would send for it."""
    if value is None or value == "":
        return ()
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)


def fingerprint(row: Submission) -> str:
    """Return what a page remembers of the stored bytes, so that nobody overwrites another's correction unseen."""
    return hashlib.sha256(bytes(row.content)).hexdigest()[:16]


def checked(
    row: Submission, content: Mapping[str, Any], given: Mapping[str, Sequence[str]], *, only: Collection[str] = ()
) -> dict[str, Any]:
    """Return {field id: new answer} of what differs; what stayed as it was isn't judged again.

    Args: given: texts by field id, as a browser sends them; only: types that may be changed, empty for all.
    Raises NotCorrectable and Refusals.
    """
    may = {each.field.id: each for each in correctable(row, content) if not only or each.field.type_name() in only}
    unknown = set(given) - set(may)
    if unknown:
        raise NotCorrectable(min(unknown))
    changed: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, texts in given.items():
        field = may[name].field
        if _same(texts, may[name].texts):
            continue
        try:
            answer = field.clean(list(texts))
        except Refused as refused:
            errors[name] = str(refused)
            continue
        if answer != content["values"].get(name):
            changed[name] = answer
    if errors:
        raise Refusals(errors)
    return changed


def _same(given: Sequence[str], stored: Sequence[str]) -> bool:
    tidied = [text.replace("\r\n", "\n").strip() for text in given]
    return [text for text in tidied if text] == list(stored)


def store(row: Submission, content: dict[str, Any], changed: Mapping[str, Any]) -> bool:
    """Seal the answers with what changed, under the same intake key; return whether the database let a row take it.

    Raises vault.VaultError.
    """
    if row.intake_key is None:
        raise vault.Unreadable("not sealed yet")
    sealed = vault.seal(
        {**content, "values": {**content["values"], **changed}},
        key=open_key(row.intake_key),
        account_id=row.account_id,
        site_id=row.site_id,
        form_id=row.form_id,
        submission_id=row.id,
    )
    return bool(Submission.objects.filter(account_id=row.account_id, id=row.id).update(content=sealed))


@transaction.atomic
def correct_submission(
    *, submission_id: uuid.UUID, given: Mapping[str, Sequence[str]], base: str, actor: User
) -> list[str]:
    """Correct a message of the current account; return the ids of the answers that changed.

    Args: given: texts by field id; base: `fingerprint` of what the page showed.
    Raises Submission.DoesNotExist, NotCorrectable, Refusals, ChangedMeanwhile, vault.VaultError.
    """
    rows = Submission.objects.select_for_update(of=("self",)).select_related("intake_key")
    row = rows.get(id=submission_id)
    if fingerprint(row) != base:
        raise ChangedMeanwhile(_("This message was corrected meanwhile. Look at it again."))
    content = open_content(row)
    changed = checked(row, content, given)
    if changed and store(row, content, changed):
        audit.record("submission.corrected", actor_id=actor.pk, target_id=row.id)
    return list(changed)
