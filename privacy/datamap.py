"""The data map: one declaration for every column of every table, and for every other place that holds data.

Serves promises 06 to 12. From this one list come the erasure plan, the export, the published statement's tables and
the registers of article 30 GDPR. Each application declares its own in `personal_data.py`; a system check
(`privacy.checks`) stops everything while a column is undeclared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Subject(enum.Enum):
    """Whose data it is."""

    ACCOUNT_HOLDER = _("Customer (somebody with an account)")
    VISITOR = _("Visitor of a customer's website")
    STAFF = _("Somebody who works at Webanizr")


class Basis(enum.Enum):
    """Legal basis: article 6(1) GDPR, or article 28 for what is processed on a customer's behalf."""

    CONTRACT = _("Needed for the agreement with you (article 6.1.b)")
    LEGITIMATE_INTEREST = _("Needed to keep the service safe (article 6.1.f)")
    LEGAL_OBLIGATION = _("Required by law (article 6.1.c)")
    PROCESSOR = _("On the instructions of the customer whose website it is (article 28)")


class Erase(enum.Enum):
    """What erasing does with it."""

    WITH_ROW = _("The row is deleted")
    WITH_OBJECT = _("The file is deleted")
    EXPIRES = _("It expires by itself, within the term")


@dataclass(frozen=True)
class NotPersonal:
    """Says that a column tells nothing about a person, and why."""

    reason: Text


@dataclass(frozen=True)
class Personal:
    """Says all that must be known about a personal column.

    Args: subject: whose data; purpose: what for; basis: legal ground; retention: how long, in words; recipients: who
    outside Webanizr gets it; exported: whether articles 15 and 20 GDPR give it to the person; erase: how it goes.
    """

    subject: Subject
    purpose: Text
    basis: Basis
    retention: Text
    recipients: tuple[Text, ...] = ()
    exported: bool = True
    erase: Erase = Erase.WITH_ROW


Declaration = NotPersonal | Personal


@dataclass(frozen=True)
class Place:
    """Data that isn't a column: a prefix in file storage, a family of cache keys, a directory of logs.

    Args: kind: storage, cache, log or mail; name: the prefix or family; declaration: what it holds.
    """

    kind: str
    name: str
    declaration: Declaration


@dataclass
class DataMap:
    """Everything that was declared."""

    columns: dict[str, dict[str, Declaration]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    _loaded: bool = False

    def table(self, label: str, **fields: Declaration) -> None:
        """Declare the columns of the model `label` ("accounts.User"), by field name."""
        if label in self.columns:
            raise ValueError(f"{label} is declared twice.")
        self.columns[label] = fields

    def place(self, kind: str, name: str, declaration: Declaration) -> None:
        """Declare data outside the tables."""
        self.places.append(Place(kind, name, declaration))

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


def all_models() -> list[type[models.Model]]:
    """Return every model with a table, those that Django makes by itself included."""
    return [m for m in apps.get_models(include_auto_created=True) if not m._meta.proxy]


data_map = DataMap()
table = data_map.table
place = data_map.place


# What is said so often that it has a name.
KEY = NotPersonal(_("Random number of the row"))
LINK = NotPersonal(_("Which row it belongs to; goes with that row"))
MOMENT = NotPersonal(_("When the row was made or changed"))
STATE = NotPersonal(_("How far the work is"))
SETTING = NotPersonal(_("A choice about the website or the account, not about a person"))
