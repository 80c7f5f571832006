"""What every mailing platform's declaration has in common: the fields, and the reasons for asking."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from webanizr.core.processors import Field, Processor, Rate, Text

DOES = _("Sends our newsletters. It may use your data for nothing else.")
PURPOSES: Mapping[str, Text] = {
    "subscribe": _("Putting you on the newsletter's list, because you are a paying customer or subscribed"),
    "unsubscribe": _("Taking you off the newsletter's list"),
    "remove": _("Taking you off the newsletter's list, because you no longer have a paid plan"),
    "look_up": _("Looking whether the newsletter's list still agrees with your choices"),
    "export": _("Collecting your data for your download"),
    "erase": _("Erasing your data there"),
    "verify": _("Looking whether your data is really gone there"),
    "list": _("Comparing the whole list with ours, without sending anything"),
    "health": _("Looking whether the system works, without sending anything"),
}


def mailing_processor(
    *,
    key: str,
    name: str,
    usual_url: str,
    wire: Mapping[str, tuple[str, ...]],
    technical: frozenset[str],
    rates: Mapping[str, Rate],
    location: Text,
    agreement: str,
) -> Processor:
    """Return a platform's declaration.

    Args: usual_url: where its API is unless MAILING_BASE_URL says otherwise; wire: the names under which its protocol
    carries each of the five fields that a newsletter needs; the rest: see Processor.
    """

    def base_url() -> str:
        if key != settings.MAILING_PLATFORM:
            return ""
        return settings.MAILING_BASE_URL or usual_url

    labels: dict[str, tuple[Text, tuple[str, ...]]] = {
        "email": (_("e-mail address"), ("accounts.User.email", "newsletters.Contact.address")),
        "name": (_("name"), ("accounts.User.name",)),
        "language": (_("language"), ("newsletters.Contact.language",)),
        "topics": (_("newsletters you get"), ("newsletters.Consent.topic",)),
        "contact_number": (_("a number that means nothing elsewhere"), ()),
    }
    return Processor(
        key=key,
        name=name,
        base_url=base_url,
        does=DOES,
        purposes=PURPOSES,
        fields=tuple(
            Field(field, label, wire[field], source) for field, (label, source) in labels.items() if wire.get(field)
        ),
        technical=technical,
        location=location,
        agreement=agreement,
        rates=rates,
    )
