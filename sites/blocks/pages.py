"""The pages a visitor gets that no owner wrote: not found, the form with messages, please confirm, the receipt.

All in the site's own look and language, from the same frame as its pages; none is indexed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from sites.blocks.inputs import FormInput, RenderContext, SiteInput
from sites.blocks.render import render_frame
from sites.fields import definition
from sites.fields.render import render_form
from sites.schema.templates import fill

FORM_UID = "form"


@dataclass(frozen=True)
class Receipt:
    """What a visitor reads after sending. `rows` are (question, answer); `actions` are (words, address, icon)."""

    sent_at: str
    rows: Sequence[tuple[str, str]] = ()
    kept_until: str = ""
    url: str = ""
    thanks: str = ""
    actions: Sequence[tuple[str, str, str]] = ()


def _page(
    name: str, site: SiteInput, context: RenderContext, *, title: str, script: bool = False, **values: Any
) -> str:
    body = fill(name, {"site": site, **values})
    return render_frame(site, context, title=f"{title} – {site.name}", body=body, noindex=True, script=script)


def render_not_found(site: SiteInput, context: RenderContext, *, path: str = "", drawing: str = "shapes") -> str:
    """Return the customer's own 404. `path` is the address that was asked for; it is shown, escaped and shortened."""
    from sites.blocks import drawings

    with translation.override(site.language):
        shown = path if len(path) <= 80 else f"{path[:77]}…"
        return _page(
            "hosting/notfound.html",
            site,
            context,
            title=_("Page not found"),
            path=shown,
            links=[entry for entry in site.menu if not entry.button][:4],
            drawing=drawings.svg(drawing) if drawing else "",
        )


def render_form_page(site: SiteInput, form: FormInput, context: RenderContext, *, title: str = "") -> str:
    """Return a page with one form: what was typed, and `form.errors` at their fields ("" for the form as a whole)."""
    with translation.override(site.language):
        html = render_form(form, site, uid=FORM_UID, heading="h-form")
        wrong = bool(form.errors)
        heading = title or (_("Check your answers") if wrong else form.name)
        return _page(
            "hosting/form_page.html", site, context, title=heading, script=True, heading=heading, form=html, wrong=wrong
        )


def render_confirm(
    site: SiteInput, form: FormInput, context: RenderContext, *, data: Mapping[str, Sequence[str]]
) -> str:
    """Return the page that asks a visitor to send once more, with one click.

    Shown without script, or when it isn't certain that the request came from this site. `data` is everything that was
    sent; `form.hidden` holds the signed token the second request carries.
    """
    with translation.override(site.language):
        answers, _errors = definition.clean_submission(form.fields, data)
        rows = [(field.label, text) for field, text in definition.display(form.fields, answers) if text]
        names = {field.id for field in form.fields}
        again = [(name, value) for name, values in data.items() if name in names for value in values]
        return _page(
            "hosting/confirm.html",
            site,
            context,
            title=_("Send your answers"),
            form=form,
            rows=rows,
            again=again,
            button=form.button or _("Send"),
        )


def render_receipt(site: SiteInput, context: RenderContext, receipt: Receipt) -> str:
    """Return the page after sending: thanks, what was sent, how long it is kept, the link to it."""
    with translation.override(site.language):
        return _page("hosting/receipt.html", site, context, title=_("Thank you"), receipt=receipt)
