"""The parts a block or a form field is made of. Each constructor states the type's limits and carries a `Meta`.

From one declaration come the validator, the JSON Schema, the settings form, the editor's inline fields and the docs.
"""

# ruff: noqa: N802  # a part is named like the type it stands for
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from sites.schema import rich
from sites.schema.links import check_href
from sites.schema.text import check_line, check_lines

Label = str | Promise
Choices = Mapping[str, Label]
UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TIME = r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9])?$"
ANCHOR = r"^(?:[a-z][a-z0-9-]{0,39})?$"


@dataclass(frozen=True)
class Meta:
    """What people see of one part. `required` counts when publishing, not while drafting."""

    label: Label
    widget: str
    help: Label = ""
    inline: bool = False
    translatable: bool = True
    required: bool = False
    choices: Choices = field(default_factory=dict)
    max_length: int | None = None
    max_items: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    spec: rich.RichSpec | None = None

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add label, help and editor hints to the part's JSON Schema."""
        schema = rich.json_schema(self.spec) if self.spec else handler(core)
        schema["title"] = str(self.label)
        if self.help:
            schema["description"] = str(self.help)
        if self.choices and self.widget in ("choice", "icon", "drawing"):
            schema["enum"] = list(self.choices)
        schema["x-webanizr"] = {
            "widget": self.widget,
            "inline": self.inline,
            "translatable": self.translatable,
            "required_to_publish": self.required,
        }
        return schema


class Part(BaseModel):
    """Base of every definition: nothing is coerced and nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_default=False)


@cache
def metas(model: type[BaseModel]) -> tuple[tuple[str, Meta], ...]:
    """Return (name, Meta) of the parts of a definition, in the order they were written."""
    found = []
    for name, info in model.model_fields.items():
        meta = next((item for item in info.metadata if isinstance(item, Meta)), None)
        if meta:
            found.append((name, meta))
    return tuple(found)


@cache
def item_model(model: type[BaseModel], name: str) -> type[BaseModel]:
    """Return the definition inside a list (`list[Card]`) or inside a group (`LinkValue`)."""
    annotation = model.model_fields[name].annotation
    found = get_args(annotation)[0] if get_args(annotation) else annotation
    assert isinstance(found, type)
    assert issubclass(found, BaseModel)
    return found


def walk(part: BaseModel, path: str = "") -> Iterator[tuple[str, Meta, Any, BaseModel]]:
    """Yield (path, Meta, value, owner) of every part, lists and groups included: `items.2.question`."""
    for name, meta in metas(type(part)):
        value, here = getattr(part, name), f"{path}{name}"
        yield here, meta, value, part
        if meta.widget == "items":
            for index, item in enumerate(value):
                yield from walk(item, f"{here}.{index}.")
        elif isinstance(value, BaseModel):
            yield from walk(value, f"{here}.")


def _part(info: Any, meta: Meta, *checks: object) -> Any:
    assert isinstance(info, FieldInfo)
    info.metadata.extend([*checks, meta])
    return info


def Text(
    label: Label,
    max_length: int = 120,
    *,
    default: str = "",
    help: Label = "",
    inline: bool = False,
    required: bool = False,
    pattern: str = "",
) -> Any:
    """Return one line of text."""
    return _part(
        Field(default=default, max_length=max_length, pattern=pattern or None),
        Meta(label, "text", help, inline, required=required, max_length=max_length, translatable=not pattern),
        AfterValidator(check_line),
    )


def LongText(
    label: Label,
    max_length: int = 1000,
    *,
    default: str = "",
    help: Label = "",
    inline: bool = False,
    required: bool = False,
) -> Any:
    """Return text of several lines, without markup."""
    return _part(
        Field(default=default, max_length=max_length),
        Meta(label, "long_text", help, inline, required=required, max_length=max_length),
        AfterValidator(check_lines),
    )


def Rich(label: Label, spec: rich.RichSpec = rich.BODY, *, help: Label = "", required: bool = False) -> Any:
    """Return rich text; annotate it with `RichText`. It is always edited on the page itself."""
    return _part(
        Field(default_factory=rich.empty),
        Meta(label, "rich", help, inline=True, required=required, max_length=spec.max_length, spec=spec),
        rich.validator(spec),
    )


def Image(label: Label, *, help: Label = "", required: bool = False) -> Any:
    """Return a picture of the library (its id) or None; annotate it with `str | None`."""
    return _part(
        Field(default=None, pattern=UUID),
        Meta(label, "image", help, required=required, translatable=False, max_length=36),
    )


def FormRef(label: Label, *, help: Label = "", required: bool = True) -> Any:
    """Return a form of the site (its id) or None; annotate it with `str | None`."""
    return _part(
        Field(default=None, pattern=UUID),
        Meta(label, "form", help, required=required, translatable=False, max_length=36),
    )


def Choice(
    label: Label, choices: Choices, *, default: str | None = None, help: Label = "", widget: str = "choice"
) -> Any:
    """Return one of `choices` (value: label); the first is the default."""

    def check(value: str) -> str:
        if value not in choices:
            raise PydanticCustomError("choice", "Choose one of the options.")
        return value

    first = default if default is not None else next(iter(choices))
    return _part(
        Field(default=first, max_length=40),
        Meta(label, widget, help, translatable=False, choices=choices, max_length=40),
        AfterValidator(check),
    )


def Toggle(label: Label, *, default: bool = False, help: Label = "") -> Any:
    """Return yes or no."""
    return _part(Field(default=default), Meta(label, "toggle", help, translatable=False))


def Number(label: Label, minimum: int, maximum: int, *, default: int | None = None, help: Label = "") -> Any:
    """Return a whole number between two limits, or None; annotate it with `int | None`."""
    return _part(
        Field(default=default, ge=minimum, le=maximum),
        Meta(label, "number", help, translatable=False, minimum=minimum, maximum=maximum),
    )


def Time(label: Label, *, default: str = "", help: Label = "") -> Any:
    """Return a time of day as `07:30`, or empty."""
    return _part(Field(default=default, pattern=TIME), Meta(label, "time", help, translatable=False, max_length=5))


def Lines(label: Label, *, max_items: int = 50, max_length: int = 120, help: Label = "", required: bool = False) -> Any:
    """Return a list of short texts, typed one per line; annotate it with `list[str]`."""

    def check(value: list[str]) -> list[str]:
        if any(len(line) > max_length for line in value):
            raise PydanticCustomError("string_too_long", "Too long.", {"max_length": max_length})
        lines = [check_line(line).strip() for line in value]
        if not all(lines):
            raise PydanticCustomError("line_empty", "A line is empty.")
        if len(set(lines)) != len(lines):
            raise PydanticCustomError("line_twice", "A line occurs twice.")
        return lines

    return _part(
        Field(default_factory=list, max_length=max_items),
        Meta(label, "lines", help, required=required, max_items=max_items, max_length=max_length),
        AfterValidator(check),
    )


def Items(label: Label, *, max_items: int = 24, help: Label = "", required: bool = False) -> Any:
    """Return a list of parts; annotate it with `list[YourPart]`."""
    return _part(
        Field(default_factory=list, max_length=max_items),
        Meta(label, "items", help, required=required, max_items=max_items),
    )


class LinkValue(Part):
    """Words and where they lead."""

    label: str = Text(_("Text"), 60, inline=True)
    href: str = _part(
        Field(default="", max_length=500),
        Meta(_("Leads to"), "href", translatable=False, max_length=500),
        AfterValidator(check_href),
    )

    def __bool__(self) -> bool:
        """A link without words isn't shown."""
        return bool(self.label)


def Link(label: Label, *, help: Label = "", required: bool = False) -> Any:
    """Return words with a link; annotate it with `LinkValue`."""
    return _part(Field(default_factory=LinkValue), Meta(label, "link", help, required=required))


def Anchor() -> Any:
    """Return the name by which links on the same page reach a block: `#contact`."""
    return Text(
        _("Name for links"),
        40,
        pattern=ANCHOR,
        help=_("Small letters, digits and hyphens. A link to #contact leads to the block named contact."),
    )


def slug_of(text: str) -> str:
    """Return `text` as an identifier: small letters, digits and underscores, starting with a letter; may be empty."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_text).strip("_").lstrip("0123456789_")[:32]
