"""Changing one answer of a submission inside a session for changing; the database writes the hashes in the log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sites.models import Submission
from sites.selectors.sealed import open_content, open_key
from webanizr.core import vault

LONGEST = 5000  # characters
# answers that are a text: a choice or a consent is not for staff to make
TEXTS = ("short_text", "long_text", "email", "phone")


class ChangeForm(forms.Form):
    """One answer, as a text."""

    field = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(label=_("New answer"), max_length=LONGEST, required=False, widget=forms.Textarea)


class NotChangeable(LookupError):
    """There is no such answer, or it isn't a text."""


def changeable(content: dict[str, Any]) -> list[str]:
    """Return the ids of the answers that may be changed."""
    return [asked["id"] for asked in content["fields"] if asked.get("type") in TEXTS]


def change_answer(*, row: Submission, field: str, text: str) -> bool:
    """Store another text for one answer, sealed under the same intake key; return whether a row took it.

    Inside `open_scope(..., action="change")`: without it the database finds no row. Raises NotChangeable, and
    vault.VaultError when the stored answers can't be opened.
    """
    content = open_content(row)
    if field not in changeable(content) or row.intake_key is None:
        raise NotChangeable(field)
    content["values"][field] = text.replace("\r\n", "\n").strip()
    sealed = vault.seal(
        content,
        key=open_key(row.intake_key),
        account_id=row.account_id,
        site_id=row.site_id,
        form_id=row.form_id,
        submission_id=row.id,
    )
    return bool(Submission.objects.filter(account_id=row.account_id, id=row.id).update(content=sealed))
