"""How a block's parts reach its template: escaped, ready to show, and editable in place when `edit` is on.

A template writes `{{ heading }}`; it can neither forget to escape nor forget the editor's attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from django.utils import translation
from django.utils.safestring import SafeString
from pydantic import BaseModel

from sites.blocks import drawings, icons
from sites.blocks.inputs import AssetInput, RenderContext, SiteInput
from sites.schema import rich
from sites.schema.parts import item_model, metas

NOTHING = SafeString("")


@dataclass(frozen=True)
class Picture:
    """A photograph of the library, or a drawing in the site's colours."""

    asset: AssetInput | None
    drawing: str

    def html(self, sizes: str, eager: bool = False) -> SafeString:
        """Return the picture in its frame; `sizes` as in HTML's img, `eager` for the first one of a page."""
        if self.asset is None:
            return SafeString(f'<div class="pic">{drawings.svg(self.drawing)}</div>')
        asset = self.asset
        across, down = (min(10, max(0, round(value / 10))) for value in asset.focal)
        srcset = f' srcset="{escape(asset.srcset)}" sizes="{escape(sizes)}"' if asset.srcset else ""
        load = ' fetchpriority="high"' if eager else ' loading="lazy" decoding="async"'
        return SafeString(
            f'<div class="pic"><img class="fx{across} fy{down}" src="{escape(asset.url)}"{srcset}'
            f' alt="{escape(asset.alt)}" width="{asset.width}" height="{asset.height}"{load}></div>'
        )


@cache
def labels(model: type[BaseModel], language: str) -> Mapping[str, str]:
    """Return the labels of a definition's parts in the editor's language, escaped for an attribute."""
    with translation.override(language):
        return {name: escape(str(meta.label)) for name, meta in metas(model)}


class Scene:
    """The surroundings one page's blocks are rendered in."""

    def __init__(self, site: SiteInput, context: RenderContext) -> None:
        self.site, self.context, self.edit = site, context, context.edit
        self.language = site.language
        self.ui_language = context.ui_language or site.language

    def picture(self, asset_id: str | None, drawing: str) -> Picture | None:
        """Return the picture to show, or None."""
        asset = self.context.assets.get(asset_id) if asset_id else None
        return Picture(asset, drawing) if asset or drawing else None

    def form(self, form_id: str, uid: str) -> SafeString:
        """Return a form as HTML, empty when there is none."""
        from sites.fields.render import render_form  # the fields' renderer needs this module

        form = self.context.forms.get(form_id)
        return render_form(form, self.site, uid=uid) if form else NOTHING

    def view(self, part: BaseModel, block_id: str, path: str = "", heading: int = 3) -> dict[str, Any]:
        """Return what the template of `part` may show; `heading` is the level of headings in its rich text."""
        out: dict[str, Any] = {}
        model = type(part)
        for name, meta in metas(model):
            value, widget = getattr(part, name), meta.widget
            if widget in ("text", "long_text"):
                html = escape(value)
                if widget == "long_text" and "\n" in html:
                    html = html.replace("\n", "<br>")
                if self.edit and meta.inline and (html or meta.required):
                    html = f"<span {self._editable(model, block_id, path, name, 'plain')}>{html}</span>"
                out[name] = SafeString(html)
            elif widget == "rich":
                html = "" if rich.is_empty(value) else rich.render(value, heading)
                if self.edit and (html or meta.required):
                    html = f'<div class="rich" {self._editable(model, block_id, path, name, "rich")}>{html}</div>'
                elif html:
                    html = f'<div class="rich">{html}</div>'
                out[name] = SafeString(html)
            elif widget == "items":
                prefix = f"{path}{name}."
                out[name] = [
                    self.view(item, block_id, f"{prefix}{index}.", heading) for index, item in enumerate(value)
                ]
            elif widget == "link":
                shown = value.label and (value.href or self.edit)
                out[name] = self.view(value, block_id, f"{path}{name}.") if shown else None
            elif widget == "image":
                out[name] = self.picture(value, getattr(part, "drawing", ""))
            elif widget == "icon":
                out[name] = icons.svg(value)
            else:
                out[name] = value
        if (more := getattr(part, "shown", None)) is not None:
            out.update(more())
        return out

    def _editable(self, model: type[BaseModel], block_id: str, path: str, name: str, kind: str) -> str:
        label = labels(model, self.ui_language)[name]
        return f'data-edit="{block_id}:{path}{name}" data-kind="{kind}" data-label="{label}"'


def inline_fields(model: type[BaseModel], prefix: str = "") -> dict[str, str]:
    """Return {path pattern: kind} of what the editor may change in place; `*` stands for an index."""
    found: dict[str, str] = {}
    for name, meta in metas(model):
        if meta.widget == "items":
            found |= inline_fields(item_model(model, name), f"{prefix}{name}.*.")
        elif meta.widget == "link":
            found |= inline_fields(item_model(model, name), f"{prefix}{name}.")
        elif meta.inline:
            found[f"{prefix}{name}"] = "rich" if meta.widget == "rich" else "plain"
    return found
