"""The check behind promise 01: signing up asks a name and an e-mail address, and a person has nothing else."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

COLUMNS = {"id", "name", "email"}
FIELDS = {"name", "email"}


@register("privacy")
def only_name_and_address(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`User` has a key and two columns, the sign-up form two fields."""
    from accounts.forms import SignupForm
    from accounts.models import User

    problems: list[CheckMessage] = []
    columns = {field.name for field in User._meta.local_concrete_fields}
    if columns != COLUMNS:
        problems.append(
            Error(
                f"accounts.User has other columns than promised: {', '.join(sorted(columns ^ COLUMNS))}.",
                hint="The privacy statement promises a name and an e-mail address. See docs/data-map.md.",
                id="accounts.E001",
            )
        )
    fields = set(SignupForm.base_fields) - {"username"}
    if fields != FIELDS:
        problems.append(
            Error(
                f"The sign-up form asks something else than promised: {', '.join(sorted(fields ^ FIELDS))}.",
                hint="The privacy statement promises a name and an e-mail address.",
                id="accounts.E002",
            )
        )
    return problems
