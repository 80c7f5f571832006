"""Making and changing forms: what is asked, what for and how long it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from sites.fields.definition import validate
from sites.models import Form, Site


def contact_fields() -> list[dict[str, Any]]:
    """Return a contact form's fields, with purposes and retention filled in."""
    personal = {"personal": "ordinary", "legal_basis": "contract", "retention_days": 365}
    return [
        {
            "type": "short_text",
            "id": "name",
            "label": _("Your name"),
            "required": True,
            "purpose": _("to know who wrote"),
            **personal,
        },
        {
            "type": "email",
            "id": "email",
            "label": _("Your e-mail address"),
            "required": True,
            "purpose": _("to answer you"),
            **personal,
        },
        {
            "type": "phone",
            "id": "phone",
            "label": _("Your phone number"),
            "purpose": _("to call you back, if you like"),
            **personal,
        },
        {
            "type": "long_text",
            "id": "message",
            "label": _("Your message"),
            "required": True,
            "purpose": _("to answer your question"),
            **personal,
        },
    ]


def create_form(*, site: Site, name: str, actor: User, fields: list[dict[str, Any]] | None = None) -> Form:
    """Add a form to a site; default a contact form. Raises ContentError for fields that can't be stored."""
    form = Form.objects.create(site=site, name=name, fields=validate(contact_fields() if fields is None else fields))
    audit.record("form.created", actor_id=actor.pk, target_id=form.id)
    return form


def change_form(
    *,
    form: Form,
    actor: User,
    name: str | None = None,
    fields: object = None,
    button: str | None = None,
    thanks: str | None = None,
    notify: bool | None = None,
    retention_days: int | None = None,
) -> Form:
    """Change what is given; the rest stays. Raises ContentError for fields that can't be stored."""
    if fields is not None:
        form.fields = validate(fields)
    changes = {"name": name, "button": button, "thanks": thanks, "notify": notify, "retention_days": retention_days}
    for key, value in changes.items():
        if value is not None:
            setattr(form, key, value)
    form.save()
    audit.record("form.changed", actor_id=actor.pk, target_id=form.id)
    return form


def delete_form(*, form: Form, actor: User, now: datetime | None = None) -> None:
    """Take a form out of the site. What came in through it stays in the inbox until its term ends."""
    form.deleted_at = now or timezone.now()
    form.save(update_fields=["deleted_at"])
    audit.record("form.deleted", actor_id=actor.pk, target_id=form.id)


def restore_form(*, form: Form, actor: User) -> None:
    """Bring a deleted form back."""
    form.deleted_at = None
    form.save(update_fields=["deleted_at"])
    audit.record("form.restored", actor_id=actor.pk, target_id=form.id)
