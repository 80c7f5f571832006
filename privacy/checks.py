"""The check that stops `check`, `migrate`, tests and start-up while a column is missing from the data map."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from privacy.datamap import data_map
from privacy.paths import broken_rules, out_of_reach

HINT = "Declare it in the application's personal_data.py: see docs/data-map.md."


@register("privacy")
def data_map_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every column is declared and can be reached, and every declaration and rule has its column."""
    data_map.load()
    missing = [Error(f"{name} is not in the data map.", hint=HINT, id="privacy.E001") for name in data_map.undeclared()]
    stale = [
        Error(f"The data map declares {name}, which does not exist.", hint=HINT, id="privacy.E002")
        for name in data_map.unknown()
    ]
    if missing or stale:
        return [*missing, *stale]
    return [
        *(
            Error(f"{name} is personal, and nothing says how a person's rows are found.", hint=HINT, id="privacy.E003")
            for name in out_of_reach()
        ),
        *(
            Error(f"A rule of the data map names {name}, which isn't a declared column.", hint=HINT, id="privacy.E004")
            for name in broken_rules()
        ),
    ]
