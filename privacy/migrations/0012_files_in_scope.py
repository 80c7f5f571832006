"""Files of visitors inside a look-in: each one shows once its own line is in the log and committed (promise 10).

And the place of a submission in the list of a look-in, so that staff can turn its pages.
"""

from django.db import migrations, models

from webanizr.core.tenancy import ChangeRules, Rule

ANY = "true"

FILES = """
SET LOCAL row_security = on;
SET LOCAL ROLE webanizr_definer;
-- Which of its submission's files it is, from 1: what the log's line says of it. Files come with their submission and go
-- with it, so a number keeps its meaning.
CREATE FUNCTION file_number(account uuid, submission uuid, file uuid) RETURNS integer LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT n::integer FROM (
        SELECT u.id, row_number() OVER (ORDER BY u.id) AS n FROM sites_upload u
        WHERE u.account_id = account AND u.submission_id = submission
    ) numbered WHERE id = file
    $$;
-- The order of a look at one file of a submission whose own look is in the log; showing it needs a later transaction.
CREATE FUNCTION record_file_view(submission uuid, file uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        here record;
        looked record;
        which integer;
        earlier bigint;
        line privacy_accesslog;
    BEGIN
        SELECT * INTO here FROM access_scope('view');
        SELECT b.site_id, b.form_id INTO looked FROM sites_submission b
        WHERE b.account_id = here.account_id AND b.id = submission
          AND scope_shows('view', b.site_id, b.form_id, b.id);
        IF FOUND THEN
            which := file_number(here.account_id, submission, file);
        END IF;
        IF which IS NULL THEN
            RAISE EXCEPTION 'no valid consent' USING ERRCODE = 'WZ001';
        END IF;
        SELECT l.seq INTO earlier FROM privacy_accesslog l
        WHERE l.account_id = here.account_id AND l.session_id = here.session_id AND l.submission_id = submission
          AND l.event = 'file_viewed' AND l.number = which;
        IF FOUND THEN
            RETURN earlier;
        END IF;
        line := access_line(here.account_id, here.session_id, 'file_viewed', 'staff', here.staff_id);
        line.form_id := looked.form_id;
        line.submission_id := submission;
        line.number := which;
        RETURN access_log_append(line);
    END $$;
CREATE FUNCTION scope_shows_file(submission uuid, file uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (
        SELECT FROM access_scope('view') c
        JOIN privacy_accesslog l ON l.account_id = c.account_id AND l.session_id = c.session_id
        WHERE l.submission_id = submission AND l.event = 'file_viewed'
          AND l.number = file_number(c.account_id, submission, file)
          AND l.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    ) $$;
-- How many submissions the open session covers and how many were looked at; with one of them: its place from the
-- newest, and the ones beside it. Numbers only.
CREATE FUNCTION scope_place(submission uuid)
    RETURNS TABLE (newer uuid, older uuid, place bigint, total bigint, seen bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    #variable_conflict use_column
    DECLARE
        here record;
        this record;
    BEGIN
        SELECT * INTO here FROM access_scope('view');
        SELECT b.received_at, b.id INTO this FROM sites_submission b
        WHERE b.account_id = here.account_id AND b.id = submission;
        RETURN QUERY
        WITH covered AS (
            SELECT b.id, b.received_at FROM sites_submission b
            WHERE b.account_id = here.account_id AND b.site_id = here.site_id AND b.deleted_at IS NULL
              AND b.form_id = coalesce(here.form_id, b.form_id) AND b.id = coalesce(here.submission_id, b.id)
        )
        SELECT
            (SELECT c.id FROM covered c WHERE (c.received_at, c.id) > (this.received_at, this.id)
             ORDER BY c.received_at, c.id LIMIT 1),
            (SELECT c.id FROM covered c WHERE (c.received_at, c.id) < (this.received_at, this.id)
             ORDER BY c.received_at DESC, c.id DESC LIMIT 1),
            (SELECT count(*) FROM covered c WHERE (c.received_at, c.id) >= (this.received_at, this.id)),
            (SELECT count(*) FROM covered),
            (SELECT count(DISTINCT l.submission_id) FROM privacy_accesslog l JOIN covered c ON c.id = l.submission_id
             WHERE l.account_id = here.account_id AND l.session_id = here.session_id AND l.event = 'viewed');
    END $$;
REVOKE ALL ON FUNCTION file_number(uuid, uuid, uuid), record_file_view(uuid, uuid), scope_shows_file(uuid, uuid),
    scope_place(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_file_view(uuid, uuid), scope_shows_file(uuid, uuid), scope_place(uuid) TO webanizr_staff;
SET LOCAL ROLE webanizr_owner;
SET LOCAL row_security = off;
"""
UNDO = """
SET LOCAL ROLE webanizr_definer;
DROP FUNCTION scope_place(uuid), scope_shows_file(uuid, uuid), record_file_view(uuid, uuid),
    file_number(uuid, uuid, uuid);
SET LOCAL ROLE webanizr_owner;
"""


class Migration(migrations.Migration):
    """An event more in the log, and what finds a file by it."""

    dependencies = [("privacy", "0011_protect_erasure_events"), ("sites", "0012_discard_files")]
    operations = [
        migrations.AlterField(
            "accesslog",
            "event",
            models.CharField(
                choices=[
                    ("requested", "Permission asked"),
                    ("withdrawn", "Request withdrawn"),
                    ("refused", "Request refused"),
                    ("unanswered", "Request not answered in time"),
                    ("granted", "Permission given"),
                    ("implied", "Permission in the question"),
                    ("revoked", "Permission withdrawn"),
                    ("expired", "Permission ended"),
                    ("opened", "Look-in started"),
                    ("viewed", "Submission read"),
                    ("file_viewed", "File opened"),
                    ("changed", "Submission changed"),
                    ("exported", "Submissions exported"),
                    ("closed", "Look-in ended"),
                    ("never_implied", "Always ask first: on"),
                    ("may_imply", "Always ask first: off"),
                ],
                max_length=16,
            ),
        ),
        ChangeRules(
            "sites_upload",
            [Rule("definer", "SELECT", using=ANY, columns={"SELECT": "id, account_id, submission_id"})],
        ),
        migrations.RunSQL(FILES, UNDO),
        ChangeRules(
            "sites_upload",
            [
                Rule(
                    "staff",
                    "SELECT",
                    using="account_id = scope_account('view') AND scope_shows_file(submission_id, id)",
                )
            ],
        ),
    ]
