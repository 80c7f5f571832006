"""Promise 10: staff may not view, change or export what a customer collects without explicit consent.

Every question is put under the real logins of the database: what the gate doesn't show, no program can.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from django.apps import apps
from django.conf import settings

from accounts.staff_admin import site
from privacy.datamap import Subject, data_map
from privacy.scope import Scope
from privacy.services import access, grants
from privacy.services.refusals import ConsentError
from tests import consent
from tests.consent import COUNT, World, asker, opened, staff_settings, viewed
from webanizr.local import testing

pytestmark = pytest.mark.django_db(transaction=True)
Refused = psycopg2.errors.InsufficientPrivilege
NO_CONSENT = "no valid consent"


@pytest.fixture
def world(as_role: Any) -> World:
    return consent.build(as_role)


def sealed(count: int = 40) -> bytes:
    return b"\x02" + bytes(count)


def test_without_a_session_there_is_nothing(world: World) -> None:
    """No grant; then a grant that nobody opened; made-up settings of every kind: no row."""
    for granted in (False, True):
        if granted:
            world.grant("view", "change", "export")
        for chosen in (
            {},
            {"user_id": world.sam.pk},
            {"account_id": world.account_id},
            {"account_id": world.account_id, "user_id": world.alice.user.pk},
            staff_settings(world, world.sam, uuid.uuid4()),
        ):
            with asker("staff", **chosen) as sam:
                assert sam.one(COUNT) == 0
                assert sam.one("SELECT count(*) FROM sites_form") == 0
                assert sam.one("SELECT count(*) FROM sites_intakekey") == 0
                assert sam.run("UPDATE sites_submission SET content = content RETURNING id") == []


def test_nobody_passes_by_the_gate(world: World) -> None:
    with asker("staff", **staff_settings(world, world.sam, uuid.uuid4())) as sam:
        for statement in (
            "DELETE FROM sites_submission",
            "TRUNCATE sites_submission",
            "INSERT INTO sites_submission (id) VALUES (gen_random_uuid())",
            "UPDATE sites_submission SET deleted_at = now()",
            "SET ROLE webanizr_definer",
            "SET ROLE webanizr_owner",
            "SET ROLE webanizr_app",
            "SELECT * FROM scope_holds('view', NULL, NULL, NULL)",
            "SET row_security = off; SELECT count(*) FROM sites_submission",
            "ALTER TABLE sites_submission DISABLE ROW LEVEL SECURITY",
            "INSERT INTO core_outbox (id) VALUES (gen_random_uuid())",
            "SELECT * FROM core_job",
        ):
            with pytest.raises(Refused):
                sam.run(statement)
    with asker("migrator") as owner:
        with pytest.raises(Refused, match="row-level security"):
            owner.run(COUNT)
        assert owner.one("SET LOCAL row_security = on", COUNT) == 0


def test_the_other_logins_keep_to_their_own(world: World) -> None:
    with asker("app") as app:
        assert app.one(COUNT) == 0
        app.settings = {"account_id": world.account_id}
        assert app.one(COUNT) == 6
        with pytest.raises(Refused):
            app.run("INSERT INTO sites_submission (id) VALUES (gen_random_uuid())")
    with asker("hosting", account_id=world.account_id) as hosting:
        with pytest.raises(Refused):
            hosting.run(COUNT)
        columns = (
            "id, account_id, site_id, form_id, intake_key_id, content, received_at, expires_at, is_test, quarantined"
        )
        values = (
            f"gen_random_uuid(), '{world.account_id}', '{world.site.id}', '{world.form.id}', gen_random_uuid(), '\\x02'"
        )
        with pytest.raises(Refused):
            hosting.run(
                f"INSERT INTO sites_submission ({columns}) VALUES ({values}, now(), now(), false, false) RETURNING id"
            )
    # the name of a table's row in another account can't be learned: it is simply not there
    with asker("app", account_id=world.charlie.account.pk) as charlie:
        assert charlie.one(f"{COUNT} WHERE id = '{world.submissions[0]}'") == 0


def test_a_session_shows_what_it_names_and_nothing_else(world: World, as_role: Any) -> None:
    """One form of two; and of that, the records whose own line is in the log."""
    session = opened(world, world.grant(), as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        assert sam.one(COUNT) == 0
        listed = sam.run("SELECT id, viewed FROM scope_submissions(NULL, NULL, 50)")
        assert {row[0] for row in listed} == set(world.submissions)
        assert not any(row[1] for row in listed)
        viewed(world, session, world.submissions[:2], as_role)
        rows = sam.run("SELECT id, form_id, account_id FROM sites_submission", read_only=True)
        assert {row[0] for row in rows} == set(world.submissions[:2])
        assert {row[1:] for row in rows} == {(world.form.id, world.account_id)}
        assert sam.run("SELECT id FROM sites_form") == [(world.form.id,)]
        for other in (*world.others, *world.elsewhere, uuid.uuid4()):
            with pytest.raises(psycopg2.DatabaseError, match=NO_CONSENT):
                sam.run(f"SELECT record_view('{other}')")
        sam.settings = {}
        assert sam.one(COUNT) == 0


@pytest.mark.parametrize(("named", "seen"), [("site", 6), ("form", 3), ("submission", 1)])
def test_the_scope_is_as_wide_as_was_said(named: str, seen: int, world: World, as_role: Any) -> None:
    scope = {
        "site": Scope(world.site.id),
        "form": world.scope(),
        "submission": world.scope(world.submissions[0]),
    }[named]
    session = opened(world, world.grant(scope=scope), as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        ids = [row[0] for row in sam.run("SELECT id FROM scope_submissions(NULL, NULL, 50)")]
        assert len(ids) == seen
        for each in ids:
            sam.run(f"SELECT record_view('{each}')")
        assert sam.one(COUNT) == seen


def test_a_look_and_its_line_in_the_log_are_never_one_transaction(world: World, as_role: Any) -> None:
    """So that rolling back can't hide a look: not the session's opening, not a record's."""
    grant = world.grant()
    with asker("staff", account_id=world.account_id, user_id=world.sam.pk) as sam:
        open_it = (
            f"SELECT set_config('webanizr.access_session', open_access_session('{world.account_id}', '{grant.id}',"
            " 'view', 'Leeg veld controleren')::text, true)"
        )
        read = "SELECT count(*) FROM scope_submissions(NULL, NULL, 50)"
        assert sam.one(open_it, read) == 0
        assert sam.one(open_it, "SAVEPOINT a", read) == 0
        assert sam.one("SAVEPOINT a", open_it, "RELEASE a", "SAVEPOINT b", read) == 0
    session = opened(world, grant, as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        order = f"SELECT record_view('{world.submissions[0]}')"
        assert sam.one("SAVEPOINT a", order, "RELEASE a", COUNT) == 0
        with sam.connection, sam.connection.cursor() as cursor:
            for name, value in sam.settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [f"webanizr.{name}", str(value)])
            cursor.execute(f"SELECT record_view('{world.submissions[1]}')")
            cursor.execute(COUNT)
            assert cursor.fetchone() == (1,)  # the first one's line was committed above; this one's wasn't
            sam.connection.rollback()
        assert sam.one(COUNT) == 1
    # an older snapshot wouldn't know of a withdrawal
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        sam.connection.set_session(isolation_level="REPEATABLE READ")
        assert sam.one(COUNT) == 0


def test_a_session_is_one_persons(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    viewed(world, session, world.submissions, as_role)
    for chosen in (
        staff_settings(world, world.sofie, session),
        staff_settings(world, world.alice.user, session),
        {**staff_settings(world, world.sam, session), "account_id": world.charlie.account.pk},
    ):
        with asker("staff", **chosen) as other:
            assert other.one(COUNT) == 0
    with as_role("staff"), pytest.raises(ConsentError):
        access.record_view(session=session, submission_id=world.submissions[0], actor=world.sofie)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        assert sam.one(COUNT) == 3
        with testing.current().connect("migrator") as migrator, migrator.cursor() as cursor:
            cursor.execute("SET LOCAL row_security = on")
            cursor.execute("SELECT staff_set(%s, 'Sam', 'support', false)", [world.sam.email])
        migrator.close()
        assert sam.one(COUNT) == 0  # no longer with us: at once


def test_consent_ends_by_itself(world: World) -> None:
    statement = (
        "INSERT INTO privacy_accessgrant (id, account_id, site_id, form_id, actions, source, quote, wording,"
        " granted_by, granted_at, expires_at) VALUES (gen_random_uuid(), '{account}', '{site}', '{form}', '{{view}}',"
        " 'explicit', '', 'explicit-1', '{user}', now(), now() + interval '{term}') RETURNING id"
    )
    values = {
        "account": world.account_id,
        "site": world.site.id,
        "form": world.form.id,
        "user": world.alice.user.pk,
    }
    with asker("app", account_id=world.account_id, user_id=world.alice.user.pk) as alice:
        grant = alice.one(statement.format(term="1500 ms", **values))
    with asker("staff", account_id=world.account_id, user_id=world.sam.pk) as sam:
        open_it = f"SELECT open_access_session('{world.account_id}', '{grant}', 'view', 'Leeg veld controleren')"
        sam.settings["access_session"] = sam.one(open_it)
        sam.run(f"SELECT record_view('{world.submissions[0]}')")
        assert sam.one(COUNT) == 1
        time.sleep(1.6)
        assert sam.one(COUNT) == 0
        with pytest.raises(psycopg2.DatabaseError, match=NO_CONSENT):
            sam.run(open_it)


def test_viewing_changing_and_exporting_are_three_things(world: World, as_role: Any) -> None:
    change = (
        f"UPDATE sites_submission SET content = '\\x{sealed().hex()}' WHERE id = '{world.submissions[0]}' RETURNING id"
    )
    look = opened(world, world.grant("view"), as_role)
    viewed(world, look, world.submissions, as_role)
    with asker("staff", **staff_settings(world, world.sam, look)) as sam:
        assert sam.run(change) == []
        with pytest.raises(psycopg2.DatabaseError, match=NO_CONSENT):
            sam.run("SELECT order_export()")
    for action in ("change", "export"):
        with pytest.raises(ConsentError):
            opened(world, world.grant("view"), as_role, action=action)
    # allowed to change, and opened for it
    both = world.grant("view", "change")
    only_looking = opened(world, both, as_role)
    viewed(world, only_looking, world.submissions, as_role)
    with asker("staff", **staff_settings(world, world.sam, only_looking)) as sam:
        assert sam.run(change) == []
    changing = opened(world, both, as_role, action="change")
    with asker("staff", **staff_settings(world, world.sam, changing)) as sam:
        assert sam.run(change) == []  # not a record that wasn't looked at in this session
        viewed(world, changing, world.submissions[:1], as_role)
        assert sam.run(change) == [(world.submissions[0],)]
        assert sam.run(change.replace(str(world.submissions[0]), str(world.others[0]))) == []
        with pytest.raises(Refused):
            sam.run(f"UPDATE sites_submission SET form_id = '{world.other_form.id}'")
    with asker("app", account_id=world.account_id) as alice:
        rows = alice.run("SELECT submission_id, before <> after, after FROM privacy_accesslog WHERE event = 'changed'")
    assert [row[:2] for row in rows] == [(world.submissions[0], True)]
    assert bytes(rows[0][2]) == hashlib.sha256(sealed()).digest()


def test_export_is_the_exporters_within_the_scope(world: World, as_role: Any) -> None:
    session = opened(world, world.grant("view", "export"), as_role, action="export")
    with as_role("staff"):
        access.order_export(session=session, actor=world.sam)
    chosen = staff_settings(world, world.sam, session)
    with asker("exporter", **chosen) as exporter:
        assert {row[0] for row in exporter.run("SELECT id FROM sites_submission")} == set(world.submissions)
        assert exporter.run("SELECT id FROM sites_form") == [(world.form.id,)]
        exporter.settings = {**chosen, "access_session": opened(world, world.grant("view"), as_role).id}
        assert exporter.one(COUNT) == 0
        exporter.settings = {**chosen, "access_session": "00000000-0000-0000-0000-000000000001"}
        assert exporter.one(COUNT) == 0
        exporter.settings = chosen
        with world.as_alice():
            grants.revoke_grant(grant=session.grant, actor=world.alice.user)
        assert exporter.one(COUNT) == 0
    with asker("staff", **chosen) as sam:
        assert sam.one(COUNT) == 0  # staff themselves never saw a row: none was ordered
        with pytest.raises(psycopg2.DatabaseError, match=NO_CONSENT):
            sam.run("SELECT order_export()")
    with asker("app", account_id=world.account_id) as alice:
        assert alice.run("SELECT number FROM privacy_accesslog WHERE event = 'exported'") == [(3,)]


def test_a_withdrawal_works_on_the_next_row_of_an_open_page(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    viewed(world, session, world.submissions, as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam, sam.connection.cursor() as cursor:
        for name, value in sam.settings.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [f"webanizr.{name}", str(value)])
        cursor.execute(f"{COUNT} WHERE id = %s", [str(world.submissions[0])])
        assert cursor.fetchone() == (1,)
        with world.as_alice():
            grants.revoke_grant(grant=session.grant, actor=world.alice.user)
        cursor.execute(f"{COUNT} WHERE id = %s", [str(world.submissions[1])])  # the same transaction goes on
        assert cursor.fetchone() == (0,)
    with as_role("staff"), pytest.raises(ConsentError):
        access.record_view(session=session, submission_id=world.submissions[2], actor=world.sam)


def test_the_gate_costs_one_look_at_the_index(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        plan = sam.run(
            "SET LOCAL enable_seqscan = off",
            f"EXPLAIN (COSTS OFF) SELECT * FROM sites_submission WHERE account_id = '{world.account_id}'"
            f" AND id = '{world.submissions[0]}'",
        )
    text = "\n".join(row[0] for row in plan)
    assert "Index Scan" in text
    assert "scope_account('view'::text) = " in text or "account_id = scope_account" in text, text


def test_not_even_the_gate_itself_can_read_an_answer(world: World) -> None:
    with asker("migrator") as asked:
        for column, may in (("id", True), ("received_at", True), ("content", False)):
            query = f"SELECT has_column_privilege('webanizr_definer', 'sites_submission', '{column}', 'SELECT')"
            assert asked.one(query) is may


def test_staff_see_names_and_numbers_without_consent(world: World) -> None:
    with asker("staff", user_id=world.sam.pk) as sam:
        rows = sam.run(f"SELECT name, submissions FROM staff_forms('{world.account_id}')")
        assert sorted(rows) == sorted([(world.form.name, 3), (world.other_form.name, 3)])
        sam.settings = {"user_id": world.alice.user.pk}
        assert sam.run(f"SELECT name FROM staff_forms('{world.account_id}')") == []


def test_what_visitors_sent_is_in_no_admin_and_in_no_name() -> None:
    data_map.load()
    collected = {label for label, _name, declared in data_map.personal() if declared.subject is Subject.VISITOR}
    assert "sites.Submission" in collected
    assert {model._meta.label for model in site._registry} & collected == set()
    for label in collected:
        model = apps.get_model(label)
        row = model(id=uuid.uuid4(), **{"content": b"canary"} if label == "sites.Submission" else {})
        assert "canary" not in str(row)
        assert str(row.pk) in str(row), label


def test_nobody_can_become_a_customer() -> None:
    """No package that lets staff act as somebody else, now or later: that would step around every rule here."""
    words = ("hijack", "impersonat", "loginas", "login_as", "django-su", "masquerade")
    root = Path(settings.BASE_DIR)
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        text = (root / name).read_text().lower()
        assert [word for word in words if word in text] == []
    known = " ".join([*settings.INSTALLED_APPS, *settings.MIDDLEWARE, *settings.AUTHENTICATION_BACKENDS]).lower()
    assert [word for word in words if word in known] == []
