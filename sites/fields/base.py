"""What a form field is: a pydantic definition that knows why its answer is asked and how long it is kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field as PydanticField

from sites.schema.parts import Choice, Choices, Number, Part, Text, Toggle
from sites.schema.problems import Problem
from sites.schema.text import has_control_characters, tidy

REGISTRY: dict[str, type[Field]] = {}
# Names the form itself sends: the honeypot and the proof of work.
RESERVED = frozenset({"website", "challenge", "solution", "confirmed"})
MAX_RETENTION_DAYS = 3653

PERSONAL: Choices = {
    "none": _("No personal data"),
    "ordinary": _("Personal data"),
    "special": _("Special data (health, religion, origin)"),
}
LEGAL_BASES: Choices = {
    "": _("Not chosen yet"),
    "consent": _("Consent"),
    "contract": _("Contract, or a step towards one"),
    "legal_obligation": _("Legal obligation"),
    "legitimate_interest": _("Legitimate interest"),
}
WIDTHS: Choices = {"full": _("The whole width"), "half": _("Half the width")}

FieldId = Annotated[str, PydanticField(pattern=r"^[a-z][a-z0-9_]{0,39}$", title="Id")]


class Refused(Exception):
    """An answer that can't be accepted; the text is for the visitor, in the language of the site."""


class Field(Part):
    """One field of a form. A subclass states `type`, `title`, `icon`, `template` and how an answer is read."""

    title: ClassVar[str | Promise]
    icon: ClassVar[str] = "type"
    template: ClassVar[str]
    max_values: ClassVar[int] = 1
    max_answer: ClassVar[int] = 200
    multiline: ClassVar[bool] = False
    explains: ClassVar[bool] = False  # whether its template always has an explanation

    id: FieldId
    label: str = Text(_("Question"), 150, required=True)
    help: str = Text(_("Explanation"), 300)
    required: bool = Toggle(_("Has to be answered"))
    personal: str = Choice(_("This answer is"), PERSONAL, default="none")
    purpose: str = Text(
        _("What for"),
        200,
        help=_("One line that finishes: we ask this … For example: to call you back about your appointment."),
    )
    legal_basis: str = Choice(_("Legal basis"), LEGAL_BASES, default="")
    retention_days: int | None = Number(
        _("Keep for (days)"), 1, MAX_RETENTION_DAYS, help=_("After that the answer is erased.")
    )
    width: str = Choice(_("Width"), WIDTHS)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the field under its type; a class without a type is an intermediate base."""
        super().__pydantic_init_subclass__(**kwargs)
        if "type" in cls.model_fields:
            REGISTRY[cls.type_name()] = cls

    @classmethod
    @cache
    def type_name(cls) -> str:
        """Return the value of `type` in stored definitions."""
        return str(get_args(cls.model_fields["type"].annotation)[0])

    @classmethod
    def new(cls, id: str = "") -> Self:
        """Return a blank field, as it is when someone adds it to a form."""
        blank = {"id": id or f"f_{secrets.token_hex(4)}", "label": str(cls.title), **cls.blank()}
        return cls.model_validate(blank)

    @classmethod
    def sample(cls, id: str = "") -> Self:
        """Return a complete field that may be privacy: for the docs and the tests."""
        complete = {
            "id": id or cls.type_name(),
            "label": str(cls.title),
            "help": "Alleen als er iets niet lukt.",
            "personal": "ordinary",
            "purpose": "Om je bestelling klaar te leggen",
            "legal_basis": "contract",
            "retention_days": 30,
        }
        return cls.model_validate({**complete, **cls.example()})

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return what a new field starts with, besides the defaults."""
        return {}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return what the sample has besides the common parts."""
        return {}

    def dump(self) -> dict[str, Any]:
        """Return the definition as it is stored: JSON-ready, with its type."""
        return self.model_dump(mode="json")

    # --- reading an answer

    def clean(self, values: Sequence[str]) -> Any:
        """Return the answer, normalised and JSON-ready; None when nothing was filled in and nothing had to be.

        Raises Refused with words for the visitor.
        """
        if len(values) > self.max_values:
            raise Refused(gettext("Give one answer here."))
        texts = [self._text(value) for value in values]
        texts = [text for text in texts if text]
        if not texts:
            if self.required:
                raise Refused(self.missing())
            return None
        return self.parse(texts)

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise Refused(gettext("This has to be text."))
        try:
            if not value.isascii():
                value.encode()
        except UnicodeEncodeError:
            raise Refused(gettext("There is a character in here that we can't read. Type it again.")) from None
        text = tidy(value).strip()
        if has_control_characters(text, multiline=self.multiline):
            raise Refused(gettext("There is a character in here that we can't read. Type it again."))
        if len(text) > self.max_answer:
            raise Refused(
                ngettext("Use at most %(count)d character.", "Use at most %(count)d characters.", self.max_answer)
                % {"count": self.max_answer}
            )
        return text

    def parse(self, texts: list[str]) -> Any:
        """Return the answer made of the given texts (at least one, none empty). Raises Refused."""
        return texts[0]

    def missing(self) -> str:
        """Return what a visitor reads who left a required field empty."""
        return gettext("Fill this in.")

    def wrong(self) -> str:
        """Return what the browser shows, before sending, for an answer that can't be right."""
        return gettext("This doesn't look right yet.")

    def display(self, value: Any) -> str:
        """Return a stored answer as people read it, in the active language."""
        return "" if value is None else str(value)

    # --- showing the control

    def control(self, values: Sequence[str]) -> Mapping[str, Any]:
        """Return more names for the field's template; `values` are what was typed before."""
        return {}

    @property
    def autocomplete(self) -> str:
        """Return the autocomplete token of the control, or an empty string."""
        return ""

    # --- going online

    def problems(self) -> list[tuple[str, str]]:
        """Return (path, message) of what stops publishing and that only this type knows."""
        return []

    def publish_problems(self) -> list[Problem]:
        """Return what stops this field from going online: personal data without purpose, basis or retention."""
        found: list[tuple[str, str]] = []
        if not self.label.strip():
            found.append(("label", gettext("Ask a question here.")))
        if self.personal != "none":
            if not self.purpose.strip():
                found.append(("purpose", gettext("Say what this personal data is for.")))
            if not self.legal_basis:
                found.append(("legal_basis", gettext("Choose on what legal basis you ask for this.")))
            if not self.retention_days:
                found.append(("retention_days", gettext("Say after how many days this is erased.")))
        if self.personal == "special" and self.legal_basis not in ("", "consent"):
            found.append(("legal_basis", gettext("Special data may only be asked with consent (GDPR, article 9).")))
        return [Problem(self.id, path, text) for path, text in found + self.problems()]
