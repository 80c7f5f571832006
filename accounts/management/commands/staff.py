"""`manage.py staff add ADDRESS --name NAME --team support`: let somebody into the staff service (as the migrator)."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import StaffMember

CODE_HOURS = 72


class Command(BaseCommand):
    """Add or remove staff, or let one start over with new keys. Only deployments can: no service's login may."""

    help = "Add or remove somebody who works at Webanizr, or reset their passkeys and authenticator."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the act, the address, name and team."""
        parser.add_argument("act", choices=["add", "reset", "remove"])
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--team", choices=StaffMember.Team.values, default=StaffMember.Team.SUPPORT)
        parser.add_argument("--code", default="", help="the enrolment code; local runs only, random otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print the enrolment code; raises CommandError under another login than the migrator's."""
        email, act = options["email"].strip().lower(), options["act"]
        if options["code"] and not settings.LOCAL:
            raise CommandError("An enrolment code is random, except in local runs.")
        code = options["code"] or secrets.token_urlsafe(12)
        until = timezone.now() + timedelta(hours=CODE_HOURS)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL row_security = on")
                cursor.execute(
                    "SELECT staff_set(%s, %s, %s, %s)",
                    [email, options["name"] or email.split("@")[0], options["team"], act != "remove"],
                )
                user_id: uuid.UUID = cursor.fetchone()[0]
                cursor.execute(
                    "SELECT staff_enrol(%s, %s, %s, %s)",
                    [
                        str(user_id),
                        None if act == "remove" else hashlib.sha256(code.encode()).digest(),
                        None if act == "remove" else until,
                        act != "add",
                    ],
                )
        except DatabaseError as error:
            raise CommandError(f"Not possible under this database login: {type(error).__name__}.") from error
        self.stdout.write(f"{act}: {user_id}")
        if act != "remove":
            self.stdout.write(f"enrolment code, good for {CODE_HOURS} hours: {code}")
