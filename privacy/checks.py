"""The check that stops `check`, `migrate`, tests and start-up while a column is missing from the data map."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from privacy.datamap import data_map

HINT = "Declare it in the application's personal_data.py: see docs/data-map.md."


@register("privacy")
def data_map_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every column is declared, and every declaration has its column."""
    data_map.load()
    missing = [Error(f"{name} is not in the data map.", hint=HINT, id="privacy.E001") for name in data_map.undeclared()]
    stale = [
        Error(f"The data map declares {name}, which does not exist.", hint=HINT, id="privacy.E002")
        for name in data_map.unknown()
    ]
    return [*missing, *stale]
