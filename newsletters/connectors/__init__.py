"""The mailing platforms, one module each, behind the Protocol of `base`; `platform()` is the configured one.

Serves promises 06 and 07. How to add one: docs/connectors.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from newsletters.connectors import brevo, listmonk, mailchimp
from newsletters.connectors.base import MailingPlatform, NoPlatform
from webanizr.core.processors import Processor


@dataclass(frozen=True)
class Entry:
    """A platform that MAILING_PLATFORM may name. Args: needs_url: whether it has no usual address."""

    processor: Processor
    make: Callable[[], MailingPlatform]
    needs_url: bool = False


PLATFORMS: dict[str, Entry] = {
    "brevo": Entry(brevo.PROCESSOR, brevo.Brevo),
    "listmonk": Entry(listmonk.PROCESSOR, listmonk.Listmonk, needs_url=True),
    "mailchimp": Entry(mailchimp.PROCESSOR, mailchimp.Mailchimp, needs_url=True),
}


def platform() -> MailingPlatform:
    """Return the configured platform (MAILING_PLATFORM), or one that blocks everything when none is."""
    entry = PLATFORMS.get(settings.MAILING_PLATFORM)
    return entry.make() if entry is not None else NoPlatform()
