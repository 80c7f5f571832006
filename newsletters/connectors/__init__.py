"""The mailing platforms, one module each, behind the Protocol of `base`; `platform()` is the configured one.

Serves promises 06 and 07. How to add one: docs/connectors.md.
"""

from __future__ import annotations

from newsletters.connectors.base import MailingPlatform, NoPlatform


def platform() -> MailingPlatform:
    """Return the configured platform (MAILING_PLATFORM), or one that blocks everything when none is."""
    return NoPlatform()
