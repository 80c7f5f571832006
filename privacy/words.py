"""What a stored value is called by who reads it: "owner" is a code, "Owner of the account" are words.

For the page "My data" and the readable half of every export; JSON and CSV keep the codes. Codes are named by their
column, whatever table it is in. A test holds each exported column with a fixed set of codes to this list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from webanizr.core.processors import REGISTRY, Text

CODES: dict[str, dict[str, Text]] = {
    "role": {"owner": _("Owner"), "editor": _("Editor"), "reader": _("Reader")},
    "language": {"nl": _("Dutch"), "en-gb": _("English")},
    "state": {
        "pending": _("waiting"),
        "granted": _("allowed"),
        "refused": _("refused"),
        "expired": _("expired"),
        "withdrawn": _("withdrawn"),
        "free": _("free"),
        "active": _("active"),
        "past_due": _("payment is late"),
        "suspended": _("suspended"),
        "ended": _("ended"),
        "open": _("open"),
        "paid": _("paid"),
        "cancelled": _("cancelled"),
        "needs_iban": _("waits for your account number"),
        "exported": _("on its way to the bank"),
        "in_sync": _("up to date"),
        "pending_erase": _("being erased"),
        "erased": _("erased"),
        "needs_platform_form": _("only you can come back, by the platform's form"),
        "error": _("didn't work"),
    },
    "source": {
        "explicit": _("You said yes"),
        "question": _("Your question made it clear"),
    },
    "kind": {
        "consumer": _("Private person"),
        "business": _("Business"),
        "invoice": _("Invoice"),
        "credit": _("Credit note"),
    },
    "vat_check": {"unknown": _("not checked"), "valid": _("valid"), "invalid": _("not valid")},
    "reason": {
        "overpaid": _("paid too much"),
        "duplicate": _("paid twice"),
        "credit": _("credit note"),
        "not_sold": _("a purchase that came to nothing"),
        "withdrawal": _("agreement withdrawn"),
        "bounce": _("mail to you came back"),
        "complaint": _("you reported our mail as spam"),
        "erased": _("you were erased"),
        "withdrawn": _("you unsubscribed from everything"),
        "manual": _("by hand"),
    },
    "action": {
        "requested": _("asked, not confirmed"),
        "confirmed": _("confirmed"),
        "withdrawn": _("unsubscribed"),
        "resumed": _("wanted again"),
        "informed": _("told, with the way to say no"),
    },
    "basis": {"consent": _("your consent"), "customer": _("you are a customer")},
    "there": {
        "absent": _("not there"),
        "maybe": _("perhaps there"),
        "active": _("there"),
        "unsubscribed": _("there, unsubscribed"),
    },
    "interval": {"month": _("a month"), "year": _("a year")},
}


def name_codes(column: str, words: Mapping[str, Text]) -> None:
    """Add what an application calls the codes of a column. Called when it starts."""
    CODES.setdefault(column, {}).update(words)


# What a column is called where its model doesn't say it.
COLUMNS: Mapping[str, Text] = {
    "action": _("What"),
    "address": _("E-mail address"),
    "asked_by": _("Asked by"),
    "at": _("When"),
    "basis": _("Because of"),
    "body": _("Text"),
    "city": _("Place"),
    "code": _("Number"),
    "country": _("Country"),
    "created_at": _("Made on"),
    "description": _("Description"),
    "device": _("Device"),
    "due_on": _("To be paid by"),
    "expires_at": _("Valid until"),
    "fields": _("Which data"),
    "gross_cents": _("Amount with VAT"),
    "host": _("Address of the website"),
    "issued_on": _("Date"),
    "kind": _("Kind"),
    "kvk": _("Chamber of Commerce number"),
    "language": _("Language"),
    "last_at": _("Last time"),
    "net_cents": _("Amount without VAT"),
    "number": _("Number"),
    "paid_on": _("Paid on"),
    "paused_until": _("Paused until"),
    "plan": _("Plan"),
    "postcode": _("Postcode"),
    "primary": _("Main address"),
    "processor": _("To whom"),
    "provider": _("To whom"),
    "purpose": _("Why"),
    "quote": _("Words that were quoted"),
    "reason": _("Why"),
    "role": _("Role"),
    "seen_at": _("Last seen"),
    "sent": _("Sent"),
    "source": _("Came from"),
    "state": _("State"),
    "street": _("Street"),
    "subject": _("Subject"),
    "there": _("State there"),
    "times": _("How often"),
    "title": _("Title"),
    "topic": _("Topic"),
    "updated_at": _("Changed on"),
    "used_at": _("Last used"),
    "vat_cents": _("VAT"),
    "vat_id": _("VAT number"),
    "verified": _("Confirmed"),
    "verified_at": _("Confirmed on"),
    "wording": _("The exact words"),
    "wording_version": _("Version of the words"),
}
# Numbers of rows, hashes and how the work is done: in account.json and the CSV, and of no use on the page to read.
FOR_PROGRAMS = frozenset(
    "user person_id customer customer_id member_id actor_id digest lease leased_until seen_run attempts desired pushed"
    " resubscribe due_at error sha256 pdf_sha256 pdf_key cii ubl position hue vividness anchor_day".split()
)


def heading(name: str, default: str) -> str:
    """Return what a column is called. Args: default: as its model says it."""
    return str(COLUMNS.get(name, default)) if default == name.replace("_", " ") else default


def say(label: str, name: str, value: Any) -> str:
    """Return a value in words. Args: label, name: the table and column; value: from the database, or as text of it."""
    if isinstance(value, str):
        value = _opened(value)
    if isinstance(value, str):
        if label == "core.Transfer" or name in ("processor", "provider"):
            return _of_transfer(name, value)
        word = CODES.get(name, {}).get(value)
        if word is not None:
            return str(word)
    if label == "core.Transfer" and name == "fields" and isinstance(value, list):
        return plain([_field(each) for each in value])
    if name.endswith("_cents") and isinstance(value, int):
        return f"€ {number_format(Decimal(value) / 100, decimal_pos=2)}"
    return plain(value)


def _opened(text: str) -> Any:
    """Return what a JSON column holds, where it came as text; else the text."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _of_transfer(name: str, value: str) -> str:
    processor = REGISTRY.get(value)
    if name in ("processor", "provider") and processor is not None:
        return processor.name
    if name == "purpose":
        for each in REGISTRY.values():
            if value in each.purposes:
                return str(each.purposes[value])
    return plain(value)


def _field(name: str) -> str:
    for processor in REGISTRY.values():
        for each in processor.fields:
            if each.name == name:
                return str(each.label)
    return name


def plain(value: Any) -> str:
    """Return any value as a reader sees it: no codes for yes and no, dates as they are written."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str):
        return _moment(value) or value
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "j F Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, dict):
        return "; ".join(f"{key}: {plain(each)}" for key, each in value.items() if each not in (None, "", [], {}))
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    return str(value)


def _moment(text: str) -> str:
    """Return a moment or a day that was stored as text in words, "" for any other text."""
    if not (10 <= len(text) <= 32 and text[:4].isdigit() and text[4] == "-"):
        return ""
    try:
        return plain(date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text))
    except ValueError:
        return ""
