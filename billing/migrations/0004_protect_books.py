"""What the database itself enforces: access for the purpose of billing only, numbers without a gap, invoices that no one changes (promise 05)."""

from datetime import date
from decimal import Decimal

from django.db import migrations

from webanizr.core.tenancy import AllowKeyChecks, ProtectTable, Rule, TenantTable

# The purpose is set by `billing.purpose` for a transaction's rest, never by a request.
PURPOSE = """
CREATE FUNCTION current_purpose() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('webanizr.purpose', true), '') $$;
CREATE SEQUENCE billing_customer_no START 20001;
CREATE SEQUENCE billing_request_no;
CREATE SEQUENCE billing_invoice_ref_no;
GRANT USAGE ON SEQUENCE billing_customer_no, billing_request_no TO webanizr_app;
GRANT USAGE ON SEQUENCE billing_customer_no, billing_request_no, billing_invoice_ref_no TO webanizr_worker;
"""
NO_PURPOSE = """
DROP SEQUENCE billing_invoice_ref_no;
DROP SEQUENCE billing_request_no;
DROP SEQUENCE billing_customer_no;
DROP FUNCTION current_purpose();
"""

# Somebody of the billing team, working for the purpose of billing: support staff see no row.
DESK = """
SET LOCAL row_security = on;  -- the body is checked as the definer
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION billing_desk() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT current_purpose() = 'billing' AND EXISTS (
        SELECT FROM accounts_staffmember WHERE user_id = current_user_id() AND team = 'billing' AND active
    ) $$;
REVOKE ALL ON FUNCTION billing_desk() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing_desk() TO webanizr_staff;
-- Which accounts the daily work hasn't looked at yet; the worker's login sees one account at a time.
CREATE FUNCTION billing_accounts_to_check(on_day date, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT account_id FROM billing_subscription
        WHERE state <> 'free' AND (checked_on IS NULL OR checked_on < on_day) ORDER BY account_id LIMIT most $$;
REVOKE ALL ON FUNCTION billing_accounts_to_check(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing_accounts_to_check(date, integer) TO webanizr_worker;
SET LOCAL ROLE webanizr_owner;
"""
NO_DESK = "SET LOCAL ROLE webanizr_definer; DROP FUNCTION billing_accounts_to_check(date, integer), billing_desk(); SET LOCAL ROLE webanizr_owner;"

NUMBERS = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;

-- Takes the next number. The counter's row lock is held until the end of the transaction: call it last.
CREATE FUNCTION billing_take_number(in_series text, on_day date) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    DECLARE counter billing_series;
    BEGIN
        INSERT INTO billing_series (code, year, last_no, last_hash)
            VALUES (in_series, extract(year FROM on_day), 0, '\\x00') ON CONFLICT (code, year) DO NOTHING;
        UPDATE billing_series SET last_no = last_no + 1, last_date = greatest(on_day, last_date)
            WHERE code = in_series AND year = extract(year FROM on_day) RETURNING * INTO STRICT counter;
        IF counter.last_date <> on_day THEN
            RAISE EXCEPTION 'number % of % would be dated %, before the one before it (%)',
                counter.last_no, in_series, on_day, counter.last_date USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN counter.last_no;
    END
    $$;

-- A new invoice has the number that was just taken, adds up, and is written into the journal.
CREATE FUNCTION billing_invoice_issued() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    DECLARE
        counter billing_series;
        next_hash bytea;
    BEGIN
        SELECT * INTO counter FROM billing_series WHERE code = NEW.series AND year = NEW.year FOR UPDATE;
        IF counter.last_no IS DISTINCT FROM NEW.no OR counter.last_date IS DISTINCT FROM NEW.issued_on
                OR extract(year FROM NEW.issued_on) <> NEW.year THEN
            RAISE EXCEPTION 'number %-%-% was not taken for %', NEW.series, NEW.year, NEW.no, NEW.issued_on
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.sha256 <> sha256(convert_to(NEW.ubl, 'UTF8')) THEN
            RAISE EXCEPTION 'the hash of % is not that of its XML', NEW.number
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.net_cents <> (SELECT coalesce(sum((line ->> 'net_cents')::bigint), 0)
                FROM jsonb_array_elements(NEW.lines) line)
           OR NEW.net_cents <> (SELECT coalesce(sum((part ->> 'base_cents')::bigint), 0)
                FROM jsonb_array_elements(NEW.vat) part)
           OR NEW.vat_cents <> (SELECT coalesce(sum((part ->> 'vat_cents')::bigint), 0)
                FROM jsonb_array_elements(NEW.vat) part) THEN
            RAISE EXCEPTION 'the sums of % are not those of its lines', NEW.number
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        next_hash := sha256(counter.last_hash || NEW.sha256 || int4send(NEW.no));
        UPDATE billing_series SET last_hash = next_hash WHERE id = counter.id;
        INSERT INTO billing_journal (series, year, no, issued_on, kind, gross_cents, sha256, chain)
            VALUES (NEW.series, NEW.year, NEW.no, NEW.issued_on, NEW.kind, NEW.gross_cents, NEW.sha256, next_hash);
        RETURN NEW;
    END
    $$;

-- What was issued stays as it is; it goes when it need no longer be kept, and the journal says so.
CREATE FUNCTION billing_invoice_fixed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    DECLARE free text[] := ARRAY['sent_at', 'pdf_key', 'pdf_sha256', 'customer_id'];
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.retain_until >= (now() AT TIME ZONE 'Europe/Amsterdam')::date THEN
                RAISE EXCEPTION 'invoice % must be kept until %', OLD.number, OLD.retain_until
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            UPDATE billing_journal SET erased_on = (now() AT TIME ZONE 'Europe/Amsterdam')::date
                WHERE series = OLD.series AND year = OLD.year AND no = OLD.no;
            RETURN OLD;
        END IF;
        IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
           OR NEW.customer_id IS DISTINCT FROM OLD.customer_id AND NEW.customer_id IS NOT NULL THEN
            RAISE EXCEPTION 'invoice % was issued and can not be changed', OLD.number
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END
    $$;

CREATE FUNCTION billing_journal_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public
    AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'erased_on' IS DISTINCT FROM to_jsonb(OLD) - 'erased_on' THEN
            RAISE EXCEPTION 'the journal is only ever added to' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END
    $$;

-- At the end of a transaction, every number that was taken has its row in the journal.
CREATE FUNCTION billing_number_used() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    BEGIN
        IF NEW.last_no > 0 AND NOT EXISTS (
            SELECT FROM billing_journal WHERE series = NEW.code AND year = NEW.year AND no = NEW.last_no
        ) THEN
            RAISE EXCEPTION 'number %-%-% was taken and not used', NEW.code, NEW.year, NEW.last_no
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END
    $$;
REVOKE ALL ON FUNCTION billing_take_number(text, date), billing_invoice_issued(), billing_invoice_fixed(),
    billing_journal_fixed(), billing_number_used() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing_take_number(text, date) TO webanizr_worker;
GRANT EXECUTE ON FUNCTION billing_invoice_issued(), billing_invoice_fixed(), billing_journal_fixed(),
    billing_number_used() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;

CREATE TRIGGER issued BEFORE INSERT ON billing_invoice FOR EACH ROW EXECUTE FUNCTION billing_invoice_issued();
CREATE TRIGGER fixed BEFORE UPDATE OR DELETE ON billing_invoice FOR EACH ROW EXECUTE FUNCTION billing_invoice_fixed();
CREATE TRIGGER fixed BEFORE UPDATE OR DELETE ON billing_journal FOR EACH ROW EXECUTE FUNCTION billing_journal_fixed();
CREATE CONSTRAINT TRIGGER used AFTER INSERT OR UPDATE ON billing_series DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_number_used();
"""
NO_NUMBERS = """
DROP TRIGGER used ON billing_series;
DROP TRIGGER fixed ON billing_journal;
DROP TRIGGER fixed ON billing_invoice;
DROP TRIGGER issued ON billing_invoice;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION billing_number_used(), billing_journal_fixed(), billing_invoice_fixed(), billing_invoice_issued(),
    billing_take_number(text, date);
SET LOCAL ROLE webanizr_owner;
"""

ANY = "true"
BILLING = "current_purpose() = 'billing'"
OWN = f"account_id = current_account_id() AND {BILLING}"
CUSTOMER = f"customer_id = current_account_id() AND {BILLING}"
# The eraser takes out the link to the account; what it has taken out it sees as well, or it couldn't write it.
UNLINKED = "coalesce(customer_id, current_account_id()) = current_account_id()"
UNLINK = [
    Rule(
        "eraser",
        "SELECT, UPDATE",
        using=UNLINKED,
        columns={"SELECT": "id, customer_id", "UPDATE": "customer_id"},
    )
]
DESK_ONLY = "billing_desk()"


def seed_rates(apps, schema_editor):
    """Fill in the rates of `billing.vat`; before the table is protected."""
    from billing.vat import RATES

    rate = apps.get_model("billing", "VatRate")
    rate.objects.bulk_create(
        rate(country=country, rate=Decimal(percent), valid_from=date.fromisoformat(since))
        for country, percent, since in RATES
    )


class Migration(migrations.Migration):
    """Row-level security by purpose, and the triggers of the books."""

    dependencies = [("billing", "0003_books"), ("core", "0007_protect_eraser"), ("accounts", "0003_staff")]
    operations = [
        AllowKeyChecks(),
        migrations.RunSQL(PURPOSE, NO_PURPOSE),
        migrations.RunSQL(DESK, NO_DESK),
        migrations.RunPython(seed_rates, migrations.RunPython.noop),
        TenantTable(
            "billingprofile",
            [
                Rule("app", using=OWN),
                Rule("worker", "SELECT, DELETE", using=OWN),
                Rule("exporter", "SELECT"),
                # the billing team records what the tax authorities say of a VAT id
                Rule("staff", "SELECT", using=DESK_ONLY),
                Rule(
                    "staff",
                    "UPDATE",
                    using=DESK_ONLY,
                    columns={"UPDATE": "vat_check, vat_checked_at, vat_check_reference"},
                ),
            ],
        ),
        TenantTable(
            "paymentrequest",
            [
                Rule("app", "SELECT, INSERT", using=OWN),
                Rule("app", "UPDATE", using=OWN, columns={"UPDATE": "state"}),
                Rule("worker", "SELECT, UPDATE, DELETE", using=OWN),
                Rule("staff", "SELECT", using=DESK_ONLY),
                Rule("exporter", "SELECT"),
            ],
        ),
        TenantTable("reminder", [Rule("worker", using=OWN)]),
        ProtectTable(
            "billing_vatrate",
            [
                Rule("app", "SELECT", using=ANY),
                Rule("worker", "SELECT", using=ANY),
                Rule("staff", "SELECT", using=ANY),
                Rule("staff", "INSERT, UPDATE", using=DESK_ONLY),
            ],
        ),
        ProtectTable(
            "billing_series",
            [
                Rule("definer", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("worker", "SELECT", using=BILLING),
                Rule("staff", "SELECT", using=DESK_ONLY),
            ],
        ),
        ProtectTable(
            "billing_journal",
            [
                Rule("definer", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("worker", "SELECT", using=BILLING),
                Rule("staff", "SELECT", using=DESK_ONLY),
            ],
        ),
        ProtectTable(
            "billing_invoice",
            [
                Rule("app", "SELECT", using=CUSTOMER),
                Rule("worker", "SELECT, INSERT, DELETE", using=BILLING),
                Rule(
                    "worker",
                    "UPDATE",
                    using=BILLING,
                    columns={"UPDATE": "sent_at, pdf_key, pdf_sha256, customer_id"},
                ),
                Rule("staff", "SELECT", using=DESK_ONLY),
                Rule("exporter", "SELECT", using="customer_id = current_account_id()"),
                *UNLINK,
            ],
        ),
        ProtectTable(
            "billing_paymentreference",
            [
                Rule("app", "SELECT, INSERT", using=CUSTOMER),
                Rule("worker", using=BILLING),
                Rule("staff", "SELECT", using=DESK_ONLY),
                Rule(
                    "eraser",
                    "SELECT, UPDATE",
                    using=UNLINKED,
                    columns={"SELECT": "rf, customer_id", "UPDATE": "customer_id"},
                ),
            ],
        ),
        ProtectTable(
            "billing_bankstatement",
            [
                Rule("staff", "SELECT, INSERT", using=DESK_ONLY),
                Rule("worker", "SELECT", using=BILLING),
                # how fresh the statements are, for the page that waits for a payment
                Rule("app", "SELECT", using=BILLING, columns={"SELECT": "id, closed_on, imported_at"}),
            ],
        ),
        ProtectTable(
            "billing_bankline",
            [
                Rule("staff", "SELECT, INSERT", using=DESK_ONLY),
                Rule("staff", "UPDATE", using=DESK_ONLY, columns={"UPDATE": "state, targets"}),
                Rule("worker", "SELECT", using=BILLING),
                Rule("worker", "UPDATE", using=BILLING, columns={"UPDATE": "state, payer"}),
            ],
        ),
        ProtectTable(
            "billing_allocation",
            [
                Rule("app", "SELECT", using=CUSTOMER),
                Rule("worker", using=BILLING),
                Rule("staff", "SELECT", using=DESK_ONLY),
                *UNLINK,
            ],
        ),
        ProtectTable(
            "billing_refund",
            [
                Rule("app", "SELECT", using=CUSTOMER),
                Rule("app", "UPDATE", using=CUSTOMER, columns={"UPDATE": "sealed, state"}),
                Rule("worker", using=BILLING),
                Rule("staff", "SELECT, INSERT", using=DESK_ONLY),
                Rule("staff", "UPDATE", using=DESK_ONLY, columns={"UPDATE": "state, sealed, finished_at"}),
                *UNLINK,
            ],
        ),
        migrations.RunSQL(NUMBERS, NO_NUMBERS),
    ]
