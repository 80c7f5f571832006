"""Names and addresses of people, read from `accounts` by label: this application imports none."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import QuerySet


class Person(Protocol):
    """Somebody who is signed in: a member in the app, one of Webanizr's people in the staff service."""

    @property
    def pk(self) -> uuid.UUID:
        """The number of the person."""

    @property
    def name(self) -> str:
        """How the person is called."""


@dataclass(frozen=True)
class Addressee:
    """Somebody to tell something."""

    id: uuid.UUID
    name: str
    email: str
    language: str


def names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return {id: name} of the people that still exist, in one query."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    return dict(get_user_model()._default_manager.filter(pk__in=wanted).values_list("pk", "name"))


def _memberships(account_id: uuid.UUID) -> QuerySet[Any]:
    return apps.get_model("accounts.Membership")._default_manager.filter(account_id=account_id)


def account_language(account_id: uuid.UUID) -> str:
    """Return the language of the account's mails."""
    return str(
        apps.get_model("accounts.Account")._default_manager.values_list("language", flat=True).get(pk=account_id)
    )


def account_name(account_id: uuid.UUID) -> str:
    """Return the name of the business."""
    return str(apps.get_model("accounts.Account")._default_manager.values_list("name", flat=True).get(pk=account_id))


def deciders(account_id: uuid.UUID) -> list[Addressee]:
    """Return who may consent for the account: its owners. Runs in the account's context."""
    language = account_language(account_id)
    found = _memberships(account_id).filter(role="owner").order_by("created_at")
    people = found.values_list("user_id", "user__name", "user__email")
    return [Addressee(person, name, email, language) for person, name, email in people]


def member(account_id: uuid.UUID, user_id: uuid.UUID) -> Addressee | None:
    """Return one member of the account, if still one."""
    found = _memberships(account_id).filter(user_id=user_id).values_list("user__name", "user__email").first()
    return Addressee(user_id, found[0], found[1], account_language(account_id)) if found else None


def may_consent(account_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Whether the person may consent for the account. For showing: the database decides by itself (`may_consent()`)."""
    return _memberships(account_id).filter(user_id=user_id, role="owner").exists()
