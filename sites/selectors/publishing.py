"""What rendering a site needs, read from the drafts: site, pages, forms and pictures as plain data."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sites.blocks.base import Block
from sites.blocks.content import read as read_blocks
from sites.blocks.footer import footer_of
from sites.blocks.inputs import AssetInput, FormInput, MenuEntry, SiteInput
from sites.fields.definition import read as read_fields
from sites.models import Asset, Domain, Form, Page, Redirect, Site


@dataclass(frozen=True)
class Draft:
    """Everything of a site as it is being edited, loaded once."""

    site: Site
    domain: Domain | None
    pages: list[Page]
    forms: list[Form]
    assets: list[Asset]
    redirects: list[Redirect]


def load_draft(site: Site, *, redirects: bool = True) -> Draft:
    """Read a site's draft in a fixed number of queries. Args: redirects: only publishing needs them."""
    return Draft(
        site=site,
        domain=Domain.objects.filter(site_id=site.id).order_by("created_at").first(),
        pages=list(Page.objects.filter(site=site, deleted_at=None).order_by("position", "created_at")),
        forms=list(Form.objects.filter(site=site, deleted_at=None).order_by("created_at")),
        assets=list(Asset.objects.filter(site=site)),
        redirects=list(Redirect.objects.filter(site=site)) if redirects else [],
    )


def page_path(page: Page) -> str:
    """Return a page's path: "/" for the home page."""
    return f"/{page.slug}"


def menu_of(site: Site, pages: Iterable[Page], current: Page | None = None) -> tuple[MenuEntry, ...]:
    """Return the menu's entries; an entry whose page is gone is left out."""
    by_id = {str(page.id): page for page in pages}
    entries = []
    for item in site.menu:
        page = by_id.get(item.get("page", ""))
        if page is not None:
            entries.append(MenuEntry(item["label"], page_path(page), current=page == current))
        elif "url" in item:
            entries.append(MenuEntry(item["label"], item["url"]))
    return tuple(entries)


def site_input(draft: Draft, current: Page | None = None) -> SiteInput:
    """Return the site for the renderer."""
    site = draft.site
    host = f"{draft.domain.host}{settings.HOSTING_ORIGIN_SUFFIX}" if draft.domain else ""
    return SiteInput(
        id=str(site.id),
        name=site.name,
        language=site.language,
        theme=site.theme,
        hue=site.hue,
        vividness=site.vividness,
        menu=menu_of(site, draft.pages, current),
        host=host,
        scheme=settings.HOSTING_SCHEME,
        footer=footer_of(contact_blocks(draft), site.language),
    )


def contact_blocks(draft: Draft) -> list[Block]:
    """Return the home page's blocks: the footer repeats address and opening hours from them."""
    home = next((page for page in draft.pages if page.slug == ""), None)
    return read_blocks(home.content) if home else []


def form_input(form: Form, *, controller: str) -> FormInput:
    """Return a form for the renderer."""
    return FormInput(
        id=str(form.id),
        name=form.name,
        fields=read_fields(form.fields),
        action=f"/_f/{form.id}",
        button=form.button,
        controller=controller,
    )


def asset_input(asset: Asset, url_of: Any) -> AssetInput:
    """Return a picture for the renderer.

    Args: url_of: function of a variant's dictionary that returns its address on the page.
    """
    webp = [variant for variant in asset.variants if variant["type"] == "image/webp"] or asset.variants
    fallback = next((v for v in reversed(asset.variants) if v["type"] == "image/jpeg"), asset.variants[-1])
    return AssetInput(
        id=str(asset.id),
        url=url_of(fallback),
        width=asset.width,
        height=asset.height,
        alt=asset.alt,
        srcset=", ".join(f"{url_of(variant)} {variant['width']}w" for variant in webp),
    )


def published_version(site_id: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the version that is online, if any."""
    return Domain.objects.filter(site_id=site_id).order_by("created_at").values_list("version_id", flat=True).first()
