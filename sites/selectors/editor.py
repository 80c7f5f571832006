"""Reads of the editor: one access function per object, and what the browser must know of each block."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from pydantic import BaseModel

from accounts.models import Membership
from sites.blocks import content as blocks
from sites.blocks.base import REGISTRY, Block
from sites.blocks.inputs import PageInput, RenderContext
from sites.blocks.render import first_heading, render_block, render_body
from sites.models import Asset, Domain, Form, Page, Site, SiteVersion, Submission
from sites.schema import rich
from sites.schema.parts import item_model, metas, walk
from sites.selectors.publishing import (
    Draft,
    asset_input,
    form_input,
    load_draft,
    published_version,
    site_input,
)
from sites.themes import palette


def access_site(site_id: uuid.UUID) -> Site:
    """Return a site of the current account; raises Http404."""
    found = Site.objects.select_related("account").filter(id=site_id).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class ErasingCounts:
    """What goes with a website. Args: hosts: its addresses."""

    pages: int
    versions: int
    forms: int
    submissions: int
    pictures: int
    hosts: list[str]


def erasing_counts(site: Site) -> ErasingCounts:
    """Count what erasing a website takes along."""
    return ErasingCounts(
        pages=Page.objects.filter(site=site).count(),
        versions=SiteVersion.objects.filter(site=site).count(),
        forms=Form.objects.filter(site=site).count(),
        submissions=Submission.objects.filter(site=site).count(),
        pictures=Asset.objects.filter(site=site).count(),
        hosts=list(Domain.objects.filter(site_id=site.pk).order_by("host").values_list("host", flat=True)),
    )


def access_page(site_id: uuid.UUID, page_id: uuid.UUID, *, deleted: bool = False) -> Page:
    """Return a page of a site of the current account; raises Http404."""
    found = (
        Page.objects.select_related("site__account")
        .filter(id=page_id, site_id=site_id, deleted_at__isnull=not deleted)
        .first()
    )
    if found is None:
        raise Http404
    return found


def access_form(site_id: uuid.UUID, form_id: uuid.UUID, *, deleted: bool = False) -> Form:
    """Return a form of a site of the current account; raises Http404."""
    found = (
        Form.objects.select_related("site").filter(id=form_id, site_id=site_id, deleted_at__isnull=not deleted).first()
    )
    if found is None:
        raise Http404
    return found


def access_version(site_id: uuid.UUID, version_id: uuid.UUID) -> SiteVersion:
    """Return a published version of a site of the current account; raises Http404."""
    found = SiteVersion.objects.filter(id=version_id, site_id=site_id).first()
    if found is None:
        raise Http404
    return found


def versions(site: Site, limit: int = 100) -> list[tuple[SiteVersion, str]]:
    """Return what was online, newest first, with the name of who put it there; empty when they left."""
    members = Membership.objects.filter(account_id=site.account_id).values_list("user_id", "user__name")
    names: dict[uuid.UUID, str] = dict(members)
    found = SiteVersion.objects.filter(site=site).defer("manifest", "source").order_by("-number")[:limit]
    return [(version, names.get(version.published_by, "")) for version in found]


def access_asset(site_id: uuid.UUID, asset_id: uuid.UUID) -> Asset:
    """Return a picture of a site of the current account; raises Http404."""
    found = Asset.objects.filter(id=asset_id, site_id=site_id).first()
    if found is None:
        raise Http404
    return found


def domain_of(site: Site) -> Domain:
    """Return a site's host name; raises Http404 when it has none."""
    found = Domain.objects.filter(site_id=site.id).order_by("created_at").first()
    if found is None:
        raise Http404
    return found


def parts_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return what the settings panel draws for a definition, in the active language."""
    parts = []
    for name, meta in metas(model):
        part: dict[str, Any] = {
            "name": name,
            "label": str(meta.label),
            "help": str(meta.help),
            "widget": meta.widget,
            "max_length": meta.max_length,
            "max_items": meta.max_items,
            "choices": [[key, str(label)] for key, label in meta.choices.items()],
            "look": meta.widget in ("choice", "toggle", "drawing") or name == "anchor",
        }
        if meta.widget == "items":
            item = item_model(model, name)
            part["parts"] = parts_of(item)
            part["blank"] = item().model_dump(mode="json")
        elif meta.widget == "link":
            part["parts"] = parts_of(item_model(model, name))
        parts.append(part)
    return parts


def block_types() -> dict[str, dict[str, Any]]:
    """Return every block: name, icon, what its panel draws, and a blank one."""
    return {
        key: {"title": str(cls.title), "icon": cls.icon, "parts": parts_of(cls), "blank": cls.new().dump()}
        for key, cls in REGISTRY.items()
    }


def pictures(site: Site, image_url: Any) -> list[dict[str, str]]:
    """Return the site's pictures for the editor, newest first. Args: image_url: from a storage key to an address."""
    return [
        {"id": str(asset.id), "name": asset.name, "alt": asset.alt, "url": image_url(asset.variants[0]["key"])}
        for asset in Asset.objects.filter(site=site).order_by("-created_at")
        if asset.variants
    ]


def uses(site: Site) -> dict[str, list[str]]:
    """Return where each picture is in use: {id: titles of pages}; an empty title stands for what is online now."""
    pages = [(page.title, page.content) for page in Page.objects.filter(site=site, deleted_at=None)]
    version_id = published_version(site.id)
    online = SiteVersion.objects.filter(id=version_id).first() if version_id else None
    if online is not None:
        pages += [("", page["content"]) for page in online.source["pages"]]
    found: dict[str, list[str]] = {}
    for title, stored in pages:
        for asset_id in blocks.asset_ids(blocks.read(stored)):
            if title not in found.setdefault(asset_id, []):
                found[asset_id].append(title)
    return found


def library(site: Site, image_url: Any) -> list[dict[str, Any]]:
    """Return the site's pictures for their own page: as `pictures` does, with the pages that show each."""
    where = uses(site)
    rows: list[dict[str, Any]] = []
    for shown in pictures(site, image_url):
        titles = where.get(shown["id"], [])
        rows.append({**shown, "used": bool(titles), "pages": [title for title in titles if title]})
    return rows


def tones(site: Site) -> dict[str, str]:
    """Return the colour that stands for each background of a block, by its key."""
    colours = palette(site.theme, site.hue, site.vividness)
    names = {"plain": "bg", "tint": "sunken", "soft": "brand-soft", "deep": "deep", "accent": "accent"}
    return {tone: colours[name] for tone, name in names.items()}


def rich_fields(found: list[Block]) -> dict[str, dict[str, Any]]:
    """Return the value and the allowed nodes and marks of every rich field, by "block:path"."""
    return {
        f"{block.id}:{path}": {"value": value, "spec": rich.prosemirror(meta.spec)}
        for block in found
        for path, meta, value, _owner in walk(block)
        if meta.spec is not None
    }


def edit_context(draft: Draft, image_url: Any, language: str, *, edit: bool = True) -> RenderContext:
    """Return the renderer's surroundings in the app's frame.

    Args: image_url: function from a storage key to an address; edit: whether words can be changed there.
    """
    return RenderContext(
        assets={str(a.id): asset_input(a, lambda v: image_url(v["key"])) for a in draft.assets if a.variants},
        forms={str(f.id): form_input(f, controller=draft.site.account.name) for f in draft.forms},
        edit=edit,
        ui_language=language,
    )


def render_edit(*, page: Page, content: object, only: str, image_url: Any, language: str) -> dict[str, Any]:
    """Return {"html", "fields"} of a whole page's body, or of the one block with id `only`.

    Raises ContentError for content that can't be stored.
    """
    found = blocks.read(content)
    draft = load_draft(page.site, redirects=False)
    context, site = edit_context(draft, image_url, language), site_input(draft, page)
    if only:
        chosen = [block for block in found if block.id == only]
        if not chosen:
            raise Http404
        html = render_block(chosen[0], site, context, is_first=first_heading(found) == only)
        return {"html": html, "fields": rich_fields(chosen)}
    shown = PageInput(id=str(page.id), title=page.title, slug=page.slug, blocks=found)
    return {"html": render_body(shown, site, context), "fields": rich_fields(found)}
