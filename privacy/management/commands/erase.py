"""`manage.py erase`: ask for an erasure by number, run what is due, or show how far erasures are."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.datamap import Scope
from privacy.erasure import engine
from privacy.models import ErasureRequest
from privacy.services.erasure import ErasureError, request_erasure
from webanizr.core import tenancy

REFUSED = {
    "already": "This is being erased already: manage.py erase shows how far it is.",
    "only_owner": "This person is the only owner of an account: first make somebody else owner, or erase the account.",
}


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
        if settings.SERVICE != "eraser":
            raise CommandError("Only the eraser may do this: WEBANIZR_SERVICE=eraser.")
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
        elif options["now"]:
            raise CommandError("--now says when, not what: name --account, --user or --site too.")
        else:
            return None
        with tenancy.tenant(account or tenancy.PLATFORM_ACCOUNT, user_id=key if scope is Scope.USER else None):
            label = {Scope.ACCOUNT: "accounts.Account", Scope.USER: "accounts.User", Scope.SITE: "sites.Site"}[scope]
            row = apps.get_model(label)._default_manager.filter(pk=key).first()
            if row is None:
                raise CommandError(f"There is no {scope.value} {key}.")
            person = {"name": row.name, "email": row.email, "language": "nl"} if scope is Scope.USER else None
            if scope is not Scope.USER:
                person = self._owner(account)
            try:
                return request_erasure(
                    scope=scope,
                    subject_id=key,
                    account_id=account,
                    actor_id=key if scope is Scope.USER else None,  # who wrote to us sees how far it is
                    contact=person,
                    now=timezone.now(),
                    at_once=options["now"],
                    pause=False,
                )
            except ErasureError as error:
                raise CommandError(REFUSED.get(str(error), str(error))) from error

    def _owner(self, account_id: uuid.UUID) -> dict[str, str] | None:
        """Return who gets the certificate: the account's oldest owner."""
        members = apps.get_model("accounts.Membership")._default_manager.filter(account_id=account_id, role="owner")
        oldest = members.select_related("user", "account").order_by("created_at").first()
        if oldest is None:
            return None
        return {"name": oldest.user.name, "email": oldest.user.email, "language": oldest.account.language}
