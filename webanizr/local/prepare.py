"""`python -m webanizr.local.prepare`: brings the schema up to date, as the migrator, before the services start."""

from __future__ import annotations

import sys

import django
from django.core.management import call_command

# Works at Webanizr, on this machine only; sets a key in the staff service with this code (docs/running.md).
SAM, SAM_NAME, SAM_CODE = "sam@example.nl", "Sam de Wit", "sam-on-this-machine"


def main(*arguments: str) -> None:
    """Migrate and let Sam in; with --bucket make the bucket as well (the embedded S3's is made with it)."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("staff", "add", SAM, name=SAM_NAME, code=SAM_CODE)
    if "--bucket" in arguments:
        from webanizr.core import storage

        storage.ensure_bucket()


if __name__ == "__main__":
    main(*sys.argv[1:])
