"""`manage.py privacy_statement`: print the statement, say whether it differs from what was published, publish it."""

from __future__ import annotations

import difflib
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.selectors.statement import latest
from privacy.services import statement
from privacy.statement import content


class Command(BaseCommand):
    """Print, compare or publish the privacy statement. Publishing needs WEBANIZR_SERVICE=worker."""

    help = "Print the privacy statement with its tables; --check compares it with the published version."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the language and what to do."""
        parser.add_argument("--language", choices=list(content.LANGUAGES), default="nl")
        parser.add_argument("--check", action="store_true", help="show what changed; exit 1 when something did")
        parser.add_argument("--publish", action="store_true", help="publish it and mail the members what changed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked."""
        now_lines = content.lines(content.whole()[options["language"]])
        if options["publish"]:
            version = statement.publish_statement(now=timezone.now(), again=True)
            self.stdout.write(f"published version {version.number}" if version else "nothing has changed")
        elif options["check"]:
            before = latest()
            if before is None:
                raise CommandError("No version has been published yet.")
            if before.digest != content.digest(content.whole()):
                old = content.lines(before.content[options["language"]])
                self.stdout.writelines(f"{line}\n" for line in difflib.unified_diff(old, now_lines, lineterm="", n=0))
                sys.exit(1)
            self.stdout.write(f"the same as version {before.number}")
        else:
            self.stdout.write("\n".join(now_lines))
