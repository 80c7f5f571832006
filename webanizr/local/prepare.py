"""`python -m webanizr.local.prepare`: brings the schema up to date, as the migrator, before the services start."""

from __future__ import annotations

import sys

import django
from django.core.management import call_command


def main(*arguments: str) -> None:
    """Migrate; with --bucket make the bucket as well (the embedded S3's is made with it)."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    if "--bucket" in arguments:
        from webanizr.core import storage

        storage.ensure_bucket()


if __name__ == "__main__":
    main(*sys.argv[1:])
