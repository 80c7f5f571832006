"""The settings form of a definition: an ordinary Django form, made from the parts, that works without script.

Names: `heading`, `button-label`, `items-count`, `items-2-question`. One submit button may carry `op`:
`add:items`, `remove:items:2`, `up:items:2`, `down:items:2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ValidationError

from sites.schema.parts import LinkValue, Meta, item_model, metas
from sites.schema.problems import explain
from sites.schema.source import from_source, to_source

T = TypeVar("T", bound=BaseModel)
OPERATIONS = re.compile(r"(add|remove|up|down):([a-z_]+)(?::(\d{1,3}))?")
RICH_HELP = _("Blank line: new paragraph. **bold**, *italic*, [words](https://link), lines with - make a list.")


@dataclass(frozen=True)
class Library:
    """What the owner can choose from: pictures and forms as (id, name)."""

    images: Sequence[tuple[str, str]] = ()
    forms: Sequence[tuple[str, str]] = ()


class RichField(forms.CharField):
    """Rich text as plain typing; what wasn't touched stays exactly as it was."""

    def prepare_value(self, value: Any) -> Any:
        """Return the typing that stands for a document."""
        return to_source(value) if isinstance(value, dict) else value


class LinesField(forms.CharField):
    """A list of short texts, one per line."""

    def prepare_value(self, value: Any) -> Any:
        """Return the lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines that aren't empty."""
        return [line.strip() for line in str(super().to_python(value)).splitlines() if line.strip()]


class TimeField(forms.CharField):
    """A time of day; 7:30, 7.30 and 730 are the same."""

    def to_python(self, value: Any) -> Any:
        """Return `07:30`, or what was typed when it isn't a time."""
        text = str(super().to_python(value)).strip()
        match = re.fullmatch(r"(\d{1,2})(?:[:.]?(\d{2}))?(?::\d{2})?(?: ?(?:uur|u))?", text)
        return f"{int(match[1]):02}:{match[2] or '00'}" if match else text


@dataclass
class ItemList:
    """The repeatable sub-forms of one list."""

    name: str
    meta: Meta
    prefix: str
    forms: list[PanelForm] = field(default_factory=list)

    @property
    def count_name(self) -> str:
        """Return the name of the hidden input that says how many there are."""
        return f"{self.prefix}-count"

    @property
    def full(self) -> bool:
        """Return whether no more can be added."""
        return self.meta.max_items is not None and len(self.forms) >= self.meta.max_items


@dataclass(frozen=True)
class Row:
    """One row of the panel: exactly one of `field`, `group` and `items` is set."""

    name: str
    meta: Meta
    field: forms.BoundField | None = None
    group: PanelForm | None = None
    items: ItemList | None = None


class PanelForm(forms.Form):
    """Base of every settings form; make one with `panel_form(definition)`."""

    model: ClassVar[type[BaseModel]]

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        instance: BaseModel | None = None,
        initial: Mapping[str, Any] | None = None,
        prefix: str | None = None,
        library: Library | None = None,
        nested: bool = False,
    ) -> None:
        self.instance, self.library, self.nested = instance, library or Library(), nested
        start = {**(panel_initial(instance) if instance else {}), **(initial or {})}
        super().__init__(data, initial=start, prefix=prefix)
        self.result: BaseModel | None = None
        self.groups: dict[str, PanelForm] = {}
        self.lists: dict[str, ItemList] = {}
        for name, meta in metas(self.model):
            if meta.widget == "link":
                self.groups[name] = self._sub(name, self.add_prefix(name), start.get(name))
            elif meta.widget == "items":
                self.lists[name] = self._list(name, meta, start.get(name) or [])
            elif meta.widget in ("image", "form"):
                self._offer(name, meta, start.get(name))

    def _sub(self, name: str, prefix: str, start: Any) -> PanelForm:
        form = panel_form(item_model(self.model, name))
        return form(
            self.data if self.is_bound else None, initial=start or {}, prefix=prefix, library=self.library, nested=True
        )

    def _list(self, name: str, meta: Meta, start: Sequence[Any]) -> ItemList:
        found = ItemList(name, meta, self.add_prefix(name))
        count = len(start)
        if self.is_bound and found.count_name in self.data:
            typed = str(self.data[found.count_name])
            count = (
                min(int(typed), (meta.max_items or 0) + 1)
                if typed.isascii() and typed.isdigit() and len(typed) < 6
                else 0
            )
        for index in range(count):
            initial = start[index] if index < len(start) else None
            found.forms.append(self._sub(name, f"{found.prefix}-{index}", initial))
        return found

    def _offer(self, name: str, meta: Meta, value: Any) -> None:
        offered = list(self.library.images if meta.widget == "image" else self.library.forms)
        if value and value not in {key for key, _name in offered}:
            offered.append((value, str(_("No longer there"))))
        choice = self.fields[name]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("None")), *offered]

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the panel in the order of the definition."""
        for name, meta in metas(self.model):
            if name in self.groups:
                yield Row(name, meta, group=self.groups[name])
            elif name in self.lists:
                yield Row(name, meta, items=self.lists[name])
            else:
                yield Row(name, meta, field=self[name])

    def nested_forms(self) -> Iterator[PanelForm]:
        """Yield the forms of groups and list items."""
        yield from self.groups.values()
        for found in self.lists.values():
            yield from found.forms

    def full_clean(self) -> None:
        """Clean the nested forms first, then this one, then the whole against the definition."""
        if self.is_bound:
            for form in self.nested_forms():
                form.full_clean()
        super().full_clean()

    def is_valid(self) -> bool:
        """Return whether this form and every nested one is in order."""
        return super().is_valid() and all(form.is_valid() for form in self.nested_forms())

    def clean(self) -> dict[str, Any]:
        """Return the values by part; the outermost form also checks them against the definition."""
        values: dict[str, Any] = {}
        for name, meta in metas(self.model):
            if name in self.groups:
                values[name] = self.groups[name].cleaned_data
            elif name in self.lists:
                values[name] = [form.cleaned_data for form in self.lists[name].forms]
            elif name in self.cleaned_data:
                values[name] = self._value(name, meta)
        if not self.nested:
            self._apply(values)
        return values

    def _value(self, name: str, meta: Meta) -> Any:
        value, before = self.cleaned_data[name], self.initial.get(name)
        if meta.widget != "toggle" and self.add_prefix(name) not in self.data:
            return (
                before if name in self.initial else self.model.model_fields[name].get_default(call_default_factory=True)
            )
        if meta.widget == "rich":
            unchanged = isinstance(before, dict) and value.replace("\r\n", "\n").strip() == to_source(before).strip()
            return before if unchanged else from_source(value)
        if meta.widget in ("image", "form"):
            return value or None
        return value

    def _apply(self, values: dict[str, Any]) -> None:
        operation = OPERATIONS.fullmatch(str(self.data.get("op", "")))
        if operation and operation[2] in self.lists:
            kind, name, at = operation[1], operation[2], int(operation[3] or -1)
            items = values[name]
            if kind == "add":
                blank = getattr(item_model(self.model, name), "blank_item", dict)
                items.append(blank())
            elif 0 <= at < len(items):
                moved = items.pop(at)
                if kind != "remove":
                    items.insert(max(0, at - 1) if kind == "up" else at + 1, moved)
        fixed = {"id": "panel0000"} if self.instance is None else {"id": getattr(self.instance, "id", "")}
        kind_default = self.model.model_fields.get("type")
        if kind_default is not None:
            fixed["type"] = kind_default.default
        try:
            result = self.model.model_validate({**fixed, **values})
            self.result = None if self.all_errors() else result
        except ValidationError as error:
            for problem in explain(error):
                self._blame(problem["loc"], problem["message"])

    def _blame(self, loc: Sequence[str | int], message: str) -> None:
        """Put a message at the field it is about, however deeply nested."""
        name = str(loc[0]) if loc else ""
        if name in self.groups:
            self.groups[name]._blame(loc[1:], message)
        elif name in self.lists and len(loc) > 1 and isinstance(loc[1], int) and loc[1] < len(self.lists[name].forms):
            self.lists[name].forms[loc[1]]._blame(loc[2:], message)
        else:
            self.add_error(name if name in self.fields else None, message)

    def save(self) -> Any:
        """Return the definition with the values of this form; only after `is_valid()`."""
        if self.result is None:
            raise ValueError("Call is_valid() first.")
        return self.result

    def all_errors(self) -> list[dict[str, Any]]:
        """Return every message as [{"loc": [...], "message": ...}], nested forms included."""
        found = []
        for name, messages in self.errors.items():
            loc: list[str | int] = [] if name == "__all__" else [name]
            found += [{"loc": loc, "message": str(text)} for text in messages]
        for name, group in self.groups.items():
            found += [{**item, "loc": [name, *item["loc"]]} for item in group.all_errors()]
        for name, items in self.lists.items():
            for index, form in enumerate(items.forms):
                found += [{**item, "loc": [name, index, *item["loc"]]} for item in form.all_errors()]
        return found


def _field(meta: Meta) -> forms.Field | None:
    common: dict[str, Any] = {"label": meta.label, "help_text": meta.help, "required": False}
    match meta.widget:
        case "text" | "href":
            return forms.CharField(max_length=meta.max_length, **common)
        case "long_text":
            return forms.CharField(max_length=meta.max_length, widget=forms.Textarea(attrs={"rows": 4}), **common)
        case "rich":
            common["help_text"] = meta.help or RICH_HELP
            return RichField(widget=forms.Textarea(attrs={"rows": 6}), strip=False, **common)
        case "lines":
            return LinesField(widget=forms.Textarea(attrs={"rows": 5}), **common)
        case "choice" | "icon" | "drawing":
            return forms.ChoiceField(choices=list(meta.choices.items()), **common)
        case "image" | "form":
            return forms.ChoiceField(choices=[], **common)
        case "toggle":
            return forms.BooleanField(**common)
        case "number":
            return forms.IntegerField(min_value=meta.minimum, max_value=meta.maximum, **common)
        case "time":
            return TimeField(widget=forms.TextInput(attrs={"type": "time"}), **common)
    return None


@cache
def panel_form(model: type[BaseModel]) -> type[PanelForm]:
    """Return the settings form of a definition (a block, a field, a list's item)."""
    made: dict[str, Any] = {"model": model, "__module__": __name__}
    for name, meta in metas(model):
        if (made_field := _field(meta)) is not None:
            made[name] = made_field
    return type(f"{model.__name__}Panel", (PanelForm,), made)


def panel_initial(part: BaseModel) -> dict[str, Any]:
    """Return the values a settings form starts with."""
    values: dict[str, Any] = {}
    for name, meta in metas(type(part)):
        value = getattr(part, name)
        if meta.widget == "items":
            values[name] = [panel_initial(item) for item in value]
        elif isinstance(value, LinkValue):
            values[name] = panel_initial(value)
        else:
            values[name] = value
    return values


def panel_apply(part: T, cleaned: Mapping[str, Any]) -> T:
    """Return a copy of a block or field with the cleaned values of its settings form.

    Raises pydantic's ValidationError for values the definition refuses.
    """
    kept = {name: getattr(part, name) for name in type(part).model_fields if name not in dict(metas(type(part)))}
    kept.pop("v", None)
    return type(part).model_validate({**kept, **panel_initial(part), **cleaned})
