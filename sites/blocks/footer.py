"""The footer's columns, taken from what the pages say already: address, telephone and opening hours, typed once."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from sites.blocks.base import Block
from sites.blocks.contact import Contact
from sites.blocks.inputs import FooterColumn
from sites.blocks.opening_hours import DAYS, OpeningDay, OpeningHours, clock
from sites.blocks.shared import tel


def footer_of(blocks: Sequence[Block], language: str) -> tuple[FooterColumn, ...]:
    """Return the columns for the first contact and opening-hours block of `blocks` (home page first)."""
    with translation.override(language):
        contact = next((block for block in blocks if isinstance(block, Contact)), None)
        hours = next((block for block in blocks if isinstance(block, OpeningHours)), None)
        columns = []
        if contact and (lines := _address(contact)):
            columns.append(FooterColumn(_("Visit"), lines))
        if hours and (lines := tuple((line, "") for line in week(hours.days, language))):
            columns.append(FooterColumn(_("Opening hours"), lines))
        return tuple(columns)


def _address(contact: Contact) -> tuple[tuple[str, str], ...]:
    town = f"{contact.postal_code} {contact.city}".strip()
    lines = [(contact.street, ""), (town, ""), (contact.phone, tel(contact.phone))]
    if contact.email:
        lines.append((contact.email, f"mailto:{contact.email}"))
    return tuple((words, href) for words, href in lines if words)


def week(days: Sequence[OpeningDay], language: str) -> list[str]:
    """Return opening hours in few lines: following days with the same times become one."""
    groups: list[tuple[list[str], list[tuple[str, str]]]] = []
    for day in days:
        if groups and groups[-1][1] == day.spans:
            groups[-1][0].append(day.day)
        else:
            groups.append(([day.day], day.spans))
    lines = []
    for names, spans in groups:
        first, last = str(DAYS[names[0]]), str(DAYS[names[-1]])
        if len(names) == 1:
            label = first
        elif len(names) == 2:
            label = _("%(first)s and %(last)s") % {"first": first, "last": last}
        else:
            label = _("%(first)s to %(last)s") % {"first": first, "last": last}
        times = ", ".join(f"{clock(start, language)}–{clock(end, language)}" for start, end in spans) or _("closed")
        lines.append(f"{capfirst(label)} {times}")
    return lines
