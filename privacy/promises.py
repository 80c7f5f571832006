"""The sixteen promises of the statement, what makes each one true, and which tests walk it (the public proof page)."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.datamap import Text


@dataclass(frozen=True)
class Promise:
    """One promise.

    Args: number: 1 to 16; title: in a reader's words; how: what makes it true; section: where the statement says it.
    """

    number: int
    title: Text
    how: Text
    section: str


PROMISES = (
    Promise(
        1,
        _("For an account we ask your name and e-mail address"),
        _("The sign-up form has two fields. A third one, or another column about a person, stops the system's start."),
        "accounts",
    ),
    Promise(
        2,
        _("We keep you informed about your account and what you buy"),
        _("These mails go their own way, apart from the newsletter. You can't switch them off by accident."),
        "news",
    ),
    Promise(
        3,
        _("No newsletter with a free account"),
        _("There is one list, made by one rule in the database: paying, or subscribed by yourself and confirmed."),
        "news",
    ),
    Promise(
        4,
        _("We ask for invoicing details only when you start paying"),
        _("The invoicing details appear with the upgrade. A free account has no place for them."),
        "invoices",
    ),
    Promise(
        5,
        _("We use invoicing details to address invoices only"),
        _("They have tables of their own, which only the part that makes invoices may read."),
        "invoices",
    ),
    Promise(
        6,
        _("We don't share or sell your data"),
        _("There is one door to the outside. It knows which parties may get what, and writes down every time."),
        "sharing",
    ),
    Promise(
        7,
        _("Newsletter and statistics are in external systems, and that's all"),
        _("Both get the fields that are named here and no others. What visitors of your website do is never counted."),
        "systems",
    ),
    Promise(
        8,
        _("If you ask us to erase, we erase there too"),
        _("A request is finished only when we looked again in every system and found nothing."),
        "systems",
    ),
    Promise(
        9,
        _("What you collect is your responsibility"),
        _(
            "You get the tools: a term for each form, and finding, correcting, handing over and erasing"
            " one person's data."
        ),
        "services",
    ),
    Promise(
        10,
        _("Staff don't look without your consent"),
        _("Without consent the database gives no rows, and looking is possible only once it is in your log."),
        "looking",
    ),
    Promise(
        11,
        _("A clear question counts as consent"),
        _(
            "Only with a literal sentence of yours, reading only, 72 hours at most. You hear of it at once,"
            " and can refuse."
        ),
        "looking",
    ),
    Promise(
        12,
        _("You remain the owner of what you collect"),
        _("No part of the product reads it for anything else, and you can take all of it with you."),
        "ownership",
    ),
    Promise(
        13,
        _("The data stay within our services"),
        _("Websites load nothing of others and set no cookies, and notifications hold no answers."),
        "inside",
    ),
    Promise(
        14,
        _("We use Amazon Web Services"),
        _("Storage, database, mail and keys are in our own surroundings there, described as code."),
        "storage",
    ),
    Promise(
        15,
        _("Everything is in Ireland"),
        _("Any other region stops the start of every part of the system."),
        "location",
    ),
    Promise(
        16,
        _("Amazon's staff can't get at it"),
        _("What visitors send is encrypted with keys that only our services can open."),
        "amazon",
    ),
)


@functools.cache
def tests_of(number: int) -> tuple[tuple[str, int], ...]:
    """Return (file name, number of tests) of the test modules that walk a promise; () while there is none."""
    found = []
    for path in sorted((settings.BASE_DIR / "tests" / "promises").glob(f"test_{number:02d}_*.py")):
        functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
        found.append((path.name, sum(each.name.startswith("test_") for each in functions)))
    return tuple(found)
