"""Issuing: a checked draft gets its number, in one call of the database, as the last thing of its transaction.

`billing_issue` stores invoice, payment reference and the outbox row of the PDF and the mail; a trigger of the invoice
gives the number and puts it where the draft has its stand-in. The counter's lock is held from there to the commit.
"""

from __future__ import annotations

import hashlib
import json
import uuid

from django.db import connection

from billing.models import Invoice
from billing.services.invoices import Draft
from webanizr.core import outbox

# ubl and cii are given apart, sha256 is worked out by the trigger
COLUMNS = [
    (field.column, field.attname)
    for field in Invoice._meta.concrete_fields
    if field.column not in ("ubl", "cii", "sha256")
]


def issue(draft: Draft) -> Invoice:
    """Give the draft its number and store it: the last thing in a transaction, for it holds the counter's lock.

    Its PDF and mail follow from an outbox row. Raises IntegrityError when the day is before the last number's.
    """
    invoice, stand_in = draft.invoice, draft.document.number
    ubl, cii = draft.ubl.decode(), draft.cii.decode()
    row = {column: getattr(invoice, name) for column, name in COLUMNS} | {"no": 0, "number": stand_in}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_issue(%s, %s, %s, %s, %s)",
            [json.dumps(row, default=str), ubl, cii, str(uuid.uuid4()), json.dumps({"invoice_id": str(invoice.id)})],
        )
        invoice.number = cursor.fetchone()[0]
    outbox.nudge_after()
    invoice.no = int(invoice.number.rpartition("-")[2])
    invoice.ubl, invoice.cii = ubl.replace(stand_in, invoice.number), cii.replace(stand_in, invoice.number)
    invoice.sha256 = hashlib.sha256(invoice.ubl.encode()).digest()
    invoice._state.adding, invoice._state.db = False, connection.alias
    return invoice
