"""Promise 07, the statistics: a pseudonym and the IP address, from Webanizr's own pages, for nothing else."""

from __future__ import annotations

import time
from typing import Any

from privacy.connectors import matomo
from tests import journeys
from tests.local.running import Stack
from tests.promises.test_06_shared_with_nobody_else import control


def visits(stack: Stack) -> int:
    return int(control(stack, "matomo")["tables"].get("visits", 0))


def settle(stack: Stack, *, seconds: float = 7.0) -> int:
    """Wait until two turns of the sender have passed; return how many visits there are."""
    time.sleep(seconds)
    return visits(stack)


def test_only_our_own_pages_are_counted_and_a_no_is_heeded(page: Any, stack: Stack, browser: Any) -> None:
    journeys.sign_up(page, stack, "Vera Visser")
    deadline = time.monotonic() + 40
    before = visits(stack)
    while visits(stack) == before:
        assert time.monotonic() < deadline
        page.goto("/settings/")
        time.sleep(1)
    seen = [each for each in control(stack, "matomo", "requests")["requests"] if each["path"] == "/matomo.php"]
    assert "&uid=" in seen[-1]["body"]
    assert "&cip=127.0.0.1" in seen[-1]["body"]
    assert "Vera" not in seen[-1]["body"]
    page.goto("/privacy/shared/")
    journeys.send(page, "button[value=no]")
    counted = settle(stack)  # what was on its way has arrived or was left out
    context = browser.new_context(base_url=stack.app)
    visitor = context.new_page()
    visitor.goto(str(stack.run["site"]))  # a customer's site
    visitor.goto("/login/")  # nobody signed in
    page.goto("/settings/")  # who said no
    context.close()
    assert settle(stack) == counted


def test_the_statistics_get_these_fields_and_no_others() -> None:
    fields = {field.name: field.wire for field in matomo.PROCESSOR.fields}
    assert fields == {
        "pseudonym": ("requests.uid", "segment"),
        "ip_address": ("requests.cip",),
        "page": ("requests.url",),
        "moment": ("requests.cdt",),
        "visit": ("visits.idvisit",),
    }
