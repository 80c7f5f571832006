"""Changing one answer of a submission inside a session for changing; the database writes the hashes in the log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sites.models import Submission
from sites.selectors.sealed import open_content
from sites.services import corrections

LONGEST = 5000  # characters
# answers that are a text: a choice or a consent is not for staff to make
TEXTS = ("short_text", "long_text", "email", "phone")


class ChangeForm(forms.Form):
    """One answer, as a text."""

    field = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(label=_("New answer"), max_length=LONGEST, required=False, widget=forms.Textarea)


def changeable(row: Submission, content: dict[str, Any]) -> list[str]:
    """Return the ids of the answers that may be changed."""
    return [each.field.id for each in corrections.correctable(row, content) if each.field.type_name() in TEXTS]


def change_answer(*, row: Submission, field: str, text: str) -> bool:
    """Store another text for one answer, by the field's own rules; return whether a row took it.

    Inside `open_scope(..., action="change")`: without it the database finds no row. Raises corrections.NotCorrectable,
    corrections.Refusals, and vault.VaultError when the stored answers can't be opened.
    """
    content = open_content(row)
    changed = corrections.checked(row, content, {field: [text]}, only=TEXTS)
    return bool(changed) and corrections.store(row, content, changed)
