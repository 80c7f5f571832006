"""Yes/no questions that applications above billing ask somebody who takes a paid plan.

`newsletters` may not be imported here: in its AppConfig.ready it adds its question to `QUESTIONS`. The upgrade form
shows each as a tick box and hands the answer over in the transaction of the purchase (promise 03: the objection to the
newsletter stands at the moment of paying).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from accounts.models import User


@dataclass(frozen=True)
class Question:
    """One tick box. Args: name: of the form field; label, help: what the customer reads; answered: gets the answer."""

    name: str
    label: str | Promise
    help: str | Promise
    answered: Callable[[User, bool, datetime], None]


QUESTIONS: list[Question] = []
