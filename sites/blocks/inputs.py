"""What the renderer is given: plain data without a database behind it. Editor, publishing and bench fill it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sites.blocks.base import Block

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class MenuEntry:
    """One entry of the menu; `button` draws it as the site's main action at the right."""

    label: str
    href: str
    current: bool = False
    button: bool = False


@dataclass(frozen=True)
class FooterColumn:
    """One column of the footer: a title and lines of (words, link or "")."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SiteInput:
    """A site's name, look and frame. `host` is where it lives (with port, without scheme)."""

    id: str
    name: str
    language: str = "nl"
    theme: str = "kade"
    hue: int = 258
    vividness: int = 2
    menu: tuple[MenuEntry, ...] = ()
    host: str = ""
    scheme: str = "https"
    tagline: str = ""
    announcement: str = ""
    footer: tuple[FooterColumn, ...] = ()
    footer_end: tuple[str, ...] = ()
    privacy_href: str = ""

    @property
    def origin(self) -> str:
        """Return `https://host`, or an empty string when the host is unknown."""
        return f"{self.scheme}://{self.host}" if self.host else ""


@dataclass(frozen=True)
class PageInput:
    """A page: validated blocks (see `sites.blocks.content.read`) and what the head says about it."""

    id: str
    title: str
    slug: str = ""
    description: str = ""
    noindex: bool = False
    blocks: Sequence[Block] = ()


@dataclass(frozen=True)
class AssetInput:
    """A picture. `srcset` is ready for the attribute: "/_a/x-480.webp 480w, /_a/x-960.webp 960w"."""

    id: str
    url: str
    width: int
    height: int
    alt: str = ""
    srcset: str = ""
    focal: tuple[int, int] = (50, 50)  # percent from the left and the top


@dataclass(frozen=True)
class FormInput:
    """A form to show. `fields` are validated definitions (`sites.fields.definition.read`).

    `action` is where it is sent; `values` and `errors` (by field id, "" for the form as a whole) are shown again;
    `hidden` are further inputs. Set `receipt` only when the visitor gets a link to see, correct and erase the answers.
    """

    id: str
    name: str
    fields: Sequence[Any] = ()
    action: str = ""
    button: str = ""
    controller: str = ""
    contact: str = ""
    receipt: bool = False
    values: Mapping[str, Sequence[str]] = field(default_factory=lambda: EMPTY)
    errors: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    hidden: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class RenderContext:
    """What surrounds a page: pictures, forms, style sheets, script. `edit` adds the editor's data attributes."""

    assets: Mapping[str, AssetInput] = field(default_factory=lambda: EMPTY)
    forms: Mapping[str, FormInput] = field(default_factory=lambda: EMPTY)
    css: tuple[str, ...] = ()
    js: str = ""
    icon: str = ""
    edit: bool = False
    ui_language: str = ""
