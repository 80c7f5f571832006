"""Speaking HTTP with a provider: one way to ask, one way to judge an answer that isn't what was hoped for.

What each status means is the same for all providers (design notes, section 5); what differs is in each connector.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ParamSpec, TypeVar

from django.utils import timezone

from privacy.connectors.base import CannotAnswer, Health, Outcome, Presence, Result, Verdict
from webanizr.core import net, throttle
from webanizr.core.processors import Processor

P = ParamSpec("P")
T = TypeVar("T")

AFTER_NO_ANSWER = 30.0  # seconds
AFTER_BARE_REFUSAL = 60.0
LONGEST_PAUSE = 3600.0
CODE = re.compile(r"[^a-z0-9_]+")


class Failed(Exception):
    """A request didn't do what it should; the connector's caller gets the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.cause)
        self.outcome = outcome


def code(text: object) -> str:
    """Return a provider's own error code or title in a form that holds nothing personal."""
    return CODE.sub("_", str(text or "").lower()).strip("_")[:40] if "@" not in str(text) else ""


def pause_of(answer: net.Answer, *, now: datetime | None = None) -> float | None:
    """Return the seconds that the provider asks us to wait, None when it doesn't say.

    Retry-After is seconds or a date (RFC 9110, 10.2.3); Brevo says x-sib-ratelimit-reset instead.
    """
    text = answer.headers.get("retry-after") or answer.headers.get("x-sib-ratelimit-reset") or ""
    if text.strip().isdecimal():
        return min(float(text), LONGEST_PAUSE)
    try:
        seconds = (parsedate_to_datetime(text) - (now or datetime.now(UTC))).total_seconds()
    except (TypeError, ValueError):
        return None
    return max(0.0, min(seconds, LONGEST_PAUSE))


def judge(answer: net.Answer, reason: str = "") -> Outcome:
    """Return what an unexpected answer means: try again, or blocked until somebody mends it.

    Args: reason: the provider's own code, already free of personal data.
    """
    cause = f"http_{answer.status}{f'_{reason}' if reason else ''}"
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return Outcome(Result.RETRY, after=pause_of(answer) or AFTER_NO_ANSWER, cause=cause)
    if answer.status == 403 and not answer.body.strip():
        return Outcome(Result.RETRY, after=AFTER_BARE_REFUSAL, cause="http_403_bare")
    if 200 <= answer.status < 300:
        return Outcome(Result.RETRY, after=AFTER_NO_ANSWER, cause="not_understood")
    return Outcome(Result.BLOCKED, cause=cause)


class Api:
    """One provider's API, with its secrets.

    Args: processor: its declaration; auth: function that returns the headers with the secret; reason: function that
    takes a provider's error (parsed JSON) and returns its code; absent: whether an answer is the provider's own way to
    say that there is no such thing (a 404 of some proxy on the way is not).
    """

    def __init__(
        self,
        processor: Processor,
        auth: Callable[[], Mapping[str, str]],
        *,
        reason: Callable[[Any], object] = lambda error: "",
        absent: Callable[[net.Answer], bool] = lambda answer: False,
    ) -> None:
        self.processor, self.auth, self.reason, self.absent = processor, auth, reason, absent

    def ask(
        self, method: str, path: str, *, why: str, expect: tuple[int, ...] = (), bucket: str = "default", **rest: Any
    ) -> net.Answer:
        """Make a request and return its answer when its status is 2xx or in `expect`; raises Failed otherwise.

        Args: rest: see `net.request`.
        """
        try:
            answer = net.request(self.processor, method, path, why=why, bucket=bucket, auth=self.auth(), **rest)
        except throttle.Throttled as error:
            raise Failed(Outcome(Result.RETRY, after=error.after, cause="our_own_limit")) from None
        except net.NotSent:
            raise Failed(Outcome(Result.RETRY, after=AFTER_NO_ANSWER, cause="unreachable")) from None
        except net.Uncertain:
            raise Failed(Outcome(Result.RETRY, after=AFTER_NO_ANSWER, cause="no_answer", uncertain=True)) from None
        except net.SwitchedOff:
            raise Failed(Outcome(Result.BLOCKED, cause="not_configured")) from None
        if answer.status in expect:
            return answer
        # 200 with something else than JSON comes from a proxy on the way, not from the provider
        if answer.status in (201, 202, 204) or (answer.status == 200 and answer.json() is not None):
            return answer
        outcome = judge(answer, code(self.reason(answer.json())))
        if answer.status == 429:
            throttle.pause(self.processor, bucket, outcome.after)
        raise Failed(outcome)

    def ask_or_none(self, method: str, path: str, **rest: Any) -> net.Answer | None:
        """Make a request; return None when the provider says that there is no such thing; raises Failed."""
        answer = self.ask(method, path, expect=(400, 404), **rest)
        if answer.status < 300:
            return answer
        if self.absent(answer):
            return None
        raise Failed(judge(answer, code(self.reason(answer.json()))))

    def read_or_none(self, method: str, path: str, **rest: Any) -> Any:
        """Make a request and return its JSON, None when there is no such thing; raises Failed."""
        answer = self.ask_or_none(method, path, **rest)
        if answer is None:
            return None
        if (found := answer.json()) is None:
            raise Failed(judge(answer))
        return found

    def read(self, method: str, path: str, **rest: Any) -> Any:
        """Make a request and return its JSON; raises Failed, also when the answer isn't JSON."""
        answer = self.ask(method, path, **rest)
        if (found := answer.json()) is None:
            raise Failed(judge(answer))
        return found

    def health(self, **rest: Any) -> Health:
        """Make a cheap authenticated request and say how it went."""
        began = timezone.now()
        try:
            self.read("GET", why="health", patience=1.0, read_seconds=10.0, **rest)
        except Failed as failed:
            outcome = failed.outcome
            state = "refused" if outcome.result is Result.BLOCKED else "away"
            if outcome.cause == "our_own_limit":
                state = "busy"
            return Health(self.processor.key, "off" if outcome.cause == "not_configured" else state, outcome.cause)
        took = (timezone.now() - began).total_seconds() * 1000
        return Health(self.processor.key, "ok", milliseconds=int(took))


def told(method: Callable[P, Outcome]) -> Callable[P, Outcome]:
    """Let a change return its failure as an Outcome."""

    @functools.wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        try:
            return method(*args, **kwargs)
        except Failed as failed:
            return failed.outcome

    return wrapped


def asked(method: Callable[P, T]) -> Callable[P, T]:
    """Let a question raise CannotAnswer when it fails."""

    @functools.wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except Failed as failed:
            outcome = failed.outcome
            raise CannotAnswer(outcome.cause, after=outcome.after if outcome.result is Result.RETRY else None) from None

    return wrapped


def verified(method: Callable[P, Verdict]) -> Callable[P, Verdict]:
    """Let a verification that fails say "unknown"."""

    @functools.wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Verdict:
        try:
            return method(*args, **kwargs)
        except Failed as failed:
            return Verdict(Presence.UNKNOWN, (failed.outcome.cause,))

    return wrapped
