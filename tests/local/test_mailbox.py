"""Mail of local runs: kept once, shown without anything inline."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives

from webanizr.local import mailbox


def letter(key: str) -> EmailMultiAlternatives:
    """Return a mail with a text and an HTML part."""
    message = EmailMultiAlternatives("Je code: 123456", "Code 123456\n", "a@example.nl", ["bo@example.nl"])
    message.attach_alternative('<html><head></head><body style="color:red"><p>Code</p></body></html>', "text/html")
    message.extra_headers["Message-ID"] = f"<{key}@webanizr.nl>"
    return message


@pytest.fixture(autouse=True)
def own_directory(settings: object, tmp_path: Path) -> None:
    """Give each test an empty mailbox."""
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]  # pytest-django's settings take any name


def test_the_same_mail_sent_twice_is_kept_once() -> None:
    backend = mailbox.FileBackend()
    for key in ("one", "one", "two"):
        assert backend.send_messages([letter(key)]) == 1
    kept = [mailbox.read(path) for path in sorted(mailbox.directory().glob("*.eml"))]
    assert [(mail.to, mail.subject, mail.text) for mail in kept] == [
        ("bo@example.nl", "Je code: 123456", "Code 123456\n")
    ] * 2
    assert {path.stat().st_mode & 0o777 for path in mailbox.directory().iterdir()} == {0o600}


def test_styles_in_a_mail_become_rules_with_a_nonce() -> None:
    page = (
        '<!doctype html><html><head><style>p{margin:0}</style></head><body style="color:red;a:&quot;b&quot;" class="x">'
    )
    page += "<img alt='a &amp; \"b\"'/>&euro;&#39;<br></body></html>"
    shown = mailbox.without_style_attributes(page, "n0nce")
    assert " style=" not in shown
    assert '<style nonce="n0nce">.mail-1{color:red;a:"b"}</style><style nonce="n0nce">p{margin:0}</style>' in shown
    assert '<body class="x mail-1">' in shown
    assert '<img alt="a &amp; &quot;b&quot;">&euro;&#39;<br>' in shown


@pytest.mark.parametrize("name", ["../secrets.json", "..", "20260101T000000000000-x.txt", "", "a.eml"])
def test_only_mails_have_a_name(name: str) -> None:
    assert not mailbox.NAME.fullmatch(name)
