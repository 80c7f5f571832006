"""The gate: what staff see of what customers collect is decided here, row by row (promises 10 and 11).

A session is found by the account (`webanizr.account_id`), the person (`webanizr.user_id`) and its number
(`webanizr.access_session`): whoever makes one of them up finds none. docs/consent.md tells the story.
"""

from django.db import migrations

from webanizr.core.tenancy import ChangeRules, Rule

ANY = "true"
METADATA = "id, account_id, site_id, form_id, received_at, deleted_at, quarantined"

# Consent serves its question: while that is closed nobody looks.
# A session counts only in a later transaction than the one that opened it: its line in the log is then committed, so no
# rollback can hide a look. Only READ COMMITTED: an older snapshot would not know of a withdrawal. One row at most.
SCOPE = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION access_scope(wanted text)
    RETURNS TABLE (account_id uuid, site_id uuid, form_id uuid, submission_id uuid, session_id uuid, grant_id uuid,
                   question_id uuid, staff_id uuid, ends timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT g.account_id, g.site_id, g.form_id, g.submission_id, s.id, g.id, g.question_id, s.staff_id,
           least(s.expires_at, g.expires_at)
    FROM privacy_accesssession s
    JOIN privacy_accessgrant g ON g.account_id = s.account_id AND g.id = s.grant_id
    JOIN accounts_staffmember m ON m.user_id = s.staff_id
    LEFT JOIN privacy_supportquestion q ON q.account_id = g.account_id AND q.id = g.question_id
    WHERE s.account_id = current_account_id()
      AND s.id = nullif(current_setting('webanizr.access_session', true), '')::uuid
      AND s.staff_id = current_user_id() AND m.active
      AND s.closed_at IS NULL AND s.expires_at > clock_timestamp()
      AND q.closed_at IS NULL
      AND g.revoked_at IS NULL AND g.expires_at > clock_timestamp()
      AND wanted IN ('view', s.action) AND wanted = ANY (g.actions)
      AND s.opened_xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
      AND current_setting('transaction_isolation') = 'read committed'
    $$;
CREATE FUNCTION scope_account(wanted text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT account_id FROM access_scope(wanted) $$;
CREATE FUNCTION scope_holds_site(wanted text, site uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM access_scope(wanted) c WHERE c.site_id = site) $$;
-- A form: the one that was named, or all of the site.
CREATE FUNCTION scope_holds_form(wanted text, site uuid, form uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (
        SELECT FROM access_scope(wanted) c WHERE c.site_id = site AND coalesce(c.form_id, form) = form
    ) $$;
-- A submission, in bulk: for the exporter, whose order is a line of the log itself.
CREATE FUNCTION scope_holds(wanted text, site uuid, form uuid, submission uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (
        SELECT FROM access_scope(wanted) c
        WHERE c.site_id = site AND coalesce(c.form_id, form) = form AND coalesce(c.submission_id, submission) = submission
    ) $$;
-- A submission for a person's eyes: once its own line, "viewed in this session", is in the log and committed.
CREATE FUNCTION scope_shows(wanted text, site uuid, form uuid, submission uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (
        SELECT FROM access_scope(wanted) c
        JOIN privacy_accesslog l ON l.account_id = c.account_id AND l.session_id = c.session_id
        WHERE c.site_id = site AND coalesce(c.form_id, form) = form AND coalesce(c.submission_id, submission) = submission
          AND l.submission_id = submission AND l.event = 'viewed'
          AND l.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    ) $$;
REVOKE ALL ON FUNCTION access_scope(text), scope_account(text), scope_holds_site(text, uuid), scope_holds_form(text, uuid, uuid),
    scope_holds(text, uuid, uuid, uuid), scope_shows(text, uuid, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_scope(text), scope_account(text) TO webanizr_staff, webanizr_exporter;
GRANT EXECUTE ON FUNCTION scope_holds_site(text, uuid), scope_holds_form(text, uuid, uuid), scope_shows(text, uuid, uuid, uuid) TO webanizr_staff;
GRANT EXECUTE ON FUNCTION scope_holds_form(text, uuid, uuid), scope_holds(text, uuid, uuid, uuid) TO webanizr_exporter;
SET LOCAL ROLE webanizr_owner;
-- The exporter works for an account's own members, or, when a session is named, within that session and no further.
-- Run as the asker and inlined, so that an account's own export pays for one setting, not for a query a row.
CREATE FUNCTION export_account() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT CASE WHEN nullif(current_setting('webanizr.access_session', true), '') IS NULL
                 THEN current_account_id() ELSE scope_account('export') END $$;
SET LOCAL row_security = off;
"""
EXPORTS = (
    "account_id = export_account() AND (nullif(current_setting('webanizr.access_session', true), '') IS NULL"
    " OR {holds})"
)

# What staff do. WZ001: no live consent. WZ002: consent was refused beforehand. WZ003: the customer's words don't say so.
ACTS = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
CREATE FUNCTION grant_from_quote(account uuid, message uuid, words text, site uuid, form uuid, submission uuid,
                                 hours integer, wording text)
    RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        said record;
        made uuid := gen_random_uuid();
    BEGIN
        IF NOT is_staff() THEN
            RAISE EXCEPTION 'nobody of Webanizr' USING ERRCODE = 'WZ001';
        END IF;
        SELECT m.id, m.body, m.member_id, m.question_id, q.implied_refused, q.closed_at INTO said
        FROM privacy_supportmessage m
        JOIN privacy_supportquestion q ON q.account_id = m.account_id AND q.id = m.question_id
        WHERE m.account_id = account AND m.id = message AND NOT m.by_staff AND m.member_id IS NOT NULL
          AND m.created_at > clock_timestamp() - interval '30 days'
        FOR SHARE OF q;
        IF NOT FOUND OR said.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'no recent message of a customer' USING ERRCODE = 'WZ003';
        END IF;
        IF NOT EXISTS (SELECT FROM accounts_membership mm
                       WHERE mm.account_id = account AND mm.user_id = said.member_id AND mm.role = 'owner') THEN
            RAISE EXCEPTION 'its author may not consent for this account' USING ERRCODE = 'WZ003';
        END IF;
        IF said.implied_refused OR EXISTS (SELECT FROM privacy_consentsetting s
                                           WHERE s.account_id = account AND s.never_implied) THEN
            RAISE EXCEPTION 'the customer wants to be asked first' USING ERRCODE = 'WZ002';
        END IF;
        IF words IS NULL OR length(btrim(words)) < 15 OR position(words IN said.body) = 0 THEN
            RAISE EXCEPTION 'the quote is not in the customer''s own message' USING ERRCODE = 'WZ003';
        END IF;
        IF form IS NULL OR NOT EXISTS (SELECT FROM sites_form f
                                       WHERE f.account_id = account AND f.site_id = site AND f.id = form) THEN
            RAISE EXCEPTION 'implied consent names a form or a submission' USING ERRCODE = 'WZ003';
        END IF;
        IF submission IS NOT NULL AND NOT EXISTS (SELECT FROM sites_submission b
                WHERE b.account_id = account AND b.form_id = form AND b.id = submission) THEN
            RAISE EXCEPTION 'there is no such submission' USING ERRCODE = 'WZ003';
        END IF;
        IF hours IS NULL OR hours NOT BETWEEN 1 AND 72 THEN
            RAISE EXCEPTION 'implied consent lasts 72 hours at most' USING ERRCODE = 'WZ003';
        END IF;
        INSERT INTO privacy_accessgrant (id, account_id, question_id, site_id, form_id, submission_id, actions, source,
                                         message_id, quote, wording, granted_by, staff_id, granted_at, expires_at)
        VALUES (made, account, said.question_id, site, form, submission, ARRAY['view'], 'question', said.id, words,
                wording, said.member_id, current_user_id(), now(), now() + make_interval(hours => hours));
        RETURN made;
    END $$;
CREATE FUNCTION open_access_session(account uuid, consent uuid, wanted text, why text)
    RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        given privacy_accessgrant;
        line privacy_accesslog;
        made uuid := gen_random_uuid();
        moment timestamptz := clock_timestamp();
    BEGIN
        SELECT * INTO given FROM privacy_accessgrant g
        WHERE g.account_id = account AND g.id = consent AND g.revoked_at IS NULL AND g.expires_at > moment
          AND NOT EXISTS (SELECT FROM privacy_supportquestion q
                          WHERE q.account_id = g.account_id AND q.id = g.question_id AND q.closed_at IS NOT NULL)
          AND wanted = ANY (g.actions) AND (g.staff_id IS NULL OR g.staff_id = current_user_id())
        FOR UPDATE;
        IF NOT FOUND OR NOT is_staff() THEN
            RAISE EXCEPTION 'no valid consent' USING ERRCODE = 'WZ001';
        END IF;
        INSERT INTO privacy_accesssession (id, account_id, grant_id, staff_id, action, reason, opened_at, expires_at)
        VALUES (made, account, consent, current_user_id(), wanted, btrim(why), moment,
                least(given.expires_at, moment + interval '30 minutes'));
        line := access_line(account, made, 'opened', 'staff', current_user_id());
        PERFORM access_log_append(line);
        RETURN made;
    END $$;
-- A line about a session, with what its consent names.
CREATE FUNCTION access_line(account uuid, session uuid, event text, by text, actor uuid) RETURNS privacy_accesslog
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE line privacy_accesslog;
    BEGIN
        SELECT s.account_id, g.question_id, g.request_id, g.id, s.id, g.site_id, g.form_id, g.submission_id
        INTO line.account_id, line.question_id, line.request_id, line.grant_id, line.session_id, line.site_id,
             line.form_id, line.submission_id
        FROM privacy_accesssession s JOIN privacy_accessgrant g ON g.account_id = s.account_id AND g.id = s.grant_id
        WHERE s.account_id = account AND s.id = session;
        line.event := event;
        line.by := by;
        line.actor_id := actor;
        RETURN line;
    END $$;
CREATE FUNCTION close_access_session(account uuid, session uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    BEGIN
        UPDATE privacy_accesssession s SET closed_at = clock_timestamp()
        WHERE s.account_id = account AND s.id = session AND s.staff_id = current_user_id() AND s.closed_at IS NULL;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        PERFORM access_log_append(access_line(account, session, 'closed', 'staff', current_user_id()));
        RETURN true;
    END $$;
-- The order of a look at one submission; the look itself needs a later transaction (scope_shows).
CREATE FUNCTION record_view(submission uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        here record;
        found_form uuid;
        earlier bigint;
        line privacy_accesslog;
    BEGIN
        SELECT * INTO here FROM access_scope('view');
        SELECT b.form_id INTO found_form FROM sites_submission b
        WHERE b.account_id = here.account_id AND b.id = submission AND b.site_id = here.site_id
          AND coalesce(here.form_id, b.form_id) = b.form_id AND coalesce(here.submission_id, b.id) = b.id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no valid consent' USING ERRCODE = 'WZ001';
        END IF;
        SELECT l.seq INTO earlier FROM privacy_accesslog l
        WHERE l.account_id = here.account_id AND l.session_id = here.session_id AND l.submission_id = submission
          AND l.event = 'viewed';
        IF FOUND THEN
            RETURN earlier;
        END IF;
        line := access_line(here.account_id, here.session_id, 'viewed', 'staff', here.staff_id);
        line.form_id := found_form;
        line.submission_id := submission;
        RETURN access_log_append(line);
    END $$;
-- What is in a session's scope: numbers and moments, no content. The list from which staff choose what to look at.
CREATE FUNCTION scope_submissions(older timestamptz, than uuid, most integer)
    RETURNS TABLE (id uuid, site_id uuid, form_id uuid, received_at timestamptz, quarantined boolean, viewed boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    #variable_conflict use_column
    DECLARE
        here record;
        first_moment timestamptz := coalesce(older, 'infinity');
        first_id uuid := coalesce(than, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
    BEGIN
        SELECT * INTO here FROM access_scope('view');
        -- two statements, so that each is served by an index that is in the order of the list
        IF here.form_id IS NOT NULL THEN
            RETURN QUERY
            SELECT b.id, b.site_id, b.form_id, b.received_at, b.quarantined, was_viewed(here.account_id, here.session_id, b.id)
            FROM sites_submission b
            WHERE b.account_id = here.account_id AND b.form_id = here.form_id AND b.site_id = here.site_id
              AND b.id = coalesce(here.submission_id, b.id) AND b.deleted_at IS NULL
              AND (b.received_at, b.id) < (first_moment, first_id)
            ORDER BY b.received_at DESC, b.id DESC LIMIT most;
        ELSE
            RETURN QUERY
            SELECT b.id, b.site_id, b.form_id, b.received_at, b.quarantined, was_viewed(here.account_id, here.session_id, b.id)
            FROM sites_submission b
            WHERE b.account_id = here.account_id AND b.site_id = here.site_id AND b.deleted_at IS NULL
              AND (b.received_at, b.id) < (first_moment, first_id)
            ORDER BY b.received_at DESC, b.id DESC LIMIT most;
        END IF;
    END $$;
CREATE FUNCTION was_viewed(account uuid, session uuid, submission uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (
        SELECT FROM privacy_accesslog l WHERE l.account_id = account AND l.session_id = session
          AND l.submission_id = submission AND l.event = 'viewed'
    ) $$;
-- Metadata that needs no consent: an account's forms by name, with counts.
CREATE FUNCTION staff_forms(account uuid)
    RETURNS TABLE (id uuid, site_id uuid, name varchar, submissions bigint, today bigint, quarantined bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT f.id, f.site_id, f.name, count(b.id) FILTER (WHERE NOT b.quarantined),
           count(b.id) FILTER (WHERE NOT b.quarantined AND b.received_at > now() - interval '24 hours'),
           count(b.id) FILTER (WHERE b.quarantined)
    FROM sites_form f
    LEFT JOIN sites_submission b ON b.account_id = f.account_id AND b.form_id = f.id AND b.deleted_at IS NULL
    WHERE f.account_id = account AND f.deleted_at IS NULL AND is_staff()
    GROUP BY f.id, f.site_id, f.name, f.created_at
    ORDER BY f.created_at
    $$;
-- An export that staff order runs in the exporter, under its own login, inside the session's scope.
CREATE FUNCTION order_export() RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        here record;
        job uuid := gen_random_uuid();
        line privacy_accesslog;
    BEGIN
        SELECT * INTO here FROM access_scope('export');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no valid consent' USING ERRCODE = 'WZ001';
        END IF;
        line := access_line(here.account_id, here.session_id, 'exported', 'staff', here.staff_id);
        SELECT count(*) INTO line.number FROM sites_submission b
        WHERE b.account_id = here.account_id AND b.site_id = here.site_id
          AND coalesce(here.form_id, b.form_id) = b.form_id AND coalesce(here.submission_id, b.id) = b.id
          AND b.deleted_at IS NULL AND NOT b.quarantined;
        PERFORM access_log_append(line);
        INSERT INTO core_job (id, account_id, kind, params, state, done, total, message, result_key, result_bytes,
                              created_by, created_at)
        VALUES (job, here.account_id, 'access_export', jsonb_build_object('session', here.session_id,
                'form', coalesce(here.form_id::text, '')), 'queued', 0, line.number, '', '', 0, here.staff_id, clock_timestamp());
        PERFORM consent_notice(here.account_id, 'sites.export_tasks.export_consented', 'job_id', job);
        RETURN job;
    END $$;
-- How far such an export is, and where it lies, as long as the session lasts.
CREATE FUNCTION access_exports() RETURNS TABLE (id uuid, state varchar, done integer, total integer, result_key varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT j.id, j.state, j.done, j.total, j.result_key FROM access_scope('export') c
    JOIN core_job j ON j.account_id = c.account_id
    WHERE j.kind = 'access_export' AND j.params ->> 'session' = c.session_id::text ORDER BY j.created_at DESC
    $$;
-- What staff change leaves its hashes before and after, whatever statement changed it.
CREATE FUNCTION submission_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE line privacy_accesslog;
    BEGIN
        line := access_line(NEW.account_id, nullif(current_setting('webanizr.access_session', true), '')::uuid,
                            'changed', 'staff', current_user_id());
        line.form_id := NEW.form_id;
        line.submission_id := NEW.id;
        line.before := sha256(OLD.content);
        line.after := sha256(NEW.content);
        PERFORM access_log_append(line);
        RETURN NULL;
    END $$;
-- What a session for exporting wrote goes when the session ends, however it ends.
CREATE FUNCTION access_session_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ BEGIN
        PERFORM consent_notice(NEW.account_id, 'sites.export_tasks.forget_consented', 'session_id', NEW.id);
        RETURN NULL;
    END $$;
-- What ended by itself: requests without an answer, consent, sessions. One line each, account after account.
CREATE FUNCTION expire_consents() RETURNS integer LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        due record;
        line privacy_accesslog;
        ended integer := 0;
    BEGIN
        FOR due IN
            SELECT account_id, id, 'session' AS kind, expires_at FROM privacy_accesssession
            WHERE closed_at IS NULL AND expires_at < clock_timestamp()
            UNION ALL
            SELECT account_id, id, 'request', expires_at FROM privacy_accessrequest
            WHERE state = 'pending' AND expires_at < clock_timestamp()
            UNION ALL
            SELECT account_id, id, 'grant', expires_at FROM privacy_accessgrant
            WHERE ended_at IS NULL AND expires_at < clock_timestamp()
            ORDER BY 1, 4 LIMIT 500
        LOOP
            -- a row that somebody is busy with is left for the next time: waiting for it could be waiting for each other
            CONTINUE WHEN NOT CASE due.kind
                WHEN 'request' THEN EXISTS (SELECT FROM privacy_accessrequest
                    WHERE account_id = due.account_id AND id = due.id FOR UPDATE SKIP LOCKED)
                WHEN 'session' THEN EXISTS (SELECT FROM privacy_accesssession
                    WHERE account_id = due.account_id AND id = due.id FOR UPDATE SKIP LOCKED)
                ELSE EXISTS (SELECT FROM privacy_accessgrant
                    WHERE account_id = due.account_id AND id = due.id FOR UPDATE SKIP LOCKED)
                END;
            IF due.kind = 'request' THEN
                UPDATE privacy_accessrequest SET state = 'expired', answered_at = clock_timestamp()
                WHERE account_id = due.account_id AND id = due.id AND state = 'pending';
            ELSIF due.kind = 'session' THEN
                UPDATE privacy_accesssession SET closed_at = expires_at
                WHERE account_id = due.account_id AND id = due.id AND closed_at IS NULL;
                IF FOUND THEN
                    PERFORM access_log_append(access_line(due.account_id, due.id, 'closed', 'system', NULL));
                END IF;
            ELSE
                UPDATE privacy_accessgrant SET ended_at = expires_at
                WHERE account_id = due.account_id AND id = due.id AND ended_at IS NULL;
                IF FOUND THEN
                    SELECT g.account_id, g.question_id, g.request_id, g.id, NULL::uuid, g.site_id, g.form_id, g.submission_id
                    INTO line.account_id, line.question_id, line.request_id, line.grant_id, line.session_id, line.site_id,
                         line.form_id, line.submission_id
                    FROM privacy_accessgrant g WHERE g.account_id = due.account_id AND g.id = due.id;
                    line.event := 'expired';
                    line.by := 'system';
                    PERFORM access_log_append(line);
                END IF;
            END IF;
            ended := ended + 1;
        END LOOP;
        RETURN ended;
    END $$;
REVOKE ALL ON FUNCTION grant_from_quote(uuid, uuid, text, uuid, uuid, uuid, integer, text),
    open_access_session(uuid, uuid, text, text), access_line(uuid, uuid, text, text, uuid),
    close_access_session(uuid, uuid), record_view(uuid), scope_submissions(timestamptz, uuid, integer), staff_forms(uuid), order_export(),
    access_exports(), submission_changed(), expire_consents(), access_session_closed(), was_viewed(uuid, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION grant_from_quote(uuid, uuid, text, uuid, uuid, uuid, integer, text),
    open_access_session(uuid, uuid, text, text), close_access_session(uuid, uuid), record_view(uuid),
    scope_submissions(timestamptz, uuid, integer), staff_forms(uuid), order_export(), access_exports() TO webanizr_staff;
GRANT EXECUTE ON FUNCTION expire_consents() TO webanizr_worker;
GRANT EXECUTE ON FUNCTION submission_changed(), access_session_closed() TO webanizr_owner;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
CREATE TRIGGER after_closing AFTER UPDATE OF closed_at ON privacy_accesssession FOR EACH ROW
    WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL AND NEW.action = 'export')
    EXECUTE FUNCTION access_session_closed();
CREATE TRIGGER changed_by_staff AFTER UPDATE OF content ON sites_submission FOR EACH ROW
    WHEN (current_user = 'webanizr_staff') EXECUTE FUNCTION submission_changed();
"""
UNDO = """
DROP TRIGGER changed_by_staff ON sites_submission;
DROP TRIGGER after_closing ON privacy_accesssession;
DROP FUNCTION export_account();
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION grant_from_quote(uuid, uuid, text, uuid, uuid, uuid, integer, text),
    open_access_session(uuid, uuid, text, text), access_line(uuid, uuid, text, text, uuid),
    close_access_session(uuid, uuid), record_view(uuid), scope_submissions(timestamptz, uuid, integer), staff_forms(uuid), order_export(),
    access_exports(), submission_changed(), expire_consents(), access_session_closed(), was_viewed(uuid, uuid, uuid), scope_shows(text, uuid, uuid, uuid),
    scope_holds(text, uuid, uuid, uuid), scope_holds_form(text, uuid, uuid), scope_holds_site(text, uuid), scope_account(text), access_scope(text);
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """The functions of the gate, and the policies of the tables behind it."""

    dependencies = [("privacy", "0004_protect_consent"), ("sites", "0004_protect_keys"), ("core", "0009_protect_alarm")]
    operations = [
        ChangeRules("sites_submission", [Rule("definer", "SELECT", using=ANY, columns={"SELECT": METADATA})]),
        ChangeRules(
            "sites_form",
            [
                Rule(
                    "definer",
                    "SELECT",
                    using=ANY,
                    columns={"SELECT": "id, account_id, site_id, name, created_at, deleted_at"},
                )
            ],
        ),
        ChangeRules("core_job", [Rule("definer", "SELECT, INSERT", using=ANY)]),
        migrations.RunSQL(SCOPE, migrations.RunSQL.noop),
        migrations.RunSQL(ACTS, UNDO),
        ChangeRules(
            "sites_submission",
            [
                Rule(
                    "staff",
                    "SELECT",
                    using="account_id = scope_account('view') AND scope_shows('view', site_id, form_id, id)",
                ),
                Rule(
                    "staff",
                    "UPDATE",
                    using="account_id = scope_account('change') AND scope_shows('change', site_id, form_id, id)",
                    columns={"UPDATE": "content"},
                ),
                Rule("exporter", "SELECT", using=EXPORTS.format(holds="scope_holds('export', site_id, form_id, id)")),
            ],
            before=[Rule("exporter", "SELECT")],
        ),
        ChangeRules(
            "sites_form",
            [
                Rule(
                    "staff",
                    "SELECT",
                    using="account_id = scope_account('view') AND scope_holds_form('view', site_id, id)",
                ),
                Rule("exporter", "SELECT", using=EXPORTS.format(holds="scope_holds_form('export', site_id, id)")),
            ],
            before=[Rule("exporter", "SELECT")],
        ),
        # what staff find damaged in a session rings as it does for others
        ChangeRules(
            "core_alarm", [Rule("staff", "INSERT"), Rule("staff", "UPDATE", columns={"UPDATE": "count, last_at"})]
        ),
        # sealed themselves: without the site's key in the key store they open nothing
        ChangeRules(
            "sites_intakekey",
            [
                Rule(
                    "staff",
                    "SELECT",
                    using="account_id = scope_account('view') AND scope_holds_site('view', site_id)",
                )
            ],
        ),
    ]
