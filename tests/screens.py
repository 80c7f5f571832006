"""Looking at screens: light, dark and at 320 px, with axe, and never scrolling sideways."""

from __future__ import annotations

from typing import Any

from tests import journeys

SIZES = [("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)]


def look_here(page: Any, found: list[str]) -> None:
    """Add to `found` what is wrong with the page as it is now."""
    for scheme, width in SIZES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{scheme} {width} {each}" for each in journeys.axe(page)]
        if journeys.sideways(page):
            found.append(f"{scheme} {width} {page.url} scrolls sideways")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def look_at(page: Any, addresses: list[str], found: list[str]) -> None:
    """Open each address and look."""
    for address in addresses:
        page.goto(address)
        look_here(page, found)
