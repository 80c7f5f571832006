"""What a question, request or quote can be about, as the choices of a select: websites, forms, submissions.

Serves promise 11: who asks names the narrowest thing; a submission is named by its moment, never by what it says.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from privacy.scope import FormCount, Scope
from webanizr.core import tenancy

Choices = list[tuple[str, Any]]
LATEST = 10  # submissions that are offered by their moment


def key_of(scope: Scope | None) -> str:
    """Return a scope as a value of the select: "site", "site/form" or "site/form/submission"; "" for none."""
    if scope is None:
        return ""
    return "/".join(str(part) for part in (scope.site_id, scope.form_id, scope.submission_id) if part)


def scope_of(key: str) -> Scope | None:
    """Return the scope that a value of the select names; None for "" and for anything that is no such value."""
    try:
        parts = [uuid.UUID(part) for part in key.split("/")] if key else []
    except ValueError:
        return None
    return Scope(*parts) if 1 <= len(parts) <= 3 else None


def _rows(label: str) -> Any:
    return apps.get_model(label)._default_manager.filter(account_id=tenancy.current_account_id())


def moment(at: Any) -> str:
    """Return a submission's moment in words."""
    return formats.date_format(timezone.localtime(at), "j b, H:i")


def of_account(chosen: Scope | None = None) -> Choices:
    """Return what a member can ask about: nothing special, each website, form, and the latest submissions.

    Args: chosen: a submission that is offered as well, if it is theirs.
    """
    sites = list(_rows("sites.Site").order_by("created_at").values_list("id", "name"))
    forms = list(
        _rows("sites.Form").filter(deleted_at=None).order_by("created_at").values_list("id", "site_id", "name")
    )
    latest = _rows("sites.Submission").filter(deleted_at=None, quarantined=False).order_by("-received_at", "-id")
    rows = list(latest.values_list("id", "site_id", "form_id", "received_at")[:LATEST])
    if chosen is not None and chosen.submission_id and chosen.submission_id not in {row[0] for row in rows}:
        rows += latest.filter(id=chosen.submission_id).values_list("id", "site_id", "form_id", "received_at")
    names = {form: name for form, _site, name in forms}
    choices: Choices = [("", _("Something else"))]
    if forms:
        choices.append((_("A form"), [(key_of(Scope(site, form)), name) for form, site, name in forms]))
    if rows:
        picked = [
            (key_of(Scope(site, form, row)), f"{names[form]}, {moment(at)}")
            for row, site, form, at in rows
            if form in names
        ]
        choices.append((_("One submission"), picked))
    if sites:
        whole = [(key_of(Scope(site)), _("Whole website: %(name)s") % {"name": name}) for site, name in sites]
        choices.append((_("A website"), whole))
    return choices


def for_staff(forms: Sequence[FormCount], sites: Sequence[tuple[uuid.UUID, str]], asked: Scope | None) -> Choices:
    """Return what staff can ask to see: what the question is about first, then forms, then whole websites.

    Args: forms, sites: of the question's account; asked: what the question is about.
    """
    names = {form.id: form.name for form in forms}
    choices: Choices = []
    if asked is not None and asked.submission_id and asked.form_id in names:
        words = _("One submission of %(form)s") % {"form": names[asked.form_id]}
        choices.append((key_of(asked), words))
    ordered = sorted(forms, key=lambda form: form.id != (asked.form_id if asked else None))
    choices += [(key_of(Scope(form.site_id, form.id)), form.name) for form in ordered]
    choices += [(key_of(Scope(site)), _("Whole website: %(name)s") % {"name": name}) for site, name in sites]
    return choices
