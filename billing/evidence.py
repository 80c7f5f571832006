"""Evidence for promises 04 and 05 on the public proof page (see `privacy.evidence`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from privacy.evidence import Finding, witness

TABLES = ("billing_billingprofile", "billing_invoice", "billing_paymentrequest")


def _one(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


@witness(4, _("columns of invoicing details in the tables of people and accounts"))
def columns_at_sign_up(now: datetime) -> Finding:
    """Ask the catalog whether an account has a place for invoicing details."""
    found = _one(
        "SELECT count(*) FROM information_schema.columns WHERE table_name IN ('accounts_user', 'accounts_account')"
        " AND column_name IN (SELECT column_name FROM information_schema.columns"
        " WHERE table_name = 'billing_billingprofile' AND column_name NOT IN ('id', 'name', 'account_id'))"
    )
    return Finding(found, holds=found == 0)


@witness(5, _("rules of the database let a service read invoicing details, all of them for the purpose of billing"))
def readers_by_purpose(now: datetime) -> Finding:
    """Count who may read profiles, requests and invoices; exporter and eraser reach one account's own only."""
    rules = _one("SELECT count(*) FROM pg_policies WHERE tablename = ANY(%s) AND cmd = 'SELECT'", list(TABLES))
    loose = _one(
        "SELECT count(*) FROM pg_policies WHERE tablename = ANY(%s) AND cmd = 'SELECT'"
        " AND qual NOT LIKE '%%billing%%' AND qual NOT LIKE '%%current_account_id()%%'",
        list(TABLES),
    )
    return Finding(rules, holds=loose == 0)
