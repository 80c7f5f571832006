"""`python -m webanizr.local.bench.erasing fill|erase|export …`: a large account, leaving.

`fill` runs as the hosting service, `erase` as the eraser, `export` as the exporter: each with its own login
and keys, through the product's own code. All but `fill` print one line of JSON: seconds, growth in MB, what went.
"""

from __future__ import annotations

import json
import random
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

from privacy.datamap import Scope  # noqa: E402
from privacy.erasure import engine, plan  # noqa: E402
from privacy.models import ErasureStep  # noqa: E402
from privacy.services.erasure import request_erasure  # noqa: E402
from sites.hosting import intakekeys  # noqa: E402
from sites.hosting.versions import Pointer  # noqa: E402
from sites.selectors.search import Filter  # noqa: E402
from sites.services import export, export_all, forms  # noqa: E402
from sites.services.uploads import bound_of, key_of  # noqa: E402
from webanizr.core import storage, tenancy, vault  # noqa: E402
from webanizr.local.bench.collected import A_YEAR, INSERT, answers  # noqa: E402
from webanizr.local.bench.memory import measured  # noqa: E402

UPLOAD = """
    INSERT INTO sites_upload (id, account_id, site_id, submission_id, intake_key_id, size, created_at) VALUES %s
"""
FILE = b"%PDF-1.7 " + bytes(range(256)) * 8


def fill(account: str, site: str, form: str, count: int, files: int) -> None:
    """Store messages of a year, an intake key for each thousand; the first ones bring a file."""
    pointer = Pointer("", uuid.UUID(account), uuid.UUID(site), None)
    ids = {"account_id": pointer.account_id, "site_id": pointer.site_id, "form_id": uuid.UUID(form)}
    fields = [
        {name: field[name] for name in ("id", "type", "label", "personal", "purpose")}
        for field in forms.contact_fields()
    ]
    papers = {**fields[0], "id": "papers", "type": "file", "label": "Papers"}
    chance, now = random.Random(8), timezone.now()  # noqa: S311  # the same messages each time
    for start in range(0, count, intakekeys.USES):
        key = intakekeys.make(pointer)
        rows, brought = [], []
        for number in range(start, min(count, start + intakekeys.USES)):
            row_id, values, asked = uuid.uuid4(), answers(number, chance), fields
            if number < files:
                file_id = uuid.uuid4()
                bound = bound_of(account_id=pointer.account_id, site_id=pointer.site_id, file_id=file_id)
                sealed_file = b"".join(vault.seal_stream([FILE], key=key.secret, bound=bound))
                storage.put(key_of(pointer.account_id, file_id), sealed_file)
                known = {"file": str(file_id), "name": "papers.pdf", "size": len(FILE), "kind": "pdf"}
                asked, values = [*fields, papers], {**values, "papers": [known]}
                brought.append((str(file_id), account, site, str(row_id), str(key.id), len(FILE), now))
            content = {"fields": asked, "values": values, "language": "nl"}
            sealed = vault.seal(content, key=key, submission_id=row_id, **ids)
            moment = now - timedelta(seconds=A_YEAR * (count - number) / count)
            rows.append(
                (str(row_id), account, site, form, str(key.id), sealed, moment, now + timedelta(days=365), False, False)
            )
        with tenancy.tenant(account), connection.cursor() as cursor:
            execute_values(cursor.cursor, INSERT, rows, page_size=500)
            if brought:
                execute_values(cursor.cursor, UPLOAD, brought, page_size=500)


def erase(account: str) -> None:
    """Erase the account, from the request until every table, file and key has been looked at again."""
    engine.advance()  # connections, caches and code are there before anything is measured
    list(storage.versions(f"uploads/{uuid.uuid4()}/"))

    def work() -> dict[str, float]:
        with tenancy.tenant(account):
            request = request_erasure(
                scope=Scope.ACCOUNT,
                subject_id=uuid.UUID(account),
                account_id=uuid.UUID(account),
                actor_id=None,
                contact=None,
                now=timezone.now(),
                at_once=True,
                pause=False,
            )
        steps = request.steps.filter(stage__lte=plan.ERASE).exclude(kind="system")
        engine.advance(only=request.id)
        deadline = time.monotonic() + 600
        while steps.exclude(state__in=ErasureStep.FINAL).exists():  # a step may ask for another try
            if time.monotonic() > deadline:
                raise SystemExit(f"not finished: {list(steps.values_list('kind', 'target', 'state', 'cause'))}")
            if not engine.advance(only=request.id):
                time.sleep(0.02)
        took = {f"{step.kind} {step.target}": step.erased for step in steps if step.erased}
        return {
            "rows": sum(count for name, count in took.items() if name.startswith("rows")),
            "messages": took.get("rows sites.Submission", 0),
            "files": sum(count for name, count in took.items() if name.startswith("files uploads")),
        }

    print(json.dumps(measured(work)))


def write(account: str, user: str) -> None:
    """Write the export of everything, sealed and thrown away."""
    account_id, user_id = uuid.UUID(account), uuid.UUID(user)
    with tenancy.tenant(account_id):
        key = vault.account_key(account_id, export.PURPOSE)
    list(vault.seal_stream([b"warm"], key=key, bound=b""))
    list(storage.versions(f"uploads/{uuid.uuid4()}/"))
    everything = Filter("all", None)

    def work() -> dict[str, Any]:
        pieces = export_all.write(account_id, everything, lambda done: None, user_id=user_id)
        return {"bytes": sum(len(piece) for piece in vault.seal_stream(pieces, key=key, bound=b"bench"))}

    print(json.dumps(measured(work)))


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
    elif sys.argv[1] == "erase":
        erase(sys.argv[2])
    else:
        write(sys.argv[2], sys.argv[3])
