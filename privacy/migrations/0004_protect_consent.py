"""Who may read and write the tables of consent, and the triggers that write the log: no act can leave it out.

Staff ask and reply; a member who owns the account grants, refuses and withdraws; nobody writes the log.
"""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule, TenantTable

ANY = "true"
TENANT = "account_id = current_account_id()"

# Who somebody is, in the database's own words. `staff_id` everywhere is the person's id of accounts_user.
PEOPLE = """
SET LOCAL row_security = on;  -- the bodies are checked as the definer
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION is_staff() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM accounts_staffmember WHERE user_id = current_user_id() AND active) $$;
CREATE FUNCTION may_consent() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (
        SELECT FROM accounts_membership
        WHERE account_id = current_account_id() AND user_id = current_user_id() AND role = 'owner'
    ) $$;
REVOKE ALL ON FUNCTION is_staff(), may_consent() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_staff() TO webanizr_staff;
GRANT EXECUTE ON FUNCTION may_consent() TO webanizr_app;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""

# One line of the log. The lock lets an account's lines follow each other; in an older snapshot than the last line
# (REPEATABLE READ) the unique number refuses the line instead of forking the chain. What must be told is told from
# here, so that no act can leave that out either. The hashed text is documented in docs/consent.md.
LOG = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION access_log_text(line privacy_accesslog) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT array_to_string(ARRAY[
        line.account_id::text, line.seq::text,
        to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        line.event, line.by, line.actor_id::text, line.question_id::text, line.request_id::text, line.grant_id::text,
        line.session_id::text, line.site_id::text, line.form_id::text, line.submission_id::text, line.number::text,
        encode(line.before, 'hex'), encode(line.after, 'hex')
    ], '|', '') $$;
CREATE FUNCTION access_log_append(line privacy_accesslog) RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE last record;
    BEGIN
        PERFORM pg_advisory_xact_lock(4711, hashtext(line.account_id::text));
        SELECT seq, hash INTO last FROM privacy_accesslog WHERE account_id = line.account_id ORDER BY seq DESC LIMIT 1;
        line.id := gen_random_uuid();
        line.seq := coalesce(last.seq, 0) + 1;
        line.at := clock_timestamp();
        line.previous := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
        line.hash := sha256(line.previous || convert_to(access_log_text(line), 'UTF8'));
        line.xid := pg_current_xact_id();
        INSERT INTO privacy_accesslog SELECT line.*;
        IF line.event IN ('requested', 'unanswered', 'granted', 'implied', 'expired', 'opened', 'changed', 'exported')
           AND NOT (line.event = 'changed' AND EXISTS (
               SELECT FROM privacy_accesslog earlier
               WHERE earlier.account_id = line.account_id AND earlier.session_id = line.session_id
                 AND earlier.event = 'changed' AND earlier.seq < line.seq))  -- once per look-in
        THEN
            PERFORM consent_notice(line.account_id, 'privacy.tasks.notify_access', 'log_id', line.id);
        END IF;
        RETURN line.seq;
    END
    $$;
CREATE FUNCTION consent_notice(account uuid, task text, name text, id uuid) RETURNS void LANGUAGE sql VOLATILE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    INSERT INTO core_outbox (id, account_id, task, args, state, attempts, due_at, created_at, error)
    VALUES (gen_random_uuid(), account, task, jsonb_build_object(name, id), 'pending', 0, clock_timestamp(), clock_timestamp(), '')
    $$;
REVOKE ALL ON FUNCTION access_log_text(privacy_accesslog), access_log_append(privacy_accesslog),
    consent_notice(uuid, text, text, uuid) FROM PUBLIC;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""

TRIGGERS = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
-- The database's clock counts, not the writer's: a later date would stretch what a date allows.
CREATE FUNCTION support_message_before() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        NEW.created_at := clock_timestamp();
        RETURN NEW;
    END $$;
CREATE FUNCTION support_message_after() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        IF NOT NEW.internal THEN
            UPDATE privacy_supportquestion
            SET last_message_at = NEW.created_at, waits_for_staff = NOT NEW.by_staff
            WHERE account_id = NEW.account_id AND id = NEW.question_id;
            IF NEW.by_staff THEN
                PERFORM consent_notice(NEW.account_id, 'privacy.tasks.notify_reply', 'message_id', NEW.id);
            END IF;
        END IF;
        RETURN NULL;
    END $$;
CREATE FUNCTION access_request_before() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        NEW.created_at := clock_timestamp();
        NEW.expires_at := NEW.created_at + interval '72 hours';
        NEW.state := 'pending';
        NEW.answered_by := NULL;
        NEW.answered_at := NULL;
        IF EXISTS (SELECT FROM privacy_supportquestion
                   WHERE account_id = NEW.account_id AND id = NEW.question_id AND closed_at IS NOT NULL) THEN
            RAISE EXCEPTION 'the question is closed' USING ERRCODE = 'WZ004';
        END IF;
        RETURN NEW;
    END $$;
CREATE FUNCTION access_request_after() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE line privacy_accesslog;
    BEGIN
        IF TG_OP = 'UPDATE' AND (NEW.state = OLD.state OR NEW.state = 'granted') THEN
            RETURN NULL;  -- the grant writes its own line
        END IF;
        line.account_id := NEW.account_id;
        line.question_id := NEW.question_id;
        line.request_id := NEW.id;
        line.site_id := NEW.site_id;
        line.form_id := NEW.form_id;
        line.submission_id := NEW.submission_id;
        line.event := CASE NEW.state WHEN 'pending' THEN 'requested' WHEN 'expired' THEN 'unanswered' ELSE NEW.state END;
        line.by := CASE NEW.state WHEN 'expired' THEN 'system' WHEN 'refused' THEN 'member' ELSE 'staff' END;
        line.actor_id := CASE NEW.state WHEN 'expired' THEN NULL WHEN 'refused' THEN NEW.answered_by ELSE NEW.staff_id END;
        PERFORM access_log_append(line);
        RETURN NULL;
    END $$;
CREATE FUNCTION access_grant_before() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN
            NEW.granted_at := clock_timestamp();
            NEW.revoked_at := NULL;
            NEW.revoked_by := NULL;
            NEW.ended_at := NULL;
        ELSIF NEW.revoked_at IS NOT DISTINCT FROM OLD.revoked_at THEN
            IF NEW.revoked_by IS NOT NULL THEN  -- an erased person's number may go, no other may come
                NEW.revoked_by := OLD.revoked_by;
            END IF;
        ELSE
            IF OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL THEN
                RAISE EXCEPTION 'consent was withdrawn for good' USING ERRCODE = 'WZ005';
            END IF;
            NEW.revoked_at := clock_timestamp();
            NEW.revoked_by := current_user_id();
            NEW.ended_at := coalesce(OLD.ended_at, NEW.revoked_at);
        END IF;
        RETURN NEW;
    END $$;
CREATE FUNCTION access_grant_after() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE line privacy_accesslog;
    BEGIN
        line.account_id := NEW.account_id;
        line.question_id := NEW.question_id;
        line.request_id := NEW.request_id;
        line.grant_id := NEW.id;
        line.site_id := NEW.site_id;
        line.form_id := NEW.form_id;
        line.submission_id := NEW.submission_id;
        IF TG_OP = 'INSERT' THEN
            line.event := CASE NEW.source WHEN 'explicit' THEN 'granted' ELSE 'implied' END;
            line.by := CASE NEW.source WHEN 'explicit' THEN 'member' ELSE 'staff' END;
            line.actor_id := CASE NEW.source WHEN 'explicit' THEN NEW.granted_by ELSE current_user_id() END;
        ELSIF NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL THEN
            WITH closed AS (
                UPDATE privacy_accesssession SET closed_at = clock_timestamp()
                WHERE account_id = NEW.account_id AND grant_id = NEW.id AND closed_at IS NULL
                RETURNING 1
            ) SELECT count(*) INTO line.number FROM closed;
            line.event := 'revoked';
            line.by := 'member';
            line.actor_id := NEW.revoked_by;
        ELSE
            RETURN NULL;
        END IF;
        PERFORM access_log_append(line);
        RETURN NULL;
    END $$;
CREATE FUNCTION consent_setting_after() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE line privacy_accesslog;
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.never_implied = OLD.never_implied THEN
            RETURN NULL;
        END IF;
        line.account_id := NEW.account_id;
        line.event := CASE WHEN NEW.never_implied THEN 'never_implied' ELSE 'may_imply' END;
        line.by := 'member';
        line.actor_id := NEW.changed_by;
        PERFORM access_log_append(line);
        RETURN NULL;
    END $$;
REVOKE ALL ON FUNCTION support_message_before(), support_message_after(), access_request_before(),
    access_request_after(), access_grant_before(), access_grant_after(), consent_setting_after() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION support_message_before(), support_message_after(), access_request_before(),
    access_request_after(), access_grant_before(), access_grant_after(), consent_setting_after() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
CREATE TRIGGER before_write BEFORE INSERT ON privacy_supportmessage FOR EACH ROW EXECUTE FUNCTION support_message_before();
CREATE TRIGGER after_write AFTER INSERT ON privacy_supportmessage FOR EACH ROW EXECUTE FUNCTION support_message_after();
CREATE TRIGGER before_write BEFORE INSERT ON privacy_accessrequest FOR EACH ROW EXECUTE FUNCTION access_request_before();
CREATE TRIGGER after_write AFTER INSERT OR UPDATE ON privacy_accessrequest FOR EACH ROW EXECUTE FUNCTION access_request_after();
CREATE TRIGGER before_write BEFORE INSERT OR UPDATE ON privacy_accessgrant FOR EACH ROW EXECUTE FUNCTION access_grant_before();
CREATE TRIGGER after_write AFTER INSERT OR UPDATE ON privacy_accessgrant FOR EACH ROW EXECUTE FUNCTION access_grant_after();
CREATE TRIGGER after_write AFTER INSERT OR UPDATE ON privacy_consentsetting FOR EACH ROW EXECUTE FUNCTION consent_setting_after();
"""

FUNCTIONS = (
    "support_message_before(), support_message_after(), access_request_before(), access_request_after(),"
    " access_grant_before(), access_grant_after(), consent_setting_after(), access_log_append(privacy_accesslog),"
    " access_log_text(privacy_accesslog), consent_notice(uuid, text, text, uuid), is_staff(), may_consent()"
)


class Migration(migrations.Migration):
    """Row-level security of questions, consent and its log."""

    dependencies = [
        ("privacy", "0003_consent"),
        ("core", "0007_protect_eraser"),
        ("accounts", "0003_staff"),
        ("sites", "0002_protect"),
    ]
    operations = [
        migrations.RunSQL(PEOPLE, migrations.RunSQL.noop),
        TenantTable(
            "supportquestion",
            [
                Rule("app", "SELECT"),
                Rule("app", "INSERT", check=f"{TENANT} AND asked_by = current_user_id() AND closed_at IS NULL"),
                Rule("app", "UPDATE", columns={"UPDATE": "implied_refused, closed_at, closed_by"}),
                Rule("staff", "SELECT", using=ANY),
                Rule(
                    "staff", "UPDATE", using="is_staff()", columns={"UPDATE": "closed_at, closed_by, waits_for_staff"}
                ),
                Rule("worker", "SELECT, DELETE"),
                Rule("eraser", "UPDATE", columns={"UPDATE": "asked_by, closed_by"}),
                Rule("definer", "SELECT, UPDATE", using=ANY),
            ],
        ),
        TenantTable(
            "supportmessage",
            [
                Rule("app", "SELECT", using=f"{TENANT} AND NOT internal"),
                Rule("app", "INSERT", check=f"{TENANT} AND member_id = current_user_id() AND NOT by_staff"),
                Rule("staff", "SELECT", using=ANY),
                Rule("staff", "INSERT", check="by_staff AND staff_id = current_user_id() AND is_staff()"),
                Rule("worker", "SELECT, DELETE"),
                Rule("eraser", "UPDATE", columns={"UPDATE": "member_id, staff_id"}),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        TenantTable(
            "accessrequest",
            [
                Rule("app", "SELECT"),
                Rule(
                    "app",
                    "UPDATE",
                    using=f"{TENANT} AND state = 'pending' AND expires_at > now()",
                    check=f"{TENANT} AND state IN ('granted', 'refused') AND answered_by = current_user_id() AND may_consent()",
                    columns={"UPDATE": "state, answered_by, answered_at"},
                ),
                Rule("staff", "SELECT", using=ANY),
                Rule("staff", "INSERT", check="staff_id = current_user_id() AND is_staff()"),
                Rule(
                    "staff",
                    "UPDATE",
                    using="staff_id = current_user_id() AND state = 'pending'",
                    check="staff_id = current_user_id() AND state = 'withdrawn'",
                    columns={"UPDATE": "state, answered_at"},
                ),
                Rule("worker", "SELECT, DELETE"),
                Rule("eraser", "UPDATE", columns={"UPDATE": "staff_id, answered_by"}),
                Rule("definer", "SELECT, UPDATE", using=ANY),
            ],
        ),
        TenantTable(
            "accessgrant",
            [
                Rule("app", "SELECT"),
                Rule(
                    "app",
                    "INSERT",
                    check=f"{TENANT} AND source = 'explicit' AND granted_by = current_user_id() AND may_consent()",
                ),
                # any member may end what a colleague allowed
                Rule("app", "UPDATE", columns={"UPDATE": "revoked_at, revoked_by"}),
                Rule("staff", "SELECT", using=ANY),
                Rule("worker", "SELECT, DELETE"),
                Rule("eraser", "UPDATE", columns={"UPDATE": "staff_id, granted_by, revoked_by"}),
                Rule("definer", "SELECT, INSERT, UPDATE", using=ANY),
            ],
        ),
        TenantTable(
            "accesssession",
            [
                Rule("app", "SELECT"),
                Rule("staff", "SELECT", using=ANY),
                Rule("worker", "SELECT, DELETE"),
                Rule("eraser", "UPDATE", columns={"UPDATE": "staff_id"}),
                Rule("definer", "SELECT, INSERT, UPDATE", using=ANY),
            ],
        ),
        TenantTable(
            "consentsetting",
            [
                Rule("app", "SELECT"),
                Rule("app", "INSERT", check=f"{TENANT} AND changed_by = current_user_id() AND may_consent()"),
                Rule(
                    "app",
                    "UPDATE",
                    check=f"{TENANT} AND changed_by = current_user_id() AND may_consent()",
                    columns={"UPDATE": "never_implied, changed_by, changed_at"},
                ),
                Rule("staff", "SELECT", using=ANY),
                Rule("worker", "SELECT, DELETE"),
                Rule("eraser", "UPDATE", columns={"UPDATE": "changed_by"}),
                Rule("definer", "SELECT", using=ANY),
            ],
        ),
        TenantTable(
            "accesslog",
            [
                Rule("app", "SELECT"),
                Rule("staff", "SELECT", using=ANY),
                Rule("worker", "SELECT"),
                Rule("definer", "SELECT, INSERT", using=ANY),
            ],
            kept=True,
        ),
        # what a consent's function or trigger tells the customer, and a job that it starts
        ChangeRules("core_outbox", [Rule("definer", "INSERT", using=ANY)]),
        migrations.RunSQL(LOG, migrations.RunSQL.noop),
        migrations.RunSQL(
            TRIGGERS,
            f"SET LOCAL ROLE webanizr_definer; DROP FUNCTION {FUNCTIONS} CASCADE; SET LOCAL ROLE webanizr_owner;",
        ),
    ]
