"""A form as HTML: every control with label, explanation and message, the notice, the button. Works without script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sites.fields.base import Field
from sites.fields.notice import notice
from sites.schema.templates import fill

if TYPE_CHECKING:
    from sites.blocks.inputs import FormInput, SiteInput  # the blocks need this module

AUTOFILL_NAME = "website"


@dataclass(frozen=True)
class Shown:
    """What a field's template is given."""

    field: Field
    uid: str
    values: Sequence[str]
    error: str

    @property
    def value(self) -> str:
        """Return the first value typed."""
        return self.values[0] if self.values else ""

    @property
    def described(self) -> str:
        """Return the ids for aria-describedby."""
        ids = [f"{self.uid}-e"] if self.error else []
        return " ".join([*ids, *([f"{self.uid}-h"] if self.field.help or self.field.explains else [])])

    @property
    def optional(self) -> SafeString:
        """Return the same for a control that may stay empty: what it asks for is there already."""
        return SafeString(self.common.replace(" required", ""))

    @property
    def common(self) -> SafeString:
        """Return the attributes every control has: described by, invalid, required, the messages for the script."""
        from html import escape

        field = self.field
        parts = [f'data-missing="{escape(field.missing())}" data-wrong="{escape(field.wrong())}"']
        if self.described:
            parts.append(f'aria-describedby="{self.described}"')
        if self.error:
            parts.append('aria-invalid="true"')
        if field.required:
            parts.append("required")
        if field.autocomplete:
            parts.append(f'autocomplete="{field.autocomplete}"')
        return SafeString(" ".join(parts))


def render_field(field: Field, *, uid: str, values: Sequence[str] = (), error: str = "") -> SafeString:
    """Return one control as HTML. `uid` makes its ids unique on the page."""
    shown = Shown(field, f"{uid}-{field.id}", [value for value in values if isinstance(value, str)], error)
    return fill(field.template, {"field": field, "shown": shown, "uid": shown.uid, **field.control(shown.values)})


def render_form(form: FormInput, site: SiteInput, *, uid: str, heading: str = "") -> SafeString:
    """Return a form as HTML in the active language; `uid` is unique on the page (the block's id).

    The values and errors of `form` are shown again, so that nothing typed is lost.
    """
    rows: list[list[SafeString]] = []
    half_open = False
    summary: list[dict[str, str]] = []
    for field in form.fields:
        error = form.errors.get(field.id, "")
        html = render_field(field, uid=uid, values=form.values.get(field.id, ()), error=error)
        if error:
            summary.append({"label": field.label, "error": error, "href": f"#{uid}-{field.id}"})
        if field.width == "half" and half_open:
            rows[-1].append(html)
            half_open = False
        else:
            rows.append([html])
            half_open = field.width == "half"
    general = form.errors.get("", "")
    values: dict[str, Any] = {
        "form": form,
        "site": site,
        "uid": uid,
        "files": any(field.type_name() == "file" for field in form.fields),
        "rows": rows,
        "summary": summary,
        "general": general,
        "notice": notice(
            form.fields, controller=form.controller or site.name, contact=form.contact, receipt=form.receipt
        ),
        "button": form.button or _("Send"),
        "honeypot": AUTOFILL_NAME,
        "heading_id": heading or f"h-{uid}",
    }
    return fill("fields/form.html", values)
