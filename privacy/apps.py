"""Django's entry to this application."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest


class PrivacyConfig(AppConfig):
    """Settings of the application "privacy"."""

    name = "privacy"
    label = "privacy"

    def ready(self) -> None:
        """Register checks, processors and the vault's question about staff; close all when the ledger is ahead."""
        from django.utils.module_loading import autodiscover_modules

        from privacy import checks, gate, statistics  # noqa: F401  # checks register on import
        from privacy.erasure import guard, hooks, withdrawals
        from webanizr.core import context, health, net, vault

        vault.guard_sessions(gate.may_open)
        health.QUESTIONS.append(guard.problems)
        net.GATES.append(guard.gate)
        hooks.SUPPRESS.append(statistics.stop)
        hooks.CACHES[statistics.BUFFER] = statistics.drop
        hooks.REPLAYS[withdrawals.KIND] = hooks.Replay(withdrawals.withdraw_again, "consent withdrawn again")
        hooks.REPLAYS[withdrawals.ASK_FIRST] = hooks.Replay(withdrawals.ask_first_again, "asked first again, always")
        hooks.REPLAYS[withdrawals.OBJECTED] = hooks.Replay(withdrawals.object_again, "objection made again")
        autodiscover_modules("processors")
        context.PROVIDERS["consent_waiting"] = consent_waiting
        context.PROVIDERS["questions_waiting"] = questions_waiting
        context.PROVIDERS["erasures_open"] = erasures_open
        context.PROVIDERS["erasing"] = erasing


def consent_waiting(request: HttpRequest) -> Any:
    """Return how many requests wait for the account's answer, counted only when a page shows it."""
    from django.utils.functional import SimpleLazyObject

    from privacy.selectors.consent import waiting_count

    return SimpleLazyObject(waiting_count) if getattr(request, "account", None) is not None else 0


def questions_waiting(request: HttpRequest) -> Any:
    """Return how many questions wait for staff, counted only when a page shows it."""
    from django.utils.functional import SimpleLazyObject

    from privacy.selectors.staff import waiting_count

    return SimpleLazyObject(waiting_count) if getattr(request, "staff", None) is not None else 0


def erasures_open(request: HttpRequest) -> Any:
    """Return how many erasures are open, for staff, counted only when a page shows it."""
    from django.utils.functional import SimpleLazyObject

    from privacy.selectors.board import open_count

    return SimpleLazyObject(open_count) if getattr(request, "staff", None) is not None else 0


def erasing(request: HttpRequest) -> Any:
    """Return the erasure that a member must know of while it is reconsidered, looked up only when a page shows it."""
    from django.utils.functional import SimpleLazyObject

    from privacy.selectors.erasure import erasing_notice

    membership = getattr(request, "membership", None)
    if membership is None:
        return None
    return SimpleLazyObject(lambda: erasing_notice(membership))
