"""Mail of local runs: written to var/mail/*.eml instead of being sent, and shown at /dev/mail/.

Nothing here exists in production: settings and URLs name it only when WEBANIZR_LOCAL is set.
"""

from __future__ import annotations

import email
import email.policy
import html.parser
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage as DjangoMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from webanizr.core.permissions import requires

NAME = re.compile(r"[0-9]{8}T[0-9]{12}-[A-Za-z0-9_.-]{1,80}\.eml")
SHOWN = 200  # the newest so many are listed


def directory() -> Path:
    """Return var/mail, made when it is missing."""
    path: Path = settings.DATA_DIR / "mail"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


class FileBackend(BaseEmailBackend):
    """Writes each mail to a file of its own; the same mail sent again (a retried task) is kept once."""

    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        """Store the mails; return how many there were."""
        for message in email_messages:
            key = re.sub(r"[^A-Za-z0-9-]", "", message.extra_headers.get("Message-ID", "").partition("@")[0])
            folder = directory()
            if key and any(folder.glob(f"*-{key}.eml")):
                continue
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{key or secrets.token_hex(8)}.eml"
            handle = os.open(folder / f".{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(message.message().as_bytes())
            os.replace(folder / f".{name}", folder / name)
        return len(email_messages)


@dataclass(frozen=True)
class Letter:
    """One stored mail as the mailbox page shows it."""

    name: str
    to: str
    subject: str
    at: datetime
    text: str
    html: str


def read(path: Path) -> Letter:
    """Return the mail in a file."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    return Letter(
        name=path.name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=datetime.strptime(path.name.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC),
        text=text.get_content() if text else "",
        html=page.get_content() if page else "",
    )


@requires("public")
def index(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    files = sorted(directory().glob("[0-9]*.eml"), reverse=True)[:SHOWN]
    return render(request, "local/mailbox.html", {"letters": [read(path) for path in files]})


@requires("public")
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail: its text, or with ?part=html what a mail program shows."""
    path = directory() / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise Http404("no such mail")
    letter = read(path)
    if request.GET.get("part") != "html":
        return render(request, "local/mail.html", {"letter": letter})
    nonce = secrets.token_urlsafe(16)
    response = HttpResponse(without_style_attributes(letter.html, nonce))
    rules = ["default-src 'none'", f"style-src 'nonce-{nonce}'", "img-src 'self' data:"]
    rules += ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
    response["Content-Security-Policy"] = "; ".join(rules)
    return response


class _Restyle(html.parser.HTMLParser):
    """Moves style attributes into rules: mail programs want them inline, our pages allow nothing inline."""

    def __init__(self, nonce: str) -> None:
        super().__init__(convert_charrefs=False)
        self.nonce, self.parts, self.rules = nonce, [""], [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy the tag with its style as a class."""
        kept: list[tuple[str, str | None]] = []
        for name, value in attrs:
            if name == "style" and value:
                self.rules.append(f".mail-{len(self.rules)}{{{value}}}")
                kept.append(("data-mail", f"mail-{len(self.rules) - 1}"))
            else:
                kept.append((name, value))
        marks = [value for name, value in kept if name == "data-mail"]
        values: dict[str, str | None] = {name: value for name, value in kept if name != "data-mail"}
        if marks:
            values["class"] = " ".join([*(filter(None, [values.get("class")])), *filter(None, marks)])
        if tag == "style":
            values["nonce"] = self.nonce
        written = [f"{name}" if value is None else f'{name}="{html_escape(value)}"' for name, value in values.items()]
        self.parts.append(f"<{' '.join([tag, *written])}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy an empty element."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Copy the end tag."""
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Copy text (a style element's too)."""
        self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        """Copy &name;."""
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Copy &#number;."""
        self.parts.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Copy the doctype."""
        self.parts.append(f"<!{decl}>")


def html_escape(value: str) -> str:
    """Return `value` for use inside double quotes."""
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def without_style_attributes(page: str, nonce: str) -> str:
    """Return the page with every style attribute as a rule of one style element that carries `nonce`."""
    parser: Any = _Restyle(nonce)
    parser.feed(page)
    parser.close()
    style = f'<style nonce="{nonce}">{"".join(parser.rules)}</style>'
    whole = "".join(parser.parts)
    # Before the mail's own rules, so that those still win where they say !important or come from a media query.
    head, found, rest = whole.partition("<head>")
    return f"{head}<head>{style}{rest}" if found else style + whole
