"""What every published version carries besides its pages: style sheets, fonts, script, icon, its own 404, its facts."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from sites import themes
from sites.blocks.inputs import RenderContext
from sites.blocks.pages import render_not_found
from sites.models import Form
from sites.selectors.publishing import Draft, page_path, site_input
from sites.services import pack

CSS = "text/css; charset=utf-8"
JS = "application/javascript; charset=utf-8"


@dataclass(frozen=True)
class Shared:
    """Files that all pages of a version use, and how pages refer to them."""

    files: dict[str, pack.File]
    css: tuple[str, ...]
    js: str
    icon: str


def _named(name: str, content_type: str, body: bytes) -> tuple[str, pack.File]:
    """Return (path, file); the path holds a hash, so that browsers may keep the file for ever."""
    stem, _dot, ending = name.rpartition(".")
    path = f"/_a/{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
    return path, pack.compressed(content_type, body, immutable=True)


@cache
def release() -> str:
    """Return a digest of everything in this release that decides how pages look: a new one renders all pages anew."""
    digest = hashlib.sha256()
    root = settings.BASE_DIR
    patterns = (
        "templates/blocks/**/*",
        "templates/fields/*",
        "templates/hosting/*",
        "sites/blocks/*",
        "sites/fields/*",
    )
    for pattern in (*patterns, "sites/schema/*", "sites/themes.py", "static/site/**/*.css", "static/site/*.js"):
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _sheet() -> tuple[str, pack.File]:
    return _named("site.css", CSS, themes.site_css().encode())


@cache
def _script() -> tuple[str, pack.File]:
    return _named("form.js", JS, themes.site_js().encode())


@cache
def _font(file: str) -> pack.File:
    return pack.File("font/woff2", themes.font_file(file).read_bytes(), immutable=True)


@cache
def shared_files(theme: str, hue: int, vividness: int) -> Shared:
    """Return the files of a look; made once per process."""
    own_path, own = _named("theme.css", CSS, themes.theme_css(theme, hue, vividness, fonts="/_a/fonts/").encode())
    sheet_path, sheet = _sheet()
    script_path, script = _script()
    files = {own_path: own, sheet_path: sheet, script_path: script}
    for font in themes.THEMES[theme].fonts:
        files[f"/_a/fonts/{font.file}"] = _font(font.file)
    return Shared(files, (own_path, sheet_path), script_path, "/favicon.svg")


def extras(draft: Draft, context: RenderContext) -> dict[str, pack.File]:
    """Return the site's icon and its own 404 page."""
    site = site_input(draft)
    icon = themes.favicon(site.name, site.theme, site.hue, site.vividness).encode()
    return {
        "/favicon.svg": pack.compressed("image/svg+xml", icon),
        "/_404": pack.compressed("text/html; charset=utf-8", render_not_found(site, context).encode()),
    }


def facts(draft: Draft, *, version_id: uuid.UUID, controller: str, media: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the hosting service must know of a version, since it can read no other table than host names."""
    site = site_input(draft)
    pages = {page.id: page for page in draft.pages}
    shared = shared_files(site.theme, site.hue, site.vividness)
    return {
        "version": str(version_id),
        "account": str(draft.site.account_id),
        "controller": controller,
        "site": {
            "id": site.id,
            "name": site.name,
            "language": site.language,
            "theme": site.theme,
            "hue": site.hue,
            "vividness": site.vividness,
            "host": site.host,
            "scheme": site.scheme,
            "menu": [[entry.label, entry.href] for entry in site.menu],
            "footer": [[column.title, [list(line) for line in column.lines]] for column in site.footer],
        },
        "css": list(shared.css),
        "js": shared.js,
        "icon": shared.icon,
        "media": media,
        "redirects": {
            f"/{redirect.slug}": page_path(pages[redirect.page_id])
            for redirect in draft.redirects
            if redirect.page_id in pages and f"/{redirect.slug}" not in {page_path(p) for p in draft.pages}
        },
        "forms": {str(form.id): form_facts(form) for form in draft.forms},
    }


def form_facts(form: Form) -> dict[str, Any]:
    """Return a form's definition for intake."""
    return {
        "name": form.name,
        "fields": form.fields,
        "button": form.button,
        "thanks": form.thanks,
        "notify": form.notify,
        "retention_days": form.retention_days,
    }
