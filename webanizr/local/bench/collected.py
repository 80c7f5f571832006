"""`python -m webanizr.local.bench.collected fill|index|export …`: messages as visitors send them, sealed.

`fill` runs as the hosting service, `index` as the worker, `export` as the exporter: each with its own login and keys,
through the product's own code.
"""

from __future__ import annotations

import io
import json
import random
import resource
import sys
import time
import uuid
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402  # after setup
from django.utils import timezone  # noqa: E402
from psycopg2.extras import execute_values  # noqa: E402

from sites.hosting import intakekeys  # noqa: E402
from sites.hosting.versions import Pointer  # noqa: E402
from sites.models import Submission  # noqa: E402
from sites.selectors.search import Filter  # noqa: E402
from sites.services import export, export_csv, forms, search  # noqa: E402
from webanizr.core import tenancy, vault  # noqa: E402

INSERT = """
    INSERT INTO sites_submission
        (id, account_id, site_id, form_id, intake_key_id, content, received_at, expires_at, is_test, quarantined)
    VALUES %s
"""
# Some words are in every message, most in hardly any: as people write (Zipf).
STARTS = "ba de fi go hu ja ke li mo na po ra se ti vo wa zi"
ENDS = "bel den gers hof jes ken lijk mer nig pel ring sen ten ven wel zaam rijk stuk brood taart winkel"
WORDS = [f"{start}{end}" for start in STARTS.split() for end in ENDS.split()]
WEIGHTS = [1 / (number + 1) for number in range(len(WORDS))]
A_YEAR = 365 * 24 * 3600


def answers(number: int, chance: random.Random) -> dict[str, Any]:
    """Return the answers of one visitor."""
    return {
        "name": f"Vera Visser {number}",
        "email": f"vera{number}@example.nl",
        "phone": f"+316{number:08d}",
        "message": " ".join(chance.choices(WORDS, WEIGHTS, k=30)),
    }


def fill(account: str, site: str, form: str, count: int) -> None:
    """Store messages, an intake key for each thousand, over the last year."""
    pointer = Pointer("", uuid.UUID(account), uuid.UUID(site), None)
    ids = {"account_id": pointer.account_id, "site_id": pointer.site_id, "form_id": uuid.UUID(form)}
    fields = [
        {name: field[name] for name in ("id", "type", "label", "personal", "purpose")}
        for field in forms.contact_fields()
    ]
    chance, now = random.Random(16), timezone.now()  # noqa: S311  # the same messages each time
    for start in range(0, count, intakekeys.USES):
        key = intakekeys.make(pointer)
        rows = []
        for number in range(start, min(count, start + intakekeys.USES)):
            row_id = uuid.uuid4()
            content = {"fields": fields, "values": answers(number, chance), "language": "nl"}
            sealed = vault.seal(content, key=key, submission_id=row_id, **ids)
            moment = now - timedelta(seconds=A_YEAR * (count - number) / count)
            rows.append(
                (str(row_id), account, site, form, str(key.id), sealed, moment, now + timedelta(days=365), False, False)
            )
        with tenancy.tenant(account), connection.cursor() as cursor:
            execute_values(cursor.cursor, INSERT, rows, page_size=500)


def index(account: str, form: str) -> None:
    """Make every message of a form findable."""
    with tenancy.tenant(account):
        for row in Submission.objects.select_related("intake_key").filter(form_id=form).iterator(chunk_size=500):
            search.index(row)


def write(account: str, form: str, rounds: int) -> None:
    """Export a form's messages and COPY the same rows, in turn; print seconds of each and the memory that it took."""
    account_id, chosen = uuid.UUID(account), Filter("all", uuid.UUID(form))
    mine, limit, size = [], [], 0
    with tenancy.tenant(account_id):
        key = vault.account_key(account_id, export.PURPOSE)
    list(vault.seal_stream([b"warm"], key=key, bound=b""))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(rounds):
        began = time.perf_counter()
        pieces = export_csv.write(account_id, chosen, lambda done: None)
        size = sum(len(piece) for piece in vault.seal_stream(pieces, key=key, bound=b"bench"))
        mine.append(time.perf_counter() - began)
        began = time.perf_counter()
        with tenancy.tenant(account_id), connection.cursor() as cursor:
            sink = Sink()
            cursor.cursor.copy_expert(
                f"COPY (SELECT received_at, form_id, content FROM sites_submission WHERE form_id = '{uuid.UUID(form)}'"  # noqa: S608  # a checked uuid
                " ORDER BY received_at) TO STDOUT (FORMAT csv)",
                sink,
            )
        limit.append(time.perf_counter() - began)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"mine": mine, "limit": limit, "grown_mb": grown / 1024, "bytes": size}))


class Sink(io.RawIOBase):
    """Counts what is written."""

    size = 0

    def write(self, data: Any) -> int:
        """Count it."""
        self.size += len(data)
        return len(data)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    elif sys.argv[1] == "index":
        index(sys.argv[2], sys.argv[3])
    else:
        write(sys.argv[2], sys.argv[3], int(sys.argv[4]))
