"""Who outside Webanizr may be sent what: each processor declares its addresses, purposes and fields, once.

Serves promises 06 and 07. `webanizr.core.net` sends nothing else; the data map (`privacy.datamap`) shows the same list
to people. A processor is declared in its application's `personal_data.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Rate:
    """A token bucket: so many requests a second, and so many at once after a pause."""

    per_second: float
    burst: int = 1


@dataclass(frozen=True)
class Field:
    """One thing about a person that a processor may get.

    Args: name: short key, kept in every transfer ("email"); label: what a person reads; wire: the names under which
    the provider's protocol carries it, as `net` sees them: a key of the body, the query or the path, nested keys with
    dots ("attributes.FIRSTNAME"), lists left out; source: columns of the data map that it comes from.
    """

    name: str
    label: Text
    wire: tuple[str, ...]
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Processor:
    """A party outside Webanizr that gets data.

    Args: key: short name, kept in every transfer; name: as the world knows it; base_url: function that returns the
    address of its API, "" while it is switched off; does: what it is for; purposes: why a request is made, by key;
    fields: all that may be sent about a person; technical: further names in requests, none of them about a person;
    location: where it keeps data; agreement: address of its data processing agreement; rates: token bucket by name,
    with at least "default"; objectable: purposes to which a person may say no (`webanizr.core.objections`).
    """

    key: str
    name: str
    base_url: Callable[[], str]
    does: Text
    purposes: Mapping[str, Text]
    fields: tuple[Field, ...]
    technical: frozenset[str]
    location: Text
    agreement: str = ""
    rates: Mapping[str, Rate] = field(default_factory=lambda: {"default": Rate(5, 5)})
    objectable: frozenset[str] = frozenset()

    def address(self) -> SplitResult:
        """Return the parts of the API's address; scheme and host are empty while it is switched off."""
        return urlsplit(self.base_url())

    @property
    def enabled(self) -> bool:
        """Whether it has an address."""
        return bool(self.base_url())

    def field_of(self, wire_name: str) -> str | None:
        """Return the declared name of what `wire_name` carries, "" for something technical, None when undeclared."""
        for each in self.fields:
            if wire_name in each.wire:
                return each.name
        return "" if wire_name in self.technical else None

    def labels(self, names: Iterable[str]) -> list[Text]:
        """Return what a person reads for each field name."""
        known = {each.name: each.label for each in self.fields}
        return [known.get(name, name) for name in names]


REGISTRY: dict[str, Processor] = {}


def declare(processor: Processor) -> Processor:
    """Put a processor on the one list; raises ValueError when its key is taken by another one."""
    if REGISTRY.setdefault(processor.key, processor) is not processor:
        raise ValueError(f"The processor {processor.key} is declared twice.")
    return processor
