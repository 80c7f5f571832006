"""`manage.py staff add ADDRESS --name NAME --team support`: let somebody into the staff service (as the migrator)."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from accounts.models import StaffMember


class Command(BaseCommand):
    """Add or remove staff. Only deployments can: no service's login writes the staff table."""

    help = "Add or remove somebody who works at Webanizr."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the act, the address, name and team."""
        parser.add_argument("act", choices=["add", "remove"])
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--team", choices=StaffMember.Team.values, default=StaffMember.Team.SUPPORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; raises CommandError under another login than the migrator's."""
        email = options["email"].strip().lower()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL row_security = on")
                cursor.execute(
                    "SELECT staff_set(%s, %s, %s, %s)",
                    [
                        email,
                        options["name"] or email.split("@")[0],
                        options["team"],
                        options["act"] == "add",
                    ],
                )
                user_id: uuid.UUID = cursor.fetchone()[0]
        except DatabaseError as error:
            raise CommandError(f"Not possible under this database login: {type(error).__name__}.") from error
        self.stdout.write(f"{options['act']}: {user_id}")
