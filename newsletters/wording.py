"""The exact words that people consent to or object with; the ledger keeps them. Another text is another version.

Pages and mails show these very sentences. A test holds each version to its text in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletters.models import Topic


@dataclass(frozen=True)
class Wording:
    """One sentence. Args: version: kept in the ledger; text: with %(topic)s and %(about)s."""

    version: str
    text: Promise

    def about(self, topic: Topic, language: str) -> str:
        """Return the sentence about one topic, as a person reads it in `language`."""
        with translation.override(language):
            return str(self.text) % {"topic": topic.name, "about": topic.about}


SUBSCRIBE = Wording(
    "subscribe-1",
    _("I want to get “%(topic)s” (%(about)s) from Webanizr by e-mail. I can unsubscribe at any time."),
)
CUSTOMER = Wording(
    "customer-1",
    _("As a customer I get “%(topic)s” (%(about)s) by e-mail. I can object now and unsubscribe at any time."),
)
STOP = Wording("stop-1", _("I no longer want to get “%(topic)s”."))
AGAIN = Wording("again-1", _("As a customer I want to get “%(topic)s” again."))
UNDO = Wording("undo-1", _("I unsubscribed from “%(topic)s” by mistake and take that back."))
PLATFORM = Wording("platform-1", _("Unsubscribed from “%(topic)s” at the mailing platform."))

# Where a line of the ledger came from.
SOURCES: dict[str, Promise] = {
    "page": _("The newsletter page"),
    "site": _("A form on another page of Webanizr"),
    "mail": _("A link or button in a mail"),
    "preferences": _("Your preferences"),
    "settings": _("Your account's settings"),
    "checkout": _("When taking a paid plan"),
    "platform": _("The mailing platform"),
    "address": _("A change of your e-mail address"),
    "restored": _("Your earlier choice, after a backup was put back"),
}
