"""The registers of article 30 GDPR, from the data map and the list of processors: as controller, and as processor."""

from __future__ import annotations

import csv
import io

from django.conf import settings
from django.utils.translation import gettext as _

from privacy.datamap import Basis, Personal, data_map
from privacy.statement.tables import PARTS, recipient_rows

STORAGE = "Amazon Web Services, eu-west-1"


def rows(*, processor: bool) -> list[list[str]]:
    """Return the lines: subject, data, purpose, legal basis, retention, recipients, how it is erased.

    Args: processor: what is done on customers' instructions (article 30.2), else what Webanizr decides (article 30.1).
    """
    found: dict[Personal, list[tuple[str, str]]] = {}
    for label, name, declaration in data_map.load().personal():
        if (declaration.basis is Basis.PROCESSOR) is processor:
            found.setdefault(declaration, []).append((label, name))
    for place in data_map.places:
        if isinstance(place.declaration, Personal) and (place.declaration.basis is Basis.PROCESSOR) is processor:
            found.setdefault(place.declaration, [])
    order = [application for part in PARTS.values() for application in part]
    lines = []
    for declaration, columns in sorted(found.items(), key=lambda each: _rank(order, each[1])):
        who = dict.fromkeys(each.name for label, name in columns for each in data_map.recipients(label, name))
        lines.append(
            [
                str(declaration.subject.value),
                str(declaration.what or declaration.purpose),
                str(declaration.purpose),
                str(declaration.basis.value),
                str(declaration.retention),
                ", ".join([STORAGE, *who]),
                str(declaration.erase.value),
            ]
        )
    return lines


def _rank(order: list[str], columns: list[tuple[str, str]]) -> int:
    application = columns[0][0].partition(".")[0] if columns else ""
    return order.index(application) if application in order else len(order)


def headings() -> list[str]:
    """Return the columns' headings, in the active language."""
    return [
        _("Whose data"),
        _("Data"),
        _("What for"),
        _("Legal basis"),
        _("How long"),
        _("Recipients"),
        _("How it is erased"),
    ]


def about() -> list[tuple[str, str]]:
    """Return what article 30 asks beside the lines: who we are, where data goes, how it is kept safe."""
    seller = settings.SELLER
    place = f"{seller['street']}, {seller['postcode']} {seller['city']}"
    abroad = sorted({f"{each.name}: {each.location}" for each in recipient_rows() if each.enabled})
    return [
        (_("Who we are"), f"{seller['name']}, {place}, KvK {seller['kvk']}"),
        (_("Contact"), "privacy@webanizr.nl"),
        (_("Where it is kept"), _("With Amazon Web Services in Ireland (eu-west-1), inside the European Union.")),
        (_("Parties outside that are switched on"), "; ".join(abroad) or _("None")),
        (
            _("How it is kept safe"),
            _(
                "Encrypted on its way and where it is kept, what visitors send under a key of its website; a login of"
                " its own for each service, with rules in the database itself; nobody of staff reads it without a"
                " permission that the customer gave; each look-in is logged in a chain that can be checked; restoring"
                " a backup erases again what was erased."
            ),
        ),
    ]


def as_csv(*, processor: bool) -> bytes:
    """Return the register for a spreadsheet: UTF-8 with a byte order mark."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(about())
    writer.writerow([])
    writer.writerow(headings())
    writer.writerows(rows(processor=processor))
    writer.writerow([])
    for each in recipient_rows():
        writer.writerow([each.name, each.fields, each.does, "", "", each.location, ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
