"""The statement's tables, made from the data map and the list of processors: no second list of what is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.apps import apps
from django.utils.translation import gettext as _

from privacy.datamap import Erase, Personal, Subject, data_map
from webanizr.core.processors import REGISTRY

# Which applications' tables a table of the statement shows.
PARTS: dict[str, tuple[str, ...]] = {
    "accounts": ("accounts", "account", "mfa", "sessions", "core", "privacy"),
    "newsletters": ("newsletters",),
    "billing": ("billing",),
    "sites": ("sites",),
}


PLACES = {"storage": "sites"}  # which part shows data outside the tables, by kind; all else is about accounts


@dataclass(frozen=True)
class DataRow:
    """One line about data: what, whose, what for, on which ground, how long, and who else gets it."""

    what: str
    subject: str
    purpose: str
    basis: str
    retention: str
    recipients: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class RecipientRow:
    """One line about a party outside: what it does, which data it gets, where it is."""

    name: str
    does: str
    fields: str
    location: str
    agreement: str
    enabled: bool


def data_rows(part: str, *, staff: bool = False) -> list[DataRow]:
    """Return the lines about one part of the product, in the active language.

    Args: part: a key of PARTS; staff: with the data of people who work here, which is told to them.
    """
    data_map.load()
    found: dict[Personal, list[tuple[str, str]]] = {}
    for application in PARTS[part]:
        for label in (each for each in data_map.columns if each.partition(".")[0] == application):
            for name, declaration in data_map.columns[label].items():
                if isinstance(declaration, Personal):
                    # how it is erased doesn't make it another line
                    found.setdefault(replace(declaration, erase=Erase.WITH_ROW), []).append((label, name))
    for place in data_map.places:
        if isinstance(place.declaration, Personal) and PLACES.get(place.kind, "accounts") == part:
            found.setdefault(replace(place.declaration, erase=Erase.WITH_ROW), [])
    return [
        _row(declaration, columns)
        for declaration, columns in found.items()
        if staff or declaration.subject is not Subject.STAFF
    ]


def _row(declaration: Personal, columns: list[tuple[str, str]]) -> DataRow:
    who = dict.fromkeys(each.name for label, name in columns for each in data_map.recipients(label, name))
    return DataRow(
        what=str(declaration.what or _names(columns) or declaration.purpose),
        subject=str(declaration.subject.value),
        purpose=str(declaration.purpose),
        basis=str(declaration.basis.value),
        retention=str(declaration.retention),
        recipients=", ".join(who) or _("Nobody"),
        columns=tuple(f"{label}.{name}" for label, name in columns),
    )


def _names(columns: list[tuple[str, str]]) -> str:
    names = (str(apps.get_model(label)._meta.get_field(name).verbose_name) for label, name in columns)
    return ", ".join(dict.fromkeys(names)).capitalize()


def recipient_rows() -> list[RecipientRow]:
    """Return the parties outside, in the active language; those that are switched off say so."""
    data_map.load()
    return [
        RecipientRow(
            name=each.name,
            does=str(each.does),
            fields=", ".join(str(field.label) for field in each.fields),
            location=str(each.location),
            agreement=each.agreement,
            enabled=each.enabled,
        )
        for each in sorted(REGISTRY.values(), key=lambda each: each.name)
    ]
