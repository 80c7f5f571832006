"""Whether a plan has room for one more: asked before a website, a domain or a person is added.

What is over a limit after going to a smaller plan stays; only adding is refused (docs/billing.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.plans import PLANS, Plan
from billing.selectors import plan_of
from webanizr.core import locks

Kind = Literal["sites", "custom_domains", "members"]


class LimitReached(ValueError):
    """The plan has no room for one more. The message names the limit and the way on."""


def take_room(kind: Kind, *, account_id: uuid.UUID, count: Callable[[], int]) -> None:
    """Ask for room for one more; raises LimitReached. In the account's context and an open transaction.

    Two requests at once don't both find the last place: the second waits until the first one's transaction ends.
    Args: count: returns how many there are, called once the account's other requests wait.
    """
    locks.hold(f"limit:{kind}:{account_id}")
    problem = no_room(kind, account_id=account_id, used=count())
    if problem:
        raise LimitReached(problem)


def no_room(kind: Kind, *, account_id: uuid.UUID, used: int) -> str:
    """Return why the plan has no room for one more, and the way on; "" when it has. Args: used: how many there are."""
    plan = plan_of(account_id)
    most = getattr(plan.limits, kind)
    if used < most:
        return ""
    larger = next((one for one in PLANS.values() if getattr(one.limits, kind) > used), None)
    return f"{_full(kind, plan, most)} {_way_on(kind, larger)}"


def take_member(account_id: uuid.UUID, count: Callable[[], int]) -> None:
    """Ask for room for one more person; see `accounts.room`."""
    take_room("members", account_id=account_id, count=count)


def _full(kind: Kind, plan: Plan, most: int) -> str:
    words = {
        "sites": ngettext(
            "The plan %(plan)s has room for %(n)s website.", "The plan %(plan)s has room for %(n)s websites.", most
        ),
        "custom_domains": ngettext(
            "The plan %(plan)s has room for %(n)s domain of your own.",
            "The plan %(plan)s has room for %(n)s domains of your own.",
            most,
        ),
        "members": ngettext(
            "The plan %(plan)s has room for %(n)s person, invitations included.",
            "The plan %(plan)s has room for %(n)s people, invitations included.",
            most,
        ),
    }
    return words[kind] % {"plan": plan.name, "n": most}


def _way_on(kind: Kind, larger: Plan | None) -> str:
    if larger is None:
        return _("That is our largest plan: ask us under Help what we can do.")
    said = _("With %(plan)s you can have %(n)s: an owner moves to it under Subscription.")
    return said % {"plan": larger.name, "n": getattr(larger.limits, kind)}
