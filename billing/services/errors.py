"""What a person is told when billing can't do what was asked."""

from __future__ import annotations


class BillingError(ValueError):
    """The change can't be made; the message says why and what to do, for the person who asked."""
