"""What a block is: a pydantic definition that registers itself by its type."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, get_args

from django.conf import settings
from django.utils.functional import Promise
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sites.schema.parts import Part

REGISTRY: dict[str, type[Block]] = {}
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
BlockId = Annotated[str, Field(pattern=r"^[a-z0-9]{8,26}$", title="Id")]


def new_id() -> str:
    """Return a fresh block id of 12 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


class Block(Part):
    """One block of a page. A subclass states its parts, `type`, `title`, `icon` and `template`.

    Raise `version` and write `upgrade` when the shape of stored blocks changes; add the old shape to
    `tests/data/blocks/<type>-<version>.json`.
    """

    version: ClassVar[int] = 1
    title: ClassVar[str | Promise]
    summary: ClassVar[str | Promise] = ""  # a few words for the picker
    icon: ClassVar[str] = "layout-template"
    template: ClassVar[str]

    id: BlockId
    v: int = Field(default=1, title="Version", description="The version of the block's shape.")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the block under its type; a class without a type is an intermediate base."""
        super().__pydantic_init_subclass__(**kwargs)
        if "type" in cls.model_fields:
            REGISTRY[cls.type_name()] = cls

    @classmethod
    def type_name(cls) -> str:
        """Return the value of `type` in stored content."""
        return str(get_args(cls.model_fields["type"].annotation)[0])

    @classmethod
    def thumb(cls) -> str:
        """Return the template of the small drawing in the picker; empty when there is none, the icon stands there."""
        name = f"blocks/thumbs/{cls.type_name()}.svg"
        return name if (settings.BASE_DIR / "templates" / name).exists() else ""

    @classmethod
    def upgrade(cls, data: dict[str, Any], from_version: int) -> dict[str, Any]:
        """Return stored `data` of an older version in today's shape."""
        return data

    @model_validator(mode="before")
    @classmethod
    def _current(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        stored = data.get("v", 1)
        if type(stored) is not int or stored < 1 or stored > cls.version:
            raise PydanticCustomError("version_unknown", "Made by a newer version.")
        if stored < cls.version:
            data = cls.upgrade(dict(data), stored)
        return {**data, "v": cls.version}

    @classmethod
    def new(cls, id: str = "") -> Self:
        """Return a blank block, as it is when someone adds it to a page."""
        return cls.model_validate({"id": id or new_id(), **cls.blank()})

    @classmethod
    def sample(cls, id: str = "") -> Self:
        """Return a filled block: for the picker, the docs and the tests."""
        return cls.model_validate({"id": id or new_id(), **cls.example()})

    @classmethod
    def blank(cls) -> Mapping[str, Any]:
        """Return what a new block starts with, besides the defaults."""
        return {}

    @classmethod
    def example(cls) -> Mapping[str, Any]:
        """Return content that shows every part of the block."""
        return {}

    def dump(self) -> dict[str, Any]:
        """Return the block as it is stored: JSON-ready, with its type."""
        return self.model_dump(mode="json")

    # What the renderer and the publish check ask of a block; most blocks need no answer of their own.

    def heading_text(self) -> str:
        """Return the words of the block's heading, or an empty string."""
        return str(getattr(self, "heading", ""))

    def shown_too(self, scene: Any) -> Mapping[str, Any]:
        """Return more names for the template. `scene` is the `sites.blocks.scene.Scene` it is rendered in."""
        return {}

    def problems(self) -> list[tuple[str, str]]:
        """Return (path, message) of what stops publishing and that no part can know by itself."""
        return []
