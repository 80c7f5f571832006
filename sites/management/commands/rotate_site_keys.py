"""`manage.py rotate_site_keys --all | --site ID …`: new key pairs for sites, see docs/encryption.md."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sites.models import Site
from sites.services import keys
from webanizr.core import tenancy
from webanizr.core.tasks import tenant_ids


class Command(BaseCommand):
    """Replaces key pairs; the worker then seals the intake keys again and destroys the old private halves."""

    help = "Give sites a new key pair; what is stored stays readable, the old private keys are destroyed an hour later."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which sites."""
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--all", action="store_true", help="every site of every account")
        chosen.add_argument("--site", type=uuid.UUID, action="append", help="a site's id; may be given again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, a transaction for each site."""
        wanted = None if options["all"] else set(options["site"])
        done: set[uuid.UUID] = set()
        for account_id in tenant_ids():
            with tenancy.tenant(account_id):
                found = list(Site.objects.all() if wanted is None else Site.objects.filter(id__in=wanted))
            for site in found:
                with tenancy.tenant(account_id):
                    keys.rotate_site_key(site=site, actor=None)
                done.add(site.id)
        if missing := (wanted or set()) - done:
            raise CommandError(f"There is no site {', '.join(map(str, sorted(missing)))}.")
        if options["verbosity"]:
            self.stdout.write(f"{len(done)} sites have a new key pair")
