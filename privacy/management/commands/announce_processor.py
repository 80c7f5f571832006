"""`manage.py announce_processor PARTY --kind added --from 2027-01-15 --nl … --en …`: tell every customer beforehand."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from privacy.models import ProcessorChange
from privacy.subprocessors import NOTICE_DAYS


class Command(BaseCommand):
    """Announce a change of processors. Only deployments can: no service's login writes the table."""

    help = f"Announce a new, changed or stopping processor, at least {NOTICE_DAYS} days beforehand."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the party, what changes, from when, and the words in both languages."""
        parser.add_argument("party")
        parser.add_argument("--kind", choices=ProcessorChange.Kind.values, required=True)
        parser.add_argument("--from", dest="day", type=datetime.date.fromisoformat, required=True)
        parser.add_argument("--nl", required=True)
        parser.add_argument("--en", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Store it and queue the mails; raises CommandError for a day that is too near."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL row_security = on")
                cursor.execute(
                    "SELECT announce_processor_change(%s, %s, %s, %s, %s)",
                    [options["party"], options["kind"], options["nl"], options["en"], options["day"]],
                )
        except DatabaseError as error:
            if getattr(error.__cause__, "pgcode", "") == "WZ010":
                raise CommandError(f"A change is announced {NOTICE_DAYS} days beforehand.") from error
            raise CommandError(f"Not possible under this database login: {type(error).__name__}.") from error
        self.stdout.write(f"announced: {options['party']}, from {options['day']}")
