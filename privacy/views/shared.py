"""What every view of this application needs: who asks, in which account, and what they may decide."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from privacy.people import Person
from privacy.selectors import consent


def person(request: HttpRequest) -> Person:
    """Return the signed-in person; views that call it require one."""
    user: Any = request.user
    assert user.is_authenticated
    return user  # type: ignore[no-any-return]  # a user of ours is a Person


def may_decide(request: HttpRequest) -> bool:
    """Whether the person may consent for the open account."""
    return consent.may_decide(person(request))
