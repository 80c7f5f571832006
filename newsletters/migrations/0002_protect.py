"""Who may read and write the newsletter's tables, and the one view that says who gets a newsletter (promise 03)."""

from django.db import migrations

from webanizr.core.tenancy import AllowKeyChecks, ProtectTable, Rule

ANY = "true"
OWN = "contact_id = current_contact_id()"
OWN_KEY = "address_key = current_contact_key()"

TOPICS = """
INSERT INTO newsletters_topic (key, position, name_nl, name_en, about_nl, about_en) VALUES
    ('tips', 1, 'Tips', 'Tips', 'Eens per maand, korte stukken', 'Once a month, short pieces'),
    ('news', 2, 'Nieuw in Webanizr', 'New in Webanizr', 'Als er echt iets nieuws is, hooguit 6 keer per jaar',
        'When there is something really new, 6 times a year at most');
"""

# The app's login sees one contact at a time: see newsletters.scope.
SCOPE = """
CREATE FUNCTION current_contact_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('webanizr.contact_id', true), '')::uuid $$;
"""

# Functions through which a login learns exactly one thing about rows that it may not read.
FUNCTIONS = """
SET LOCAL row_security = on;  -- the bodies are checked as the definer
GRANT SELECT ON account_emailaddress TO webanizr_definer;
CREATE POLICY definer_select ON account_emailaddress FOR SELECT TO webanizr_definer USING (true);
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION newsletter_contact_id(wanted bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT id FROM newsletters_contact WHERE address_key = wanted $$;
CREATE FUNCTION current_contact_key() RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT address_key FROM newsletters_contact WHERE id = current_contact_id() $$;
-- Whether this is the confirmed address of an owner of an account that is an active, paying customer.
CREATE FUNCTION newsletter_customer(wanted text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT EXISTS (
        SELECT FROM accounts_user person
        JOIN account_emailaddress address
            ON address.user_id = person.id AND address.email = person.email AND address.verified
        JOIN accounts_membership member ON member.user_id = person.id AND member.role = 'owner'
        JOIN billing_subscription s ON s.account_id = member.account_id
        WHERE person.email = wanted AND billing_is_paying(s.state, s.net_cents, s.paid_until)
    ) $$;
-- Paying customers whom the newsletter doesn't know yet, in the order of their ids.
CREATE FUNCTION newsletter_unknown_customers(after uuid, most integer)
    RETURNS TABLE (user_id uuid, address varchar, language varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$
    SELECT person.id, person.email, min(account.language)
    FROM billing_subscription s
    JOIN accounts_account account ON account.id = s.account_id
    JOIN accounts_membership member ON member.account_id = s.account_id AND member.role = 'owner'
    JOIN accounts_user person ON person.id = member.user_id
    JOIN account_emailaddress address
        ON address.user_id = person.id AND address.email = person.email AND address.verified
    WHERE person.id > after AND billing_is_paying(s.state, s.net_cents, s.paid_until)
      AND NOT EXISTS (SELECT FROM newsletters_contact c WHERE c.address = person.email)
    GROUP BY person.id ORDER BY person.id LIMIT most
    $$;
REVOKE ALL ON FUNCTION newsletter_contact_id(bytea), current_contact_key(), newsletter_customer(text),
    newsletter_unknown_customers(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION newsletter_contact_id(bytea), newsletter_customer(text) TO webanizr_app, webanizr_worker;
GRANT EXECUTE ON FUNCTION newsletter_customer(text) TO webanizr_eraser;
GRANT EXECUTE ON FUNCTION current_contact_key() TO webanizr_app;
GRANT EXECUTE ON FUNCTION newsletter_unknown_customers(uuid, integer) TO webanizr_worker;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""
NO_FUNCTIONS = """
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION newsletter_unknown_customers(uuid, integer);
DROP FUNCTION newsletter_customer(text);
DROP FUNCTION current_contact_key();
DROP FUNCTION newsletter_contact_id(bytea);
SET LOCAL ROLE webanizr_owner;
DROP POLICY definer_select ON account_emailaddress;
REVOKE SELECT ON account_emailaddress FROM webanizr_definer;
"""

# The rule of promise 03. The last line about a topic counts: confirmed, withdrawn or resumed. `requested` changes
# nothing, so that nobody can unsubscribe or subscribe somebody else by typing their address.
AUDIENCE = """
CREATE VIEW newsletter_audience WITH (security_invoker = true) AS
SELECT c.id AS contact_id, c.address, c.address_key, c.language, topic.key AS topic,
    CASE WHEN c.verified_at IS NOT NULL AND said.action = 'confirmed' THEN 'consent' ELSE 'customer' END AS basis
FROM newsletters_contact c
CROSS JOIN LATERAL (SELECT newsletter_customer(c.address) AS paying OFFSET 0) customer
CROSS JOIN newsletters_topic topic
LEFT JOIN LATERAL (
    SELECT line.action FROM newsletters_consent line
    WHERE line.contact_id = c.id AND line.topic_id = topic.key
      AND line.action IN ('confirmed', 'withdrawn', 'resumed')
    ORDER BY line.id DESC LIMIT 1
) said ON true
WHERE c.erase_asked_at IS NULL
  AND (c.paused_until IS NULL OR c.paused_until <= now())
  AND NOT EXISTS (SELECT FROM newsletters_suppression s WHERE s.address_key = c.address_key)
  AND ((c.verified_at IS NOT NULL AND said.action = 'confirmed')
       OR (customer.paying AND said.action IS DISTINCT FROM 'withdrawn'));
GRANT SELECT ON newsletter_audience TO webanizr_app, webanizr_worker, webanizr_definer;
"""

# What staff see: numbers. They have no access to any address.
FIGURES = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION newsletter_audience_figures() RETURNS TABLE (topic varchar, basis text, people bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT topic, basis, count(*) FROM newsletter_audience GROUP BY 1, 2 ORDER BY 1, 2 $$;
CREATE FUNCTION newsletter_suppression_figures() RETURNS TABLE (reason varchar, people bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT reason, count(*) FROM newsletters_suppression GROUP BY 1 ORDER BY 1 $$;
REVOKE ALL ON FUNCTION newsletter_audience_figures(), newsletter_suppression_figures() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION newsletter_audience_figures(), newsletter_suppression_figures() TO webanizr_staff;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""
NO_FIGURES = """
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION newsletter_audience_figures();
DROP FUNCTION newsletter_suppression_figures();
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """Row-level security of the newsletter, and its audience."""

    dependencies = [
        ("newsletters", "0001_initial"),
        ("core", "0004_protect_third_party"),
        ("accounts", "0003_staff"),
        ("billing", "0002_protect"),
    ]
    operations = [
        AllowKeyChecks(),
        migrations.RunSQL(TOPICS, migrations.RunSQL.noop),
        migrations.RunSQL(SCOPE, "DROP FUNCTION current_contact_id();"),
        ProtectTable(
            "newsletters_topic",
            [Rule(role, "SELECT", using=ANY) for role in ("app", "worker", "eraser", "staff", "definer")],
        ),
        ProtectTable(
            "newsletters_contact",
            [
                Rule("app", "SELECT, INSERT, UPDATE", using="id = current_contact_id()"),
                Rule("worker", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=ANY),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        # The ledger: lines are added; only the eraser may take a person's lines away, with the person.
        ProtectTable(
            "newsletters_consent",
            [
                Rule("app", "SELECT, INSERT", using=OWN),
                Rule("worker", "SELECT, INSERT", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=ANY),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        ProtectTable(
            "newsletters_suppression",
            [
                Rule("app", "SELECT, INSERT, DELETE", using=OWN_KEY),
                Rule("worker", "SELECT, INSERT", using=ANY),
                Rule("eraser", "SELECT, INSERT", using=ANY),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        ProtectTable(
            "newsletters_syncstate",
            [
                Rule("app", "SELECT, INSERT, UPDATE", using=OWN),
                Rule("worker", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=ANY),
                Rule("staff", "SELECT", using=ANY),
                # letting rows that gave up try again
                Rule("staff", "UPDATE", using=ANY, columns={"UPDATE": "state, attempts, due_at, error"}),
            ],
        ),
        ProtectTable(
            "newsletters_reconcile",
            [
                Rule("worker", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=ANY),
                Rule("staff", "SELECT", using=ANY),
                Rule("staff", "UPDATE", using=ANY, columns={"UPDATE": "released_at"}),
            ],
        ),
        ProtectTable(
            "newsletters_drift",
            [
                Rule("worker", "SELECT, INSERT, UPDATE", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=ANY),
                Rule("staff", "SELECT", using=ANY),
            ],
        ),
        ProtectTable(
            "newsletters_platformevent",
            [
                Rule("app", "INSERT", using=ANY),
                Rule("worker", "SELECT, UPDATE", using=ANY),
                Rule("eraser", "SELECT, DELETE", using=ANY),
            ],
        ),
        migrations.RunSQL(AUDIENCE, "DROP VIEW newsletter_audience;"),
        migrations.RunSQL(FIGURES, NO_FIGURES),
    ]
