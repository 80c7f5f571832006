"""A mail address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites.fields.base import Field, Refused

# As in the HTML standard, but with a dot in the host: an address without one can't be answered over the internet.
ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,190}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,24}",
    re.IGNORECASE,
)


class Email(Field):
    """Mail address."""

    title = _("Mail address")
    icon: ClassVar[str] = "mail"
    template = "fields/email.html"
    max_answer: ClassVar[int] = 254

    type: Literal["email"] = "email"

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new field's content: a mail address is personal data."""
        return {"personal": "ordinary"}

    @property
    def autocomplete(self) -> str:
        """Return the autocomplete token."""
        return "email"

    def wrong(self) -> str:
        """Return what to do about an address that can't be right."""
        return gettext("Something is missing in this address. It looks like name@example.nl.")

    def parse(self, texts: list[str]) -> str:
        """Return the address with a small-letter host. Raises Refused."""
        address = texts[0].removeprefix("mailto:")
        name, at, host = address.rpartition("@")
        try:
            host = host.encode("idna").decode().lower() if not host.isascii() else host.lower()
        except UnicodeError:
            raise Refused(self.wrong()) from None
        address = f"{name}@{host}"
        if not at or not ADDRESS.fullmatch(address) or ".." in address or name.startswith(".") or name.endswith("."):
            raise Refused(self.wrong())
        return address
