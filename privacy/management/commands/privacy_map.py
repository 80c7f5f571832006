"""`manage.py privacy_map`: print the data map, one line a column."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy.datamap import Declaration, NotPersonal, data_map


class Command(BaseCommand):
    """Print what is kept where, whose it is, what for and how long."""

    help = "Print the data map: every column of every table, and every other place."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --personal."""
        parser.add_argument("--personal", action="store_true", help="only personal data")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the lines."""
        data_map.load()
        for label, fields in sorted(data_map.columns.items()):
            for name, declaration in fields.items():
                self._line(f"{label}.{name}", declaration, options["personal"])
        for place in data_map.places:
            self._line(f"{place.kind}:{place.name}", place.declaration, options["personal"])

    def _line(self, name: str, declaration: Declaration, personal_only: bool) -> None:
        if isinstance(declaration, NotPersonal):
            if not personal_only:
                self.stdout.write(f"{name}: - ({declaration.reason})")
            return
        words = (declaration.subject.value, declaration.purpose, declaration.basis.value, declaration.retention)
        self.stdout.write(f"{name}: {'; '.join(str(word) for word in words)}; {declaration.erase.value}")
