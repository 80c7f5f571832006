"""Who else processes what customers collect (article 28 GDPR), and how long beforehand a change is announced.

Who gets anything of account holders and subscribers is another list, made from the declared processors
(`privacy.statement.tables`); the public page shows both.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOTICE_DAYS = 30
Text = str | Promise


@dataclass(frozen=True)
class Party:
    """Somebody who processes data for us."""

    key: str
    name: str
    does: Text
    location: Text
    agreement: str = ""


# The house's own ground: no request of ours goes there through `webanizr.core.net`, everything stands on it.
AMAZON = Party(
    key="aws",
    name="Amazon Web Services EMEA SARL",
    does=_("Data centres: servers, database, file storage, keys and sending mail"),
    location=_("Ireland (eu-west-1)"),
    agreement="https://aws.amazon.com/compliance/gdpr-center/",
)


def processors_url() -> str:
    """Return the address of the public page."""
    return f"{settings.APP_URL}/privacy/verwerkers/"


def subprocessors() -> list[Party]:
    """Return who processes what customers collect: nobody but the house's own ground (promises 13 and 14)."""
    return [AMAZON]
