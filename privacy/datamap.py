"""The data map: one declaration for every column of every table, and for every other place that holds data.

Serves promises 06 to 12. From this one list come the erasure plan, the export, the published statement's tables and
the registers of article 30 GDPR. Each application declares its own in `personal_data.py`; a system check
(`privacy.checks`) stops everything while a column is undeclared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from webanizr.core.processors import REGISTRY, Processor

Text = str | Promise


class Subject(enum.Enum):
    """Whose data it is."""

    ACCOUNT_HOLDER = _("Customer (somebody with an account)")
    SUBSCRIBER = _("Subscriber of the newsletter")
    VISITOR = _("Visitor of a customer's website")
    STAFF = _("Somebody who works at Webanizr")


class Basis(enum.Enum):
    """Legal basis: article 6(1) GDPR, or article 28 for what is processed on a customer's behalf."""

    CONSENT = _("Your consent, which you can withdraw at any time (article 6.1.a)")
    CONTRACT = _("Needed for the agreement with you (article 6.1.b)")
    LEGITIMATE_INTEREST = _("Needed to keep the service safe (article 6.1.f)")
    LEGAL_OBLIGATION = _("Required by law (article 6.1.c)")
    PROCESSOR = _("On the instructions of the customer whose website it is (article 28)")


class Erase(enum.Enum):
    """What erasing does with it."""

    WITH_ROW = _("The row is deleted")
    WITH_OBJECT = _("The file is deleted")
    UNLINK = _("The person's number is taken out; what is left says nothing about them")
    EXPIRES = _("It expires by itself, within the term")
    KEPT = _("It is kept as long as the law asks, or because it protects the person, and then deleted")


class Scope(enum.Enum):
    """What can be erased or exported as a whole."""

    ACCOUNT = "account"
    USER = "user"
    SITE = "site"
    SUBSCRIBER = "subscriber"
    VISITOR = "visitor"


@dataclass(frozen=True)
class NotPersonal:
    """Says that a column tells nothing about a person, and why.

    Args: shown: it goes along where the row's personal columns are exported, because they say little without it.
    """

    reason: Text
    shown: bool = False


@dataclass(frozen=True)
class Personal:
    """Says all that must be known about a personal column.

    Args: subject: whose data; purpose: what for; basis: legal ground; retention: how long, in words; exported: whether
    articles 15 and 20 GDPR give it to the person; withheld: why not, where it isn't; erase: how it goes; what: the data
    in a reader's words (default: the columns' own names). Columns with equal declarations are one line of the
    statement. Who outside gets it isn't said here: the list of processors names its columns (`DataMap.recipients`).
    """

    subject: Subject
    purpose: Text
    basis: Basis
    retention: Text
    exported: bool = True
    withheld: Text = ""
    erase: Erase = Erase.WITH_ROW
    what: Text = ""


Declaration = NotPersonal | Personal


@dataclass(frozen=True)
class Path:
    """One way from a subject to rows of a table. What foreign keys say needs no path (`privacy.paths`).

    Args: scope: of what; column: the field that is compared; key: which of the subject's keys it holds: "id", or
    "email" for every address the person has or had; through: ("accounts.SignIn", "session_key") when it holds that
    field of rows that another path finds; unlink: the field is emptied (the zero id where it may not be empty) and the
    row stays, because it is somebody else's as well.
    """

    scope: Scope
    column: str
    key: str = "id"
    through: tuple[str, str] | None = None
    unlink: bool = False


@dataclass(frozen=True)
class Term:
    """When rows of a table have had their time; the nightly job deletes them (`privacy.services.retention`).

    Args: column: a moment; days: how long after it; only: further conditions, {"state": "done"}, or on the row that it
    belongs to, {"request__state": "done"}; objects: field with
    the key of a file in storage that goes first; by: who deletes, when another job of the product does it already.
    """

    column: str
    days: int = 0
    only: Mapping[str, Any] = field(default_factory=dict)
    objects: str = ""
    by: str = ""


@dataclass(frozen=True)
class Place:
    """Data that isn't a column: a prefix in file storage, a family of cache keys, a directory of logs.

    Args: kind: storage, cache, log or mail; name: the prefix or family; declaration: what it holds; where: which
    prefixes go with the erasure of what: {account} stands for the account's id, {sites.Site} for the id of each such
    row that is erased.
    """

    kind: str
    name: str
    declaration: Declaration
    where: Mapping[Scope, str] = field(default_factory=dict)


@dataclass
class DataMap:
    """Everything that was declared."""

    columns: dict[str, dict[str, Declaration]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    paths: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    terms: dict[str, tuple[Term, ...]] = field(default_factory=dict)
    _loaded: bool = False

    def table(self, label: str, /, *rules: Path | Term, **fields: Declaration) -> None:
        """Declare the columns of the model `label` ("accounts.User"), by field name.

        Args: rules: how a subject's rows are found where no foreign key says it, and when rows have had their time.
        """
        if label in self.columns:
            raise ValueError(f"{label} is declared twice.")
        self.columns[label] = fields
        self.paths[label] = tuple(rule for rule in rules if isinstance(rule, Path))
        self.terms[label] = tuple(rule for rule in rules if isinstance(rule, Term))

    def place(self, kind: str, name: str, declaration: Declaration, where: Mapping[Scope, str] | None = None) -> None:
        """Declare data outside the tables (see Place)."""
        self.places.append(Place(kind, name, declaration, where or {}))

    def load(self) -> DataMap:
        """Import every application's `personal_data.py`, once."""
        if not self._loaded:
            self._loaded = True
            autodiscover_modules("personal_data")
        return self

    def undeclared(self) -> Iterator[str]:
        """Yield "app.Model.field" for each column that nobody declared."""
        for model in all_models():
            declared = self.columns.get(model._meta.label, {})
            for column in model._meta.local_concrete_fields:
                if column.name not in declared:
                    yield f"{model._meta.label}.{column.name}"

    def unknown(self) -> Iterator[str]:
        """Yield "app.Model.field" for each declaration without a column."""
        known = {model._meta.label: {f.name for f in model._meta.local_concrete_fields} for model in all_models()}
        for label, fields in self.columns.items():
            for name in fields:
                if name not in known.get(label, ()):
                    yield f"{label}.{name}"

    def personal(self) -> Iterator[tuple[str, str, Personal]]:
        """Yield (model label, field name, declaration) of each personal column."""
        for label, fields in sorted(self.columns.items()):
            for name, declaration in fields.items():
                if isinstance(declaration, Personal):
                    yield label, name, declaration

    def recipients(self, label: str, name: str) -> list[Processor]:
        """Return the processors that get this column, from the one list of processors."""
        source = f"{label}.{name}"
        return [each for each in REGISTRY.values() if any(source in field.source for field in each.fields)]


def all_models() -> list[type[models.Model]]:
    """Return every model with a table, those that Django makes by itself included."""
    return [m for m in apps.get_models(include_auto_created=True) if not m._meta.proxy]


data_map = DataMap()
table = data_map.table
place = data_map.place


# What is said so often that it has a name.
KEY = NotPersonal(_("Random number of the row"))
LINK = NotPersonal(_("Which row it belongs to; goes with that row"))
MOMENT = NotPersonal(_("When the row was made or changed"), shown=True)
STATE = NotPersonal(_("How far the work is"), shown=True)
SETTING = NotPersonal(_("A choice about the website or the account, not about a person"), shown=True)

# Why something isn't in an export, where it isn't.
SECRET = _("A secret that lets you in: a copy of it could be stolen")
UNREADABLE = _("A hash or a sealed value: nothing can be read from it")
PASSING = _("It is gone before an export would be made")
IN_OTHERS = _("It stands among what others paid; what is yours of it is with your invoices and payments")
ELSEWHERE = _("It comes with the copy of the system outside that it belongs to")
ON_ITS_PAGE = _("The page and the certificate of the erasure show it")
