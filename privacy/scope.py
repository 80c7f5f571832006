"""What a request, grant or session is about: a website, one of its forms, or one submission; and its name in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Scope:
    """What is meant. `form_id` None: every form of the website; `submission_id` None: every submission of it."""

    site_id: uuid.UUID
    form_id: uuid.UUID | None = None
    submission_id: uuid.UUID | None = None


class Scoped(Protocol):
    """A row that names a scope."""

    site_id: Any
    form_id: Any
    submission_id: Any


class Unknown(LookupError):
    """A website, form or submission that the account doesn't have."""


def resolve(
    account_id: uuid.UUID, *, site_id: uuid.UUID, form_id: uuid.UUID | None, submission_id: uuid.UUID | None
) -> Scope:
    """Return the scope of the current account that these ids name, with the form of a submission filled in.

    For the app's login, in the account's context. Raises Unknown when one of them isn't the account's.
    """
    if submission_id is not None:
        row = _rows("sites.Submission", account_id).filter(id=submission_id, site_id=site_id)
        form_id = row.values_list("form_id", flat=True).first()
        if form_id is None:
            raise Unknown("submission")
    if form_id is not None and not _rows("sites.Form", account_id).filter(id=form_id, site_id=site_id).exists():
        raise Unknown("form")
    if not _rows("sites.Site", account_id).filter(id=site_id).exists():
        raise Unknown("site")
    return Scope(site_id, form_id, submission_id)


def _rows(label: str, account_id: uuid.UUID) -> Any:
    return apps.get_model(label)._default_manager.filter(account_id=account_id)


@dataclass(frozen=True)
class FormCount:
    """A form by name, with how many submissions it holds: metadata, which needs no consent."""

    id: uuid.UUID
    site_id: uuid.UUID
    name: str
    submissions: int
    today: int
    quarantined: int


def forms_of(account_id: uuid.UUID) -> list[FormCount]:
    """Return an account's forms with counts: what staff see without consent. Staff service, for active staff only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, site_id, name, submissions, today, quarantined FROM staff_forms(%s)", [account_id])
        return [FormCount(*row) for row in cursor.fetchall()]


def _form_names(account_id: uuid.UUID) -> dict[uuid.UUID, str]:
    if settings.SERVICE == "staff":  # that login sees no form by itself
        return {form.id: form.name for form in forms_of(account_id)}
    return dict(_rows("sites.Form", account_id).values_list("id", "name"))


def describe(site: str, form: str | None, *, one: bool) -> str:
    """Return a scope in words, from the names of its website and form."""
    if form is None:
        return _("All forms of %(site)s") % {"site": site}
    return _("One submission of %(form)s") % {"form": form} if one else form


def describe_all(account_id: uuid.UUID, rows: Iterable[Scoped]) -> dict[Scope, str]:
    """Return {scope: words} for rows of the current account, in two queries. What is gone is called so."""
    scopes = {Scope(row.site_id, row.form_id, row.submission_id) for row in rows if row.site_id}
    if not scopes:
        return {}
    sites = dict(_rows("sites.Site", account_id).values_list("id", "name"))
    forms = _form_names(account_id)
    gone = _("(deleted)")
    return {
        each: describe(
            sites.get(each.site_id, gone),
            forms.get(each.form_id, gone) if each.form_id else None,
            one=each.submission_id is not None,
        )
        for each in scopes
    }
