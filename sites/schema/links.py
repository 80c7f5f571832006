"""Where a link may lead: web, mail, telephone, a page or place of the site itself. Never a script."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from sites.schema.text import has_control_characters

MAX_LENGTH = 500
BARE_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?:[/?#]\S*)?", re.IGNORECASE)
MAIL = re.compile(r"[^\s@:/?#]+@[^\s@:/?#]+\.[a-z]{2,24}", re.IGNORECASE)
TEL = re.compile(r"\+?[0-9]{3,15}")
# Characters a browser treats as something else than they look like, or that hide what follows.
TRICKS = re.compile('[\\s\\\\<>"`\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]')


def _refuse() -> PydanticCustomError:
    return PydanticCustomError("link", "A link starts with https://, mailto:, tel:, / or #.")


def check_href(value: str) -> str:
    """Return the link, completed (`bakker.nl` becomes `https://bakker.nl`); empty stays empty.

    Raises PydanticCustomError `link` for every other scheme, protocol-relative addresses, a user name before the host,
    white space and control characters; `string_too_long` above 500 characters.
    """
    href = value.strip(" ")
    if not href:
        return ""
    if len(href) > MAX_LENGTH:
        raise PydanticCustomError("string_too_long", "Too long.", {"max_length": MAX_LENGTH})
    if href[:4].lower() == "tel:":
        href = "tel:" + re.sub(r"\(0\)|[ ().\-\u2010-\u2013]", "", href[4:])
        if not TEL.fullmatch(href[4:]):
            raise _refuse()
        return href
    if has_control_characters(href) or TRICKS.search(href):
        raise _refuse()
    if href[0] == "#":
        return href
    if href[0] == "/":
        if href[:2] == "//":
            raise _refuse()
        return href
    if BARE_HOST.fullmatch(href):
        return "https://" + href
    if MAIL.fullmatch(href):
        return "mailto:" + href
    try:
        parts = urlsplit(href)
        scheme, host, user = parts.scheme.lower(), parts.hostname, "@" in parts.netloc
        parts.port  # noqa: B018  a wrong port number raises ValueError
    except ValueError:
        raise _refuse() from None
    if scheme in ("http", "https") and host and not user and href[len(scheme) :].startswith("://"):
        return href
    if scheme == "mailto" and "@" in parts.path:
        return href
    raise _refuse()


def is_external(href: str) -> bool:
    """Return whether the link leaves the site."""
    return href.startswith(("http://", "https://"))
