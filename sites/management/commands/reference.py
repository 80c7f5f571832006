"""`manage.py reference`: write the reference in docs/blocks.md and docs/fields.md from the definitions."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from sites.reference import documents


class Command(BaseCommand):
    """Write the reference of blocks and fields."""

    help = "Write the reference in docs/blocks.md and docs/fields.md."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        """Write both documents."""
        for path, text in documents().items():
            path.write_text(text)
            self.stdout.write(f"{path.name}: {len(text.splitlines())} lines")
