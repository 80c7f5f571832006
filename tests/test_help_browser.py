"""Asking Webanizr in a browser: short answers turn up while the question is typed, and what is typed stays."""

from __future__ import annotations

from typing import Any

from tests import journeys
from tests.local.running import Stack

QUESTION = "Hoe stuurt een bezoeker een bestand mee?"


def test_short_answers_turn_up_while_typing(page: Any, stack: Stack) -> None:
    journeys.sign_up(page, stack, "Hedy Hulp")
    page.goto("/help/")
    page.locator("[name=body]").press_sequentially(QUESTION, delay=5)
    page.wait_for_selector("#helps li:first-child :text('bestanden laten sturen')", timeout=10_000)
    assert page.input_value("[name=body]") == QUESTION
    assert "?" not in page.url  # its words are in no address
