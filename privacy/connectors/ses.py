"""Amazon SES's own list of addresses that bounced or complained: an erased address may not stay on it (promise 08).

The only calls to a processor that go through boto3 and not through `net`; they are declared and recorded all the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings

from privacy.connectors.base import (
    CannotAnswer,
    ExternalSystem,
    Health,
    Identity,
    Locator,
    Outcome,
    Presence,
    Result,
    Verdict,
)
from webanizr.core import net
from webanizr.core.mail import SES
from webanizr.core.storage import clients

AGAIN = ("TooManyRequestsException", "ThrottlingException")


def cause_of(error: Exception) -> Outcome:
    """Return what an error of boto3 means."""
    if isinstance(error, clients.ClientError):
        name = str(error.response["Error"]["Code"])
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        result = Result.RETRY if name in AGAIN or status >= 500 else Result.BLOCKED
        return Outcome(result, after=30 if result is Result.RETRY else 0, cause=f"ses_{name.lower()[:40]}")
    return Outcome(Result.RETRY, after=30, cause="no_answer", uncertain=True)


class Suppression:
    """The account's suppression list."""

    key, name, horizon_days = SES.key, SES.name, 1

    def health(self) -> Health:
        """Read the account's own settings."""
        try:
            clients.ses().get_account()
        except (clients.ClientError, clients.BotoCoreError) as error:
            outcome = cause_of(error)
            return Health(self.key, "refused" if outcome.result is Result.BLOCKED else "away", outcome.cause)
        return Health(self.key, "ok")

    def locate(self, identity: Identity) -> list[Locator]:
        """Look every address up."""
        return self._locate(identity, "look_up")

    def _locate(self, identity: Identity, why: str) -> list[Locator]:
        return [
            Locator(self.key, "blocklist", email, identity.person_id, email=email)
            for email in identity.emails
            if self._read(email, identity.person_id, why) is not None
        ]

    def export(self, locator: Locator) -> dict[str, Any]:
        """Return the entry: why and since when."""
        found = self._read(locator.email, locator.person_id, "export") or {}
        return {name: str(found[name]) for name in ("EmailAddress", "Reason", "LastUpdateTime") if name in found}

    def erase(self, locator: Locator) -> Outcome:
        """Take the address off the list."""
        self._record(locator.person_id, "erase")
        try:
            there = self._ask(lambda: clients.ses().delete_suppressed_destination(EmailAddress=locator.email))
        except (clients.ClientError, clients.BotoCoreError) as error:
            return cause_of(error)
        return Outcome(Result.ALREADY_ABSENT if there is None else Result.DONE)

    def verify_absent(self, identity: Identity) -> Verdict:
        """Look every address up again."""
        try:
            left = self._locate(identity, "verify")
        except CannotAnswer as error:
            return Verdict(Presence.UNKNOWN, (error.cause,))
        if left:
            return Verdict(Presence.PRESENT, ("blocklist",))
        return Verdict(Presence.ABSENT, (f"addresses: {len(identity.emails)} not on the suppression list",))

    def _read(self, email: str, person_id: uuid.UUID, why: str) -> dict[str, Any] | None:
        self._record(person_id, why)
        try:
            found = self._ask(lambda: clients.ses().get_suppressed_destination(EmailAddress=email))
        except (clients.ClientError, clients.BotoCoreError) as error:
            outcome = cause_of(error)
            raise CannotAnswer(outcome.cause, after=outcome.after or None) from None
        return None if found is None else dict(found["SuppressedDestination"])

    @staticmethod
    def _record(person_id: uuid.UUID, why: str) -> None:
        net.record(SES, why=why, about=[person_id], fields=["email"])

    @staticmethod
    def _ask(call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """Return the answer, None when SES says that there is no such entry."""
        try:
            return call()
        except clients.ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return None
            raise


def suppression() -> ExternalSystem | None:
    """Return the connector, None where mail goes to files (local runs): there is no such system then."""
    return Suppression() if settings.EMAIL_BACKEND.startswith("anymail.") else None
