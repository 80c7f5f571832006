"""`manage.py replay_erasures`: after a restored backup, do again every erasure, and every no, that the ledger knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy.erasure import ledger
from privacy.erasure.replay import Incomplete, replay


class Command(BaseCommand):
    """Follow the ledger. Runs as the eraser (WEBANIZR_SERVICE=eraser)."""

    help = "After a restored backup: erase and stop again what the ledger says, so that the product may be ready."

    def handle(self, *args: Any, **options: Any) -> None:
        """Follow line by line; exit 1 when something stands still."""
        if settings.SERVICE != "eraser":
            raise CommandError("Only the eraser may do this: WEBANIZR_SERVICE=eraser.")
        self.stdout.write(f"{ledger.ahead()} lines to follow")
        try:
            for seq, done in replay():
                self.stdout.write(f"line {seq}: {done}")
        except Incomplete as error:
            raise CommandError(f"{error}. The product stays closed; mend the cause and run this again.") from error
        self.stdout.write("the ledger has been followed")
