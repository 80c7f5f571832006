"""`manage.py privacy_map`: print the data map: every column, and how its rows are found, exported and erased."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy.datamap import Declaration, NotPersonal, Path, Term, data_map
from privacy.paths import paths_of


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
            ways = "; ".join(_way(path) for path in paths_of(label))
            terms = "; ".join(_term(term) for term in data_map.terms[label])
            for name, declaration in fields.items():
                who = ", ".join(each.name for each in data_map.recipients(label, name))
                self._line(f"{label}.{name}", declaration, options["personal"], ways=ways, terms=terms, who=who)
        for place in data_map.places:
            ways = "; ".join(f"{scope.value} by {prefix}" for scope, prefix in place.where.items())
            self._line(f"{place.kind}:{place.name}", place.declaration, options["personal"], ways=ways)

    def _line(
        self, name: str, declaration: Declaration, personal_only: bool, *, ways: str, terms: str = "", who: str = ""
    ) -> None:
        if isinstance(declaration, NotPersonal):
            if not personal_only:
                self.stdout.write(f"{name}: - ({declaration.reason})")
            return
        words = (declaration.subject.value, declaration.purpose, declaration.basis.value, declaration.retention)
        self.stdout.write(f"{name}: {'; '.join(str(word) for word in words)}")
        self.stdout.write(
            f"    export: {'yes' if declaration.exported else f'no ({declaration.withheld})'}; to: {who or 'nobody'}"
        )
        self.stdout.write(f"    erase: {declaration.erase.value}; found: {ways or '-'}; term: {terms or '-'}")


def _way(path: Path) -> str:
    through = f" of {path.through[0]}" if path.through else ""
    return f"{path.scope.value} by {path.column}{through}{' (unlink)' if path.unlink else ''}"


def _term(term: Term) -> str:
    days = f" + {term.days} days" if term.days else ""
    return f"{term.column}{days}{f' ({term.by})' if term.by else ''}"
