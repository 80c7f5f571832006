"""Answers that aren't published files: the form again, confirm, receipt, not found. In the site's own look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from sites.blocks.inputs import FooterColumn, FormInput, MenuEntry, RenderContext, SiteInput
from sites.blocks.pages import Receipt, render_confirm, render_form_page, render_receipt
from sites.fields.base import Field
from sites.hosting.versions import SECURITY, Pointer, Version

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Headers = list[tuple[str, str]]


def site_of(version: Version) -> SiteInput:
    """Return the site as its manifest describes it."""
    facts = version.manifest["site"]
    menu = tuple(MenuEntry(label, href) for label, href in facts["menu"])
    footer = tuple(
        FooterColumn(title, tuple((words, href) for words, href in lines)) for title, lines in facts["footer"]
    )
    return SiteInput(**{**facts, "menu": menu, "footer": footer})


def context_of(version: Version) -> RenderContext:
    """Return the style sheets, script and icon of the version's pages."""
    manifest = version.manifest
    return RenderContext(css=tuple(manifest["css"]), js=manifest["js"], icon=manifest["icon"])


def form_of(
    version: Version,
    form_id: str,
    fields: Sequence[Field],
    *,
    values: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, str] | None = None,
    hidden: Mapping[str, str] | None = None,
) -> FormInput:
    """Return the form with what was typed and what is wrong."""
    form = version.manifest["forms"][form_id]
    return FormInput(
        id=form_id,
        name=form["name"],
        fields=fields,
        action=f"/_f/{form_id}",
        button=form["button"],
        controller=version.manifest["controller"],
        values=values or {},
        errors=errors or {},
        hidden=hidden or {},
    )


def form_page(
    version: Version,
    form_id: str,
    fields: Sequence[Field],
    values: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
) -> str:
    """Return the form on a page of its own."""
    form = form_of(version, form_id, fields, values=values, errors=errors)
    return render_form_page(site_of(version), form, context_of(version))


def confirm_page(
    version: Version, form_id: str, fields: Sequence[Field], values: Mapping[str, Sequence[str]], token: str
) -> str:
    """Return the page with the answers and the button that really sends them."""
    form = form_of(version, form_id, fields, hidden={"challenge": token})
    return render_confirm(site_of(version), form, context_of(version), data=values)


def receipt_page(version: Version, form_id: str, query: str) -> str:
    """Return the page after sending. Only what the form itself says, and the reference from the address."""
    form = version.manifest["forms"][form_id]
    given = parse_qs(query[:200])
    reference = "".join(letter for letter in given.get("r", [""])[0][:8] if letter in "0123456789ABCDEF")
    try:
        sent = datetime.fromtimestamp(int(given.get("t", ["0"])[0][:10]), tz=UTC)
    except ValueError:
        sent = datetime.fromtimestamp(time.time(), tz=UTC)
    with translation.override(version.manifest["site"]["language"]):
        local = timezone.localtime(sent)
        kept = local + timedelta(days=int(form["retention_days"]))
        receipt = Receipt(
            sent_at=formats.date_format(local, "DATETIME_FORMAT"),
            rows=[(_("Reference"), reference)] if reference else [],
            kept_until=formats.date_format(kept, "DATE_FORMAT"),
            thanks=form["thanks"],
        )
        return render_receipt(site_of(version), context_of(version), receipt)


def html(
    environ: Environ, start_response: StartResponse, status: str, text: str, headers: Headers | None = None
) -> Iterable[bytes]:
    """Send a page that is made for this visitor alone: never kept by anybody."""
    data = text.encode()
    start_response(
        status,
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
            *(headers or []),
            *SECURITY,
        ],
    )
    return () if environ["REQUEST_METHOD"] == "HEAD" else (data,)


def not_found(environ: Environ, start_response: StartResponse, pointer: Pointer, version: Version) -> Iterable[bytes]:
    """Send the customer's own 404."""
    return html(environ, start_response, "404 Not Found", version.entries["/_404"].plain.body.decode())


BARE = (
    '<!doctype html><html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title></head><body><main><h1>{title}</h1><p>{dutch}</p>"
    "<p lang=en>{english}</p></main></body></html>"
)


def nobody(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Say that no site lives here: unknown host names, and sites that are offline."""
    text = BARE.format(
        title="404", dutch="Op dit adres staat geen website.", english="There is no website at this address."
    )
    return html(environ, start_response, "404 Not Found", text)


def unavailable(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Say that the site can't be shown just now."""
    text = BARE.format(
        title="503",
        dutch="Deze website is even niet bereikbaar. Probeer het zo nog eens.",
        english="This website can't be reached just now. Try again in a moment.",
    )
    return html(environ, start_response, "503 Service Unavailable", text, [("Retry-After", "10")])
