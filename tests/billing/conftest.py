"""Fixtures of the tests of billing."""

from __future__ import annotations

from tests.billing.bank import sam  # noqa: F401  # a fixture
