"""`manage.py erase`: ask for an erasure by number, run what is due, or show how far erasures are."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.datamap import Scope
from privacy.erasure import engine
from privacy.models import ErasureRequest
from privacy.services.erasure import ErasureError, request_erasure
from webanizr.core import tenancy


class Command(BaseCommand):
    """Erase an account, a person or a website. Runs as the eraser (WEBANIZR_SERVICE=eraser)."""

    help = "Erase by number: --account, --user or --site; without any of them, run what is due and list what is open."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to erase, and when."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--account", type=uuid.UUID)
        what.add_argument("--user", type=uuid.UUID)
        what.add_argument("--site", nargs=2, type=uuid.UUID, metavar=("ACCOUNT", "SITE"))
        parser.add_argument("--now", action="store_true", help="without the seven days to reconsider")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, run, show."""
        request = self._ask(options)
        try:
            engine.advance(only=request.id if request else None)
        except engine.Stopped as error:
            raise CommandError(str(error)) from error
        shown = ErasureRequest.objects.exclude(state__in=["done", "withdrawn"])
        if request is not None:
            shown = ErasureRequest.objects.filter(id=request.id)
        for each in shown.order_by("requested_at"):
            self.stdout.write(f"{each.reference} {each.scope} {each.state}, at the latest {each.deadline:%Y-%m-%d}")
            for step in each.steps.order_by("position"):
                cause = f" ({step.cause})" if step.cause else ""
                self.stdout.write(f"    {step.kind:8} {step.target:40} {step.state}{cause}")

    def _ask(self, options: dict[str, Any]) -> ErasureRequest | None:
        if options["account"]:
            scope, key, account = Scope.ACCOUNT, options["account"], options["account"]
        elif options["user"]:
            scope, key, account = Scope.USER, options["user"], None
        elif options["site"]:
            scope, (account, key) = Scope.SITE, options["site"]
        else:
            return None
        with tenancy.tenant(account or tenancy.PLATFORM_ACCOUNT, user_id=key if scope is Scope.USER else None):
            label = {Scope.ACCOUNT: "accounts.Account", Scope.USER: "accounts.User", Scope.SITE: "sites.Site"}[scope]
            row = apps.get_model(label)._default_manager.filter(pk=key).first()
            if row is None:
                raise CommandError(f"There is no {scope.value} {key}.")
            person = {"name": row.name, "email": row.email, "language": "nl"} if scope is Scope.USER else None
            try:
                return request_erasure(
                    scope=scope,
                    subject_id=key,
                    account_id=account,
                    actor_id=None,
                    contact=person,
                    now=timezone.now(),
                    at_once=options["now"],
                    pause=False,
                )
            except ErasureError as error:
                raise CommandError("This is being erased already.") from error
