"""Files that the visitor sends along: sealed before they are stored, deleted with the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sites.fields import kept
from sites.fields.base import Field, Refused
from sites.fields.filekinds import KINDS
from sites.schema.parts import Choice, Choices, Number

ACCEPT: Choices = {
    "any": _("Pictures and documents"),
    "images": _("Pictures"),
    "documents": _("Documents"),
}


class File(Field):
    """A file."""

    title = _("File")
    icon: ClassVar[str] = "file-text"
    template = "fields/file.html"
    max_values: ClassVar[int] = 10  # an empty input sends an empty value beside the notes
    max_answer: ClassVar[int] = 1500
    explains: ClassVar[bool] = True

    type: Literal["file"] = "file"
    accept: str = Choice(_("Which files"), ACCEPT, default="any")
    most: int | None = Number(_("How many at most"), 1, 5)

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return a new field's content."""
        return {"most": 1}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return what the sample has besides the common parts."""
        return {"most": 2}

    def missing(self) -> str:
        """Return what a visitor reads who chose none."""
        return gettext("Choose a file.")

    def parse(self, texts: list[str]) -> list[dict[str, str | int]]:
        """Return the files that the notes name; the hosting service stored them. Raises Refused."""
        found = {known.id: known for text in texts if (known := kept.read(text)) is not None}
        if len(found) < len(set(texts)):
            raise Refused(gettext("Choose the file again: it took too long to send the form."))
        most = self.most or 1
        if len(found) > most:
            raise Refused(self.too_many())
        if any(known.kind not in KINDS[self.accept] for known in found.values()):
            raise Refused(self.wrong())
        return [known.answer() for known in found.values()]

    def too_many(self) -> str:
        """Return how many files are taken."""
        most = self.most or 1
        return ngettext("Send one file here.", "Send at most {n} files here.", most).format(n=most)

    def wrong(self) -> str:
        """Return which files are taken."""
        suffixes = ", ".join(suffix for suffix in KINDS[self.accept] if suffix != "jpeg")
        return gettext("We can take these kinds of files: {kinds}.").format(kinds=suffixes)

    def display(self, value: Any) -> str:
        """Return the files' names and sizes."""
        if not isinstance(value, list):
            return ""
        return ", ".join(f"{each['name']} ({filesizeformat(each['size'])})" for each in value)

    def control(self, values: Sequence[str]) -> Mapping[str, Any]:
        """Return what was chosen before, and what the browser's dialogue offers."""
        notes = [(text, known.name, filesizeformat(known.size)) for text in values if (known := kept.read(text))]
        return {
            "notes": notes,
            "suffixes": ",".join(f".{suffix}" for suffix in KINDS[self.accept]),
            "several": (self.most or 1) > 1,
            "taken": " ".join([self.wrong(), *([self.too_many()] if (self.most or 1) > 1 else [])]),
        }
