"""A form's fields as a whole: reading the definition, reading what a visitor sent, and what stops publishing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Union

from django.utils.translation import gettext as _
from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from sites.fields.base import REGISTRY, RESERVED, Field, Refused
from sites.schema.problems import ContentError, Problem, explain

MAX_FIELDS = 100
MAX_BYTES = 256 * 1024
MAX_TOTAL = 100_000  # characters in all answers of one submission together


def _ids(fields: list[Field]) -> list[Field]:
    if len({field.id for field in fields}) != len(fields):
        raise PydanticCustomError("id_twice", "Two fields have the same id.")
    if any(field.id in RESERVED for field in fields):
        raise PydanticCustomError("id_reserved", "This id is used by the form itself.")
    return fields


@cache
def _adapters(kinds: tuple[type[Field], ...]) -> tuple[TypeAdapter[Any], TypeAdapter[Any]]:
    any_field = Annotated[Union[kinds], PydanticField(discriminator="type")]  # type: ignore[valid-type]  # noqa: UP007  made at run time
    field_list = Annotated[list[any_field], PydanticField(max_length=MAX_FIELDS), AfterValidator(_ids)]
    return TypeAdapter(any_field), TypeAdapter(field_list)


def adapters() -> tuple[TypeAdapter[Any], TypeAdapter[Any]]:
    """Return (adapter for one field, adapter for a form's list of fields) for the types that exist now."""
    return _adapters(tuple(REGISTRY.values()))


def _validate(adapter: TypeAdapter[Any], data: object, tag_at: int) -> Any:
    try:
        if len(json.dumps(data)) > MAX_BYTES:
            raise ContentError([{"loc": [], "message": _("The form is too big to store.")}])
        return adapter.validate_python(data, strict=True)
    except ValidationError as error:
        raise ContentError(explain(error, tag_at=tag_at)) from None
    except RecursionError:
        raise ContentError([{"loc": [], "message": _("The content is nested too deeply.")}]) from None
    except (TypeError, ValueError):
        raise ContentError([{"loc": [], "message": _("This value is not possible here.")}]) from None


def read(data: object) -> list[Field]:
    """Return the checked fields of a form (a list of definitions). Raises ContentError with every problem."""
    fields: list[Field] = _validate(adapters()[1], data, tag_at=1)
    return fields


def read_field(data: object) -> Field:
    """Return one checked field. Raises ContentError."""
    field: Field = _validate(adapters()[0], data, tag_at=0)
    return field


def dump(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Return a form's fields as they are stored."""
    return [field.dump() for field in fields]


def validate(data: object) -> list[dict[str, Any]]:
    """Return checked definitions as they are stored. Raises ContentError."""
    return dump(read(data))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a form's list of fields, with labels in the active language."""
    return adapters()[1].json_schema()


def clean_submission(
    fields: Sequence[Field], data: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return (answers by field id, messages by field id) of what a visitor sent.

    `data` is what the browser sent: every value of every name, as `QueryDict.lists()` gives it. Names that are no field
    are left alone. Answers are JSON-ready: text, list of texts, bool or None. Nothing typed is lost: show `data` again.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    total = 0
    for field in fields:
        sent = data.get(field.id, ())
        try:
            values[field.id] = field.clean(sent)
        except Refused as refused:
            errors[field.id] = str(refused)
        for value in sent:
            total += len(value) if isinstance(value, str) else 0
        if total > MAX_TOTAL and field.id not in errors:
            errors[field.id] = _("All answers together are too long. Shorten this one.")
    return values, errors


def display(fields: Sequence[Field], answers: Mapping[str, Any]) -> list[tuple[Field, str]]:
    """Return (field, answer in words) for every field, in order; an empty string where nothing was filled in."""
    return [(field, field.display(answers.get(field.id))) for field in fields]


def publish_problems(fields: Sequence[Field]) -> list[Problem]:
    """Return what stops a form from going online. `Problem.block_id` is the field's id, empty for the form itself."""
    if not fields:
        return [Problem("", "", _("This form has no fields yet."))]
    found = [problem for field in fields for problem in field.publish_problems()]
    asks = [field for field in fields if field.type_name() == "consent"]
    for field in fields:
        if field.personal == "special" and not any(ask.required for ask in asks):
            text = _("Special data needs a consent field that has to be ticked on the same form.")
            found.append(Problem(field.id, "personal", text))
        elif field.personal == "ordinary" and field.legal_basis == "consent" and not asks:
            found.append(
                Problem(field.id, "legal_basis", _("Consent has to be given: add a consent field to this form."))
            )
    return found
