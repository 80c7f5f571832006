"""A page's content as a whole: reading what is stored or sent, storing it again, what stops publishing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union

from django.utils.translation import gettext as _
from pydantic import Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from sites.blocks.base import REGISTRY, Block
from sites.blocks.inputs import AssetInput
from sites.schema import rich
from sites.schema.links import check_href
from sites.schema.parts import LinkValue, Part, walk
from sites.schema.problems import ContentError, Problem, explain

SCHEMA_VERSION = 1
MAX_BLOCKS = 200
MAX_BYTES = 512 * 1024


@cache
def _models(kinds: tuple[type[Block], ...]) -> tuple[Any, type[Any]]:
    any_block = Annotated[Union[kinds], Field(discriminator="type")]  # type: ignore[valid-type]  # noqa: UP007  made at run time

    class Content(Part):
        """A page's content."""

        schema_version: Literal[1] = 1
        blocks: list[any_block] = Field(default_factory=list, max_length=MAX_BLOCKS)

        @field_validator("blocks")
        @classmethod
        def _ids(cls, blocks: list[Block]) -> list[Block]:
            if len({block.id for block in blocks}) != len(blocks):
                raise PydanticCustomError("id_twice", "Two blocks have the same id.")
            return blocks

    return TypeAdapter(any_block), Content


def models() -> tuple[TypeAdapter[Any], type[Any]]:
    """Return (adapter for one block, model of a page's content) for the blocks that exist now."""
    adapter, content = _models(tuple(REGISTRY.values()))
    return adapter, content


def _measure(data: object) -> None:
    try:
        size = len(json.dumps(data, ensure_ascii=True))
    except RecursionError:
        raise ContentError([{"loc": [], "message": _("The content is nested too deeply.")}]) from None
    except (TypeError, ValueError):
        raise ContentError([{"loc": [], "message": _("This value is not possible here.")}]) from None
    if size > MAX_BYTES:
        raise ContentError([{"loc": [], "message": _("The page is too big to store. Divide it over more pages.")}])


def read(data: object) -> list[Block]:
    """Return the blocks of a page's content, checked and upgraded to today's shapes.

    Raises ContentError with every problem found (at most 50).
    """
    _measure(data)
    try:
        content = models()[1].model_validate(data)
    except ValidationError as error:
        raise ContentError(explain(error, tag_at=2)) from None
    except RecursionError:
        raise ContentError([{"loc": [], "message": _("The content is nested too deeply.")}]) from None
    return list(content.blocks)


def read_block(data: object) -> Block:
    """Return one block, checked and upgraded. Raises ContentError."""
    _measure(data)
    try:
        block: Block = models()[0].validate_python(data)
    except ValidationError as error:
        raise ContentError(explain(error, tag_at=0)) from None
    return block


def dump(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return a page's content as it is stored."""
    return {"schema_version": SCHEMA_VERSION, "blocks": [block.dump() for block in blocks]}


def validate(data: object) -> dict[str, Any]:
    """Return checked content as it is stored. Raises ContentError."""
    return dump(read(data))


def empty() -> dict[str, Any]:
    """Return the content of a page without blocks."""
    return dump([])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a page's content, with labels in the active language."""
    schema: dict[str, Any] = models()[1].model_json_schema()
    return schema


def asset_ids(blocks: Sequence[Block]) -> set[str]:
    """Return the ids of the pictures a page uses."""
    return {value for block in blocks for _p, meta, value, _o in walk(block) if meta.widget == "image" and value}


def form_ids(blocks: Sequence[Block]) -> set[str]:
    """Return the ids of the forms a page shows."""
    return {value for block in blocks for _p, meta, value, _o in walk(block) if meta.widget == "form" and value}


def links(blocks: Sequence[Block]) -> Iterator[tuple[Block, str, str]]:
    """Yield (block, path, href) of every link on a page."""
    for block in blocks:
        for path, meta, value, _owner in walk(block):
            if meta.widget == "href" and value:
                yield block, path, value
            elif meta.widget == "rich":
                for href in rich.links(value):
                    yield block, path, href


def place_of(blocks: Sequence[Block], block_id: str, path: str) -> str:
    """Return where something is in words, "FAQ · Answer"; the part is left out when the path names none."""
    block = next((block for block in blocks if block.id == block_id), None)
    if block is None:
        return ""
    label = next((str(meta.label) for at, meta, _value, _owner in walk(block) if at == path), "")
    return " · ".join(words for words in (str(block.title), label) if words)


def _missing(widget: str, value: Any) -> bool:
    if widget == "rich":
        return rich.is_empty(value)
    if isinstance(value, str):
        return not value.strip()
    return not value


def block_problems(
    block: Block, *, assets: Mapping[str, AssetInput] | None = None, forms: Collection[str] | None = None
) -> list[Problem]:
    """Return what stops one block from going online.

    Without `assets` (id: picture) and `forms` (ids) the checks that need them are left out.
    """
    found: list[Problem] = []

    def add(path: str, message: str) -> None:
        found.append(Problem(block.id, path, message))

    for path, meta, value, owner in walk(block):
        if meta.required and _missing(meta.widget, value):
            add(path, _("Fill this in, or remove it."))
        elif meta.widget == "link" and isinstance(value, LinkValue):
            if value.label.strip() and not value.href:
                add(f"{path}.href", _("This link leads nowhere yet."))
            elif value.href and not value.label.strip():
                add(f"{path}.label", _("This link has no words yet."))
        elif meta.widget == "rich" and any(not href for href in rich.links(value)):
            add(path, _("A link in this text leads nowhere yet."))
        elif meta.widget == "image" and value and assets is not None:
            if value not in assets:
                add(path, _("This picture is no longer in the library."))
            elif not assets[value].alt.strip():
                add(path, _("Describe what can be seen in this picture, for people who can't see it."))
        elif meta.widget == "form" and value and forms is not None and value not in forms:
            add(path, _("This form no longer exists."))
        del owner
    found += [Problem(block.id, path, message) for path, message in block.problems()]
    return found


def publish_problems(
    blocks: Sequence[Block],
    *,
    assets: Mapping[str, AssetInput] | None = None,
    forms: Collection[str] | None = None,
    paths: Collection[str] | None = None,
) -> list[Problem]:
    """Return what stops a page from going online. `paths` are the site's addresses, as `/contact`."""
    found = [problem for block in blocks for problem in block_problems(block, assets=assets, forms=forms)]
    if not blocks:
        return [Problem("", "", _("This page is empty. Add a block."))]
    if not any(block.heading_text().strip() for block in blocks):
        found.append(Problem(blocks[0].id, "heading", _("The page has no heading. Give one block a heading.")))
    names: set[str] = set()
    for block in blocks:
        anchor = str(getattr(block, "anchor", ""))
        if anchor and anchor in names:
            found.append(Problem(block.id, "anchor", _("Another block on this page has the same name for links.")))
        names.add(anchor or f"b-{block.id}")
    for block, path, href in links(blocks):
        if href.startswith("#") and href != "#" and href[1:] not in names:
            found.append(Problem(block.id, path, _("No block on this page is named %(name)s.") % {"name": href}))
        elif href == "#":
            found.append(Problem(block.id, path, _("This link leads nowhere yet.")))
        elif href.startswith("/") and paths is not None:
            path_only = check_href(href).split("#")[0].split("?")[0]
            if (path_only.rstrip("/") or "/") not in paths:
                found.append(
                    Problem(block.id, path, _("There is no page %(path)s on this site.") % {"path": path_only})
                )
    return found
