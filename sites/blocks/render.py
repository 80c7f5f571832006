"""From content to HTML: one page, one block, or the body for the editor's frame. Pure functions, no database."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from django.utils import translation
from django.utils.safestring import SafeString

from sites.blocks.base import Block
from sites.blocks.inputs import (
    AssetInput,
    FooterColumn,
    FormInput,
    MenuEntry,
    PageInput,
    RenderContext,
    SiteInput,
)
from sites.blocks.scene import Scene
from sites.schema.templates import fill

__all__ = [
    "AssetInput",
    "FooterColumn",
    "FormInput",
    "MenuEntry",
    "PageInput",
    "RenderContext",
    "SiteInput",
    "first_heading",
    "render_block",
    "render_body",
    "render_frame",
    "render_page",
]


def first_heading(blocks: Sequence[Block]) -> str:
    """Return the id of the block whose heading is the page's h1; empty when no block has a heading."""
    return next((block.id for block in blocks if block.heading_text().strip()), "")


def _block(block: Block, scene: Scene, is_first: bool, eager: bool) -> SafeString:
    has_heading = bool(block.heading_text().strip())
    level = 1 if is_first else 2
    sub = level + 1 if has_heading else 2
    values = scene.view(block, block.id, heading=sub)
    anchor = escape(getattr(block, "anchor", "") or f"b-{block.id}")
    at = f'id="{anchor}"'
    if has_heading:
        at += f' aria-labelledby="h-{block.id}"'
    if scene.edit:
        at += f' data-block="{block.id}" data-type="{block.type_name()}"'
    values |= {
        "b": block,
        "site": scene.site,
        "edit": scene.edit,
        "at": SafeString(at),
        "h": level,
        "sub": sub,
        "hid": f"h-{block.id}",
        "eager": eager,
    }
    values.update(block.shown_too(scene))
    return fill(block.template, values)


def render_block(block: Block, site: SiteInput, context: RenderContext, *, is_first: bool = False) -> str:
    """Return the HTML of one block.

    `is_first` says that its heading is the page's h1: compare its id with `first_heading(blocks)`.
    """
    with translation.override(site.language):
        return _block(block, Scene(site, context), is_first, eager=is_first)


def _blocks(blocks: Sequence[Block], site: SiteInput, context: RenderContext) -> SafeString:
    scene, first = Scene(site, context), first_heading(blocks)
    return SafeString(
        "".join([_block(block, scene, block.id == first, index == 0) for index, block in enumerate(blocks)])
    )


def needs_script(page: PageInput, context: RenderContext) -> bool:
    """Return whether a page loads the script: only when it shows a form."""
    return any(getattr(block, "form", None) in context.forms for block in page.blocks if hasattr(block, "form"))


def render_body(page: PageInput, site: SiteInput, context: RenderContext) -> str:
    """Return what stands inside <body>: header, main with the blocks, footer. The editor's frame shows this."""
    with translation.override(site.language):
        return fill("hosting/body.html", {"site": site, "page": page, "body": _blocks(page.blocks, site, context)})


def render_page(page: PageInput, site: SiteInput, context: RenderContext) -> str:
    """Return the complete HTML document of a page."""
    with translation.override(site.language):
        return render_frame(
            site,
            context,
            title=f"{page.title} – {site.name}" if page.title and page.title != site.name else site.name,
            description=page.description,
            noindex=page.noindex,
            path=f"/{page.slug}",
            page=page,
            body=_blocks(page.blocks, site, context),
            script=needs_script(page, context),
        )


def render_frame(
    site: SiteInput,
    context: RenderContext,
    *,
    title: str,
    body: SafeString,
    description: str = "",
    noindex: bool = False,
    path: str = "",
    page: PageInput | None = None,
    script: bool = False,
) -> str:
    """Return a document in the site's frame around `body`; the language has been activated by the caller."""
    return fill(
        "hosting/page.html",
        {
            "site": site,
            "page": page,
            "title": title,
            "description": description,
            "noindex": noindex,
            "canonical": f"{site.origin}{path}" if site.origin and path else "",
            "css": context.css,
            "js": context.js if script else "",
            "favicon": context.icon,
            "body": body,
            "edit": context.edit,
        },
    )
