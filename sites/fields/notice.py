"""The notice under a form: what for, how long, who. Made from the fields, so it can't say something else than they do.

GDPR article 13: purposes, legal basis, retention, who is responsible, and the rights of the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sites.fields.base import Field


@dataclass(frozen=True)
class Notice:
    """What a visitor reads before sending, in the active language. Empty `rows`: the form asks no personal data."""

    title: str
    rows: tuple[tuple[str, str], ...]
    rights: str


def period(days: int) -> str:
    """Return a number of days as people say it: 365 is 12 months, 730 is 2 years, 45 is 45 days."""
    if days % 365 == 0 and days > 365:
        return ngettext("%(count)d year", "%(count)d years", days // 365) % {"count": days // 365}
    if days == 365:
        return ngettext("%(count)d month", "%(count)d months", 12) % {"count": 12}
    if days % 30 == 0 and days >= 60:
        return ngettext("%(count)d month", "%(count)d months", days // 30) % {"count": days // 30}
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _unique(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def notice(fields: Sequence[Field], *, controller: str, contact: str = "", receipt: bool = False) -> Notice:
    """Return the notice of a form. `controller` is who is responsible, `contact` how to reach them.

    `receipt` says whether the visitor gets a link to see, correct and erase the answers.
    """
    personal = [field for field in fields if field.personal != "none"]
    title = _("What we do with your data")
    if not personal:
        return Notice(title, (), "")
    bases = {
        "consent": _("Your consent, which you can take back at any time."),
        "contract": _("An agreement with you, or a step towards one."),
        "legal_obligation": _("A legal obligation."),
        "legitimate_interest": _("Our legitimate interest; you may object to it."),
    }
    purposes = _unique([_sentence(field.purpose) for field in personal])
    terms = _unique(
        [
            period(field.retention_days)
            for field in sorted(personal, key=lambda f: f.retention_days or 0)
            if field.retention_days
        ]
    )
    if len(terms) <= 1:
        kept = _("%(period)s, then erased.") % {"period": terms[0]} if terms else ""
    else:
        parts = []
        for term in terms:
            labels = [
                field.label.rstrip(" ?:")
                for field in personal
                if field.retention_days and period(field.retention_days) == term
            ]
            parts.append(f"{term} ({', '.join(labels)})")
        kept = _("%(periods)s, then erased.") % {"periods": "; ".join(parts)}
    who = _("Only %(name)s. Nobody else gets your data.") % {"name": controller} if controller else ""
    rows = [
        (_("What for"), " ".join(purposes)),
        (_("How long"), kept[:1].upper() + kept[1:]),
        (_("Who"), who),
        (_("On the basis of"), " ".join(_unique([bases.get(field.legal_basis, "") for field in personal]))),
        (_("Questions"), contact),
    ]
    rights = (
        _("You get a link with which you can see, correct or erase everything.")
        if receipt
        else _("You may see, correct or erase your data: ask us.")
    )
    return Notice(title, tuple((name, text) for name, text in rows if text), rights)
