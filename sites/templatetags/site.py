"""Tags for the templates of hosted sites: an icon drawn into the page, a picture in its frame."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from sites.blocks import icons
from sites.blocks.scene import Picture

register = template.Library()


class Fixed(template.Node):
    """Text that was known when the template was compiled."""

    def __init__(self, html: str) -> None:
        self.html = html

    def render_annotated(self, context: template.Context) -> SafeString:
        """Return the text."""
        return SafeString(self.html)

    render = render_annotated


@register.tag
def glyph(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """Draw an icon: {% glyph "clock" %}. The name is checked when the template is compiled."""
    name = token.split_contents()[1].strip("\"'")
    if name not in icons.PATHS:
        raise template.TemplateSyntaxError(f"There is no icon named {name!r}; see sites/blocks/icons.json.")
    return Fixed(icons.svg(name))


@register.simple_tag
def picture(image: Any, sizes: str, eager: bool = False) -> SafeString:
    """Show a block's picture: {% picture image "(min-width: 46rem) 50vw, 100vw" eager %}."""
    return image.html(sizes, eager) if isinstance(image, Picture) else SafeString("")
