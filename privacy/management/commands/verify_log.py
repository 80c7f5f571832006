"""`manage.py verify_log`: recount the log of access, of every account or of one, and compare it with its copies."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.selectors import log
from webanizr.core import tenancy
from webanizr.core.tasks import tenant_ids


class Command(BaseCommand):
    """Say for each account whether its log is whole; the exit code is 1 when one isn't."""

    help = "Recount the log of access and compare it with the copies outside the database."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --account."""
        parser.add_argument("--account", type=uuid.UUID, help="only this account's log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line an account that has a log; raises CommandError when one is broken."""
        broken = 0
        for account_id in [options["account"]] if options["account"] else tenant_ids():
            with tenancy.tenant(account_id):
                found = log.verify(account_id)
            if not (found.lines or found.copies or options["account"]):
                continue
            state = "whole" if found.whole else f"BROKEN at line {found.broken_at}"
            self.stdout.write(f"{account_id}: {found.lines} lines, {state}, {found.copies} copies, head {found.head}")
            broken += not found.whole
        if broken:
            raise CommandError(f"{broken} log(s) were changed.")
