"""Short answers that may spare a question: beside the question form, chosen by its words. Nothing typed is kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

SHOWN = 3
WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class Article:
    """A short answer. Args: text: its paragraphs; words: beginnings of words, Dutch and English, that call for it."""

    key: str
    title: Any
    text: tuple[Any, ...]
    words: tuple[str, ...]


ARTICLES = (
    Article(
        "nothing-comes-in",
        _("Nothing comes in through my form"),
        (
            _("Is the page with the form online? Open your website and look. If not, put it online under Website."),
            _("Then look under Quarantine in your inbox: what looks like spam waits there. Choose All for the rest."),
        ),
        ("niets", "binnen", "aankom", "ontvang", "komt", "nothing", "arriv", "receiv", "missing", "leeg", "empty"),
    ),
    Article(
        "try-a-form",
        _("Try out a form"),
        (
            _("Open your website, fill in the form as a visitor would, and send it."),
            _("A moment later the message is in your inbox. Delete it there when you have seen it."),
        ),
        ("test", "probe", "uitprob", "try", "werkt", "formulier", "form"),
    ),
    Article(
        "quarantine",
        _("Why a message is in quarantine"),
        (
            _("A form holds a field that people don't see and scripts fill in. Who fills it in lands in quarantine."),
            _("Is it a real message? Open it there and put it in the inbox. Quarantine is emptied like the inbox."),
        ),
        ("spam", "quarantaine", "quarantine", "ongewenst", "reclame", "robot", "bot"),
    ),
    Article(
        "required-fields",
        _("Required fields"),
        (
            _("Open the form under Website, choose a field and switch Required on or off. Then put it online."),
            _("Ask what you need and no more: each field that you leave out is one that a visitor doesn't give up on."),
        ),
        ("verplicht", "require", "veld", "field", "invul", "vraag"),
    ),
    Article(
        "files",
        _("Let visitors send files"),
        (
            _("Add a field of the kind File to your form. You choose pictures, documents or both, and how many."),
            _("How large a file may be depends on your plan. Files go when their message goes."),
        ),
        ("bestand", "foto", "bijlage", "upload", "file", "picture", "attach", "pdf"),
    ),
    Article(
        "no-mail",
        _("I get no mail about a new message"),
        (
            _("Look in your spam folder, and whether the address under Settings is right."),
            _("Each form has a switch for these mails. The mail tells that there is a message, not what it says."),
        ),
        ("mail", "melding", "bericht", "notif", "message"),
    ),
    Article(
        "who-sees",
        _("Who can see what my visitors send"),
        (
            _("You and the people in your team. Nobody at Webanizr can, unless you allow it under Privacy."),
            _("Each look of ours is a line in your log there, and you can stop it at any moment."),
        ),
        ("privacy", "inzien", "lezen", "meekijk", "toegang", "access", "avg", "gdpr", "gegevens", "data"),
    ),
    Article(
        "how-long",
        _("How long messages stay"),
        (
            _("Each form says how long its messages are kept, and each field can say that it needs less."),
            _("At the end of that term they are deleted by themselves, files included. You can export them before."),
        ),
        ("bewaar", "termijn", "verwijder", "wissen", "delet", "keep", "retention", "oude", "weg"),
    ),
)


def _words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return set(WORD.findall(plain))


def suggest(text: str) -> list[Article]:
    """Return the SHOWN articles that a question's words call for most; the first ones where none do."""
    asked = _words(text)
    scores = [sum(word.startswith(article.words) for word in asked) for article in ARTICLES]
    order = sorted(range(len(ARTICLES)), key=lambda number: (-scores[number], number))
    return [ARTICLES[number] for number in order[:SHOWN]]


def article(key: str) -> Article | None:
    """Return the article with that key."""
    return next((each for each in ARTICLES if each.key == key), None)
