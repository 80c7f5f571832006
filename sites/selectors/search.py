"""Finding submissions by what they say, and everything that one person sent, without the database knowing either."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from privacy.erasure import certificate
from privacy.models import ErasureRequest
from privacy.selectors.erasure import open_about_visitors
from sites.models import SearchEntry, Submission
from sites.selectors.sealed import open_content
from webanizr.core import tenancy
from webanizr.core.vault import blind

NONE = b""  # a token that nothing has: asked for something, but for nothing that can be found


@dataclass(frozen=True)
class Filter:
    """What to show: folder all, unread, trash, quarantine or everywhere; a form; what it must say.

    all_of, any_of: tokens (`asked_for`, `Person.tokens`): no words of a visitor are kept in an export's row.
    """

    folder: str = "all"
    form: uuid.UUID | None = None
    all_of: tuple[bytes, ...] = ()
    any_of: tuple[bytes, ...] = ()

    def params(self) -> dict[str, Any]:
        """Return it for a job's row."""
        return {
            "folder": self.folder,
            "form": str(self.form) if self.form else "",
            "all_of": [token.hex() for token in self.all_of],
            "any_of": [token.hex() for token in self.any_of],
        }

    @classmethod
    def of(cls, params: dict[str, Any]) -> Filter:
        """Return the filter in a job's row."""
        return cls(
            params["folder"],
            uuid.UUID(params["form"]) if params["form"] else None,
            tuple(bytes.fromhex(token) for token in params.get("all_of", ())),
            tuple(bytes.fromhex(token) for token in params.get("any_of", ())),
        )


def asked_for(query: str) -> tuple[bytes, ...]:
    """Return the tokens of what somebody searches for; all of them must match. Raises vault.VaultError."""
    if not query.strip():
        return ()
    terms = blind.terms_asked(query)
    return tuple(blind.tokens(tenancy.current_account_id(), terms)) if terms else (NONE,)


def matching(rows: QuerySet[Submission], chosen: Filter) -> QuerySet[Submission]:
    """Narrow rows down to those that say all of `all_of` and, if given, one of `any_of`."""
    for token in chosen.all_of:
        rows = rows.filter(id__in=SearchEntry.objects.filter(token=token).values("submission_id"))
    if chosen.any_of:
        one = Q()
        for token in chosen.any_of:
            one |= Q(token=token)
        rows = rows.filter(id__in=SearchEntry.objects.filter(one).values("submission_id"))
    return rows


# --- everything about one person


@dataclass(frozen=True)
class Found:
    """A submission of a person, and by what it was found: address, phone or both."""

    row: Submission
    by: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """Somebody by their addresses and numbers, as they are compared."""

    terms: tuple[blind.Term, ...]
    name: str = ""
    found: Sequence[Found] = field(default=())

    @property
    def addresses(self) -> list[str]:
        """Return the e-mail addresses."""
        return [text for kind, text in self.terms if kind == blind.ADDRESS]

    @property
    def numbers(self) -> list[str]:
        """Return the telephone numbers, E.164."""
        return [text for kind, text in self.terms if kind == blind.PHONE]

    def tokens(self) -> tuple[bytes, ...]:
        """Return the tokens of the terms; raises vault.VaultError."""
        return tuple(blind.tokens(tenancy.current_account_id(), self.terms))


def identifying(texts: Iterable[str]) -> tuple[blind.Term, ...]:
    """Return the addresses and numbers in texts."""
    return tuple(term for term in blind.terms_of(texts) if term[0] != blind.WORD)


def terms_of_sender(row: Submission) -> tuple[blind.Term, ...]:
    """Return the addresses and numbers that a sender filled in as their own; raises vault.VaultError.

    Their own are the answers to questions for one; an address within a message may be somebody else's.
    """
    content = open_content(row)
    own = [asked["id"] for asked in content["fields"] if asked["type"] in ("email", "phone")]
    return identifying(str(content["values"].get(name) or "") for name in own)


def submissions_of(terms: tuple[blind.Term, ...]) -> list[uuid.UUID]:
    """Return the ids of every message that holds one of the addresses or numbers; raises vault.VaultError."""
    if not terms:
        return []
    tokens = blind.tokens(tenancy.current_account_id(), terms)
    return sorted(set(SearchEntry.objects.filter(token__in=tokens).values_list("submission_id", flat=True)))


@dataclass(frozen=True)
class Going:
    """An erasure that hasn't ended, and which of somebody's messages it is about."""

    request: ErasureRequest
    submissions: frozenset[uuid.UUID]

    @property
    def waiting(self) -> bool:
        """Whether it may still be called off."""
        return self.request.state in ("received", "cooling_off")

    @property
    def link(self) -> str:
        """Return the address of its own page."""
        return certificate.link(self.request)


def being_erased(submissions: Iterable[uuid.UUID]) -> list[Going]:
    """Return the erasures, of this account, that are about any of these messages; the oldest first."""
    wanted = frozenset(submissions)
    found = []
    for request in open_about_visitors():
        about = wanted & {uuid.UUID(each) for each in request.chosen}
        if about:
            found.append(Going(request, about))
    return found


def person(terms: tuple[blind.Term, ...], *, name: str = "", most: int = 500) -> Person:
    """Return everything that holds one of the addresses or numbers, newest first, wherever it is: trash included."""
    if not terms:
        return Person(terms, name)
    account_id = tenancy.current_account_id()
    kinds = {token: kind for token, (kind, _text) in zip(blind.tokens(account_id, terms), terms, strict=True)}
    one = Q()
    for token in kinds:
        one |= Q(token=token)
    by: dict[uuid.UUID, set[str]] = {}
    for entry in SearchEntry.objects.filter(one):
        by.setdefault(entry.submission_id, set()).add(kinds[bytes(entry.token)])
    rows = Submission.objects.select_related("form", "site", "intake_key").filter(id__in=list(by))
    found = [Found(row, tuple(sorted(by[row.id]))) for row in rows.order_by("-received_at", "-id")[:most]]
    return Person(terms, name, found)
