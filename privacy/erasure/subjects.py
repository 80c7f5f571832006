"""Who or what is erased: the keys by which its rows are found, and the accounts and people whose context that takes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from privacy.connectors.base import Identity
from privacy.datamap import Path, Scope


@dataclass
class Person:
    """Somebody who goes: the number of their row, and every address they have or had."""

    id: uuid.UUID
    emails: list[str] = field(default_factory=list)
    name: str = ""
    contact_id: uuid.UUID | None = None

    def identity(self) -> Identity:
        """Return how systems outside may know the person."""
        return Identity(person_id=self.id, contact_id=self.contact_id, emails=tuple(self.emails))


@dataclass
class Subject:
    """One subject with everything it takes along.

    Args: scope; id: of the account, user, website, newsletter contact or, for a visitor, the account; account_id: whose
    rows it is about, None for a person; people: who goes with it; sites, submissions: their numbers, where the scope is
    about those; elsewhere: other accounts that have rows about these people.
    """

    scope: Scope
    id: uuid.UUID
    account_id: uuid.UUID | None = None
    people: list[Person] = field(default_factory=list)
    sites: list[uuid.UUID] = field(default_factory=list)
    submissions: list[uuid.UUID] = field(default_factory=list)
    elsewhere: list[uuid.UUID] = field(default_factory=list)

    def scopes(self) -> tuple[Scope, ...]:
        """Return which paths of the data map apply."""
        if self.scope is Scope.ACCOUNT:
            return (Scope.ACCOUNT, Scope.USER)
        return (self.scope,)

    def keys(self, path: Path, person: Person | None) -> list[Any]:
        """Return the values that `path` compares with; `person`: whose turn it is, for paths of people."""
        if path.scope is Scope.USER:
            assert person is not None
            return list(person.emails) if path.key == "email" else [person.id]
        if path.scope is Scope.ACCOUNT:
            return [self.account_id]
        if path.scope is Scope.SUBSCRIBER:
            return [self.id]
        return self.sites if path.scope is Scope.SITE else self.submissions

    def as_json(self) -> dict[str, Any]:
        """Return its numbers, for the plan and the ledger: nothing that names somebody."""
        return {
            "scope": self.scope.value,
            "id": str(self.id),
            "account": str(self.account_id) if self.account_id else None,
            "people": [str(person.id) for person in self.people],
            "sites": [str(each) for each in self.sites],
            "submissions": [str(each) for each in self.submissions],
            "elsewhere": [str(each) for each in self.elsewhere],
        }

    def secrets(self) -> dict[str, Any]:
        """Return what names somebody, to be sealed."""
        return {
            "people": {
                str(p.id): {"emails": p.emails, "name": p.name, "contact": str(p.contact_id) if p.contact_id else None}
                for p in self.people
            }
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any], secrets: dict[str, Any]) -> Subject:
        """Return what `as_json` and `secrets` stored."""
        known = secrets.get("people", {})
        people = []
        for each in stored["people"]:
            one = known.get(each, {})
            contact = uuid.UUID(one["contact"]) if one.get("contact") else None
            people.append(Person(uuid.UUID(each), one.get("emails", []), one.get("name", ""), contact))
        return cls(
            scope=Scope(stored["scope"]),
            id=uuid.UUID(stored["id"]),
            account_id=uuid.UUID(stored["account"]) if stored["account"] else None,
            people=people,
            sites=[uuid.UUID(each) for each in stored["sites"]],
            submissions=[uuid.UUID(each) for each in stored["submissions"]],
            elsewhere=[uuid.UUID(each) for each in stored["elsewhere"]],
        )
