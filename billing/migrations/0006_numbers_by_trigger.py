"""An invoice's number comes into being with its row: a trigger gives it, so that none can be taken and left unused."""

from importlib import import_module

from django.db import migrations

FORMER = import_module("billing.migrations.0004_protect_books").NUMBERS

NUMBERS = """
DROP TRIGGER used ON billing_series;
DROP TRIGGER issued ON billing_invoice;

SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION billing_number_used(), billing_take_number(text, date), billing_invoice_issued();

-- Gives a new invoice its number. It comes with 0, and in its XML with a stand-in for the number, which its column
-- "number" holds. The counter's row lock is held until the end of the transaction: insert it last.
CREATE FUNCTION billing_invoice_issued() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    DECLARE
        counter billing_series;
        stand_in text := NEW.number;
    BEGIN
        IF NEW.no <> 0 OR length(stand_in) < 16 OR position(stand_in IN NEW.ubl) = 0 OR position(stand_in IN NEW.cii) = 0
                OR extract(year FROM NEW.issued_on) <> NEW.year THEN
            RAISE EXCEPTION 'an invoice gets its number from the database, and in the year of its date'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.net_cents <> (SELECT coalesce(sum((line ->> 'net_cents')::bigint), 0)
                FROM jsonb_array_elements(NEW.lines) line)
           OR (NEW.net_cents, NEW.vat_cents) <> (
                SELECT coalesce(sum((part ->> 'base_cents')::bigint), 0), coalesce(sum((part ->> 'vat_cents')::bigint), 0)
                FROM jsonb_array_elements(NEW.vat) part) THEN
            RAISE EXCEPTION 'the sums of this invoice are not those of its lines'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        LOOP
            SELECT * INTO counter FROM billing_series WHERE code = NEW.series AND year = NEW.year FOR UPDATE;
            EXIT WHEN FOUND;
            -- the first one of a year; of two at once, one waits here and finds the other's row
            INSERT INTO billing_series (code, year, last_no, last_hash) VALUES (NEW.series, NEW.year, 0, '\\x00')
                ON CONFLICT (code, year) DO NOTHING;
        END LOOP;
        IF counter.last_date > NEW.issued_on THEN
            RAISE EXCEPTION 'number % of % would be dated %, before the one before it (%)',
                counter.last_no + 1, NEW.series, NEW.issued_on, counter.last_date
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        NEW.no := counter.last_no + 1;
        NEW.number := concat_ws('-', NEW.series, NEW.year, lpad(NEW.no::text, greatest(4, length(NEW.no::text)), '0'));
        NEW.ubl := replace(NEW.ubl, stand_in, NEW.number);
        NEW.cii := replace(NEW.cii, stand_in, NEW.number);
        NEW.sha256 := sha256(convert_to(NEW.ubl, 'UTF8'));
        counter.last_hash := sha256(counter.last_hash || NEW.sha256 || int4send(NEW.no));
        UPDATE billing_series SET last_no = NEW.no, last_date = NEW.issued_on, last_hash = counter.last_hash
            WHERE id = counter.id;
        INSERT INTO billing_journal (series, year, no, issued_on, kind, gross_cents, sha256, chain)
            VALUES (NEW.series, NEW.year, NEW.no, NEW.issued_on, NEW.kind, NEW.gross_cents, NEW.sha256, counter.last_hash);
        RETURN NEW;
    END
    $$;
REVOKE ALL ON FUNCTION billing_invoice_issued() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing_invoice_issued() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;

CREATE TRIGGER issued BEFORE INSERT ON billing_invoice FOR EACH ROW EXECUTE FUNCTION billing_invoice_issued();

-- Issuing is faster without squeezing some 6 kB of XML; nobody misses the place.
ALTER TABLE billing_invoice ALTER COLUMN ubl SET STORAGE EXTERNAL, ALTER COLUMN cii SET STORAGE EXTERNAL;

-- Stores a checked draft with what belongs to it, with the caller's own rights: payment reference, the outbox row of
-- PDF and mail, and the invoice. in_row: its columns. Returns its number.
CREATE FUNCTION billing_issue(in_row jsonb, in_ubl text, in_cii text, in_outbox uuid, in_args jsonb)
    RETURNS text LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public
    AS $$
    DECLARE made billing_invoice := jsonb_populate_record(NULL::billing_invoice, in_row);
    BEGIN
        INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
            VALUES (in_outbox, current_account_id(), 'billing.tasks.make_document', in_args, 'pending', 0, now(), now(), '');
        IF made.kind = 'invoice' THEN  -- a payment request may have made its reference before
            INSERT INTO billing_paymentreference (rf, customer_id, invoice_id, made_at)
                VALUES (made.rf, made.customer_id, made.id, now())
                ON CONFLICT (rf) DO UPDATE SET customer_id = EXCLUDED.customer_id, invoice_id = EXCLUDED.invoice_id;
        END IF;
        made.ubl := in_ubl;
        made.cii := in_cii;
        INSERT INTO billing_invoice VALUES (made.*) RETURNING number INTO made.number;
        RETURN made.number;
    END
    $$;
REVOKE ALL ON FUNCTION billing_issue(jsonb, text, text, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION billing_issue(jsonb, text, text, uuid, jsonb) TO webanizr_worker;
"""


BACK = """
DROP FUNCTION billing_issue(jsonb, text, text, uuid, jsonb);
ALTER TABLE billing_invoice ALTER COLUMN ubl SET STORAGE EXTENDED, ALTER COLUMN cii SET STORAGE EXTENDED;
DROP TRIGGER fixed ON billing_journal;
DROP TRIGGER fixed ON billing_invoice;
DROP TRIGGER issued ON billing_invoice;
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION billing_journal_fixed(), billing_invoice_fixed(), billing_invoice_issued();
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """Functions and triggers of the books. Back, all of the former ones are made anew: they go on with the counter."""

    dependencies = [("billing", "0005_eraser_sees_terms"), ("core", "0007_protect_eraser")]
    operations = [migrations.RunSQL(NUMBERS, BACK + FORMER)]
