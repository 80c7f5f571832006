"""What follows from payments that were booked together: an outbox row in the account of each."""

from django.db import migrations

FOLLOW = """
SET LOCAL row_security = on;  -- the body is checked as the definer
SET LOCAL ROLE webanizr_definer;
-- Queues what follows from each paid invoice, in its customer's account; the worker's login sees one account at a time.
CREATE FUNCTION billing_follow_payments(in_customers uuid[], in_invoices uuid[]) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
        SELECT gen_random_uuid(), customer, 'billing.tasks.follow_payment',
            jsonb_build_object('invoice_id', invoice), 'pending', 0, now(), now(), ''
        FROM unnest(in_customers, in_invoices) AS paid (customer, invoice)
    $$;
REVOKE ALL ON FUNCTION billing_follow_payments(uuid[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing_follow_payments(uuid[], uuid[]) TO webanizr_worker;
SET LOCAL ROLE webanizr_owner;
"""
BACK = """
SET LOCAL ROLE webanizr_definer; DROP FUNCTION billing_follow_payments(uuid[], uuid[]); SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("billing", "0007_request_mailed"), ("privacy", "0004_protect_consent")]
    operations = [migrations.RunSQL(FOLLOW, BACK)]
