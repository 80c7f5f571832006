"""The log of access: nobody writes or changes it, and a change that somebody made anyway shows (promise 11)."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from io import StringIO
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from privacy import chain, ledger
from privacy.models import AccessGrant, AccessLog, AccessSession
from privacy.selectors import log
from privacy.selectors.timeline import timeline
from privacy.services import access, upkeep
from tests import consent
from tests.consent import COUNT, World, as_administrator, asker, opened, viewed
from webanizr.core import tenancy
from webanizr.core.models import Alarm
from webanizr.core.roles import SERVICES

pytestmark = pytest.mark.django_db(transaction=True)
Refused = psycopg2.errors.InsufficientPrivilege


@pytest.fixture
def world(as_role: Any) -> World:
    made = consent.build(as_role)
    session = opened(made, made.grant(), as_role)
    viewed(made, session, made.submissions[:2], as_role)
    with as_role("staff"):
        access.close_access_session(session=session, actor=made.sam)
    return made


def test_no_login_writes_the_log(world: World) -> None:
    for login in (*SERVICES, "migrator"):
        with asker(login, account_id=world.account_id, user_id=world.alice.user.pk) as other:
            for statement in (
                "UPDATE privacy_accesslog SET event = 'closed'",
                "DELETE FROM privacy_accesslog",
                "INSERT INTO privacy_accesslog (id) VALUES (gen_random_uuid())",
                "TRUNCATE privacy_accesslog",
                "SELECT access_log_append(l) FROM privacy_accesslog l",
                "UPDATE privacy_accesssession SET closed_at = NULL",
                "DELETE FROM privacy_accesssession WHERE staff_id = granted_by",
            ):
                if login == "migrator" and not statement.startswith(
                    ("UPDATE", "DELETE FROM privacy_accesslog", "INSERT")
                ):
                    continue  # deployments may empty a table that they own: the copies outside the database tell
                with pytest.raises(psycopg2.Error) as caught:
                    other.run(statement)
                assert isinstance(caught.value, Refused | psycopg2.errors.UndefinedColumn), f"{login}: {statement}"


def test_the_chain_is_whole_by_two_accounts(world: World) -> None:
    """Python's count, and one query that has nothing to do with the functions that wrote it."""
    with world.as_alice():
        found = log.verify()
        assert (found.whole, found.lines, found.copies) == (True, 5, 0)
    with asker("app", account_id=world.account_id) as alice:
        assert alice.one(
            "WITH c AS (SELECT *, lag(hash) OVER (ORDER BY seq) AS former FROM privacy_accesslog)"
            " SELECT bool_and(previous = coalesce(former, decode(repeat('00', 32), 'hex')) AND hash = sha256("
            "previous || convert_to(concat_ws('|', account_id, seq, to_char(at AT TIME ZONE 'UTC',"
            " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), event, by, coalesce(actor_id::text, ''),"
            " coalesce(question_id::text, ''), coalesce(request_id::text, ''), coalesce(grant_id::text, ''),"
            " coalesce(session_id::text, ''), coalesce(site_id::text, ''), coalesce(form_id::text, ''),"
            " coalesce(submission_id::text, ''), coalesce(number::text, ''), coalesce(encode(before, 'hex'), ''),"
            " coalesce(encode(after, 'hex'), '')), 'UTF8'))) FROM c"
        )
    with tenancy.tenant(world.charlie.account.pk):
        assert not AccessLog.objects.exists()


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE privacy_accesslog SET event = 'opened' WHERE seq = 3", 3),
        ("UPDATE privacy_accesslog SET at = at - interval '1 microsecond' WHERE seq = 1", 1),
        ("UPDATE privacy_accesslog SET submission_id = gen_random_uuid() WHERE seq = 4", 4),
        ("DELETE FROM privacy_accesslog WHERE seq = 2", 2),
        ("UPDATE privacy_accesslog SET seq = 40 WHERE seq = 4", 4),
    ],
)
def test_a_change_shows(change: str, broken_at: int, world: World) -> None:
    as_administrator(change)
    with world.as_alice():
        assert log.verify().broken_at == broken_at


def test_a_chain_that_was_cut_off_or_rewritten_shows_by_its_copies(world: World, as_role: Any) -> None:
    with as_role("worker"):
        assert upkeep.keep_head(world.account_id) is True
        assert upkeep.keep_head(world.account_id) is False
    with world.as_alice():
        found = log.verify()
        assert found.copies == 1
        assert found.copied_at is not None
    as_administrator("DELETE FROM privacy_accesslog WHERE seq = 5")
    with as_role("worker"):
        assert upkeep.keep_head(world.account_id) is False
    with world.as_alice():
        assert [each.code for each in Alarm.objects.all()] == ["access log broken at line 5"]
    with world.as_alice():
        assert log.verify().broken_at == 5
    # the whole chain written anew, and consistent in itself
    with world.as_alice():
        rows = list(AccessLog.objects.order_by("seq"))
    head = chain.START
    for row in rows:
        row.event = "closed" if row.event == "viewed" else row.event
        former, head = head, chain.link(head, chain.text(row))
        as_administrator(
            f"UPDATE privacy_accesslog SET event = '{row.event}', previous = '\\x{former.hex()}',"
            f" hash = '\\x{head.hex()}' WHERE seq = {row.seq}"
        )
    with world.as_alice():
        assert chain.recount(log.lines(world.account_id)).whole
        assert log.verify().whole is False
        assert ledger.heads(world.account_id)


def test_verify_log_says_what_it_found(world: World, as_role: Any) -> None:
    with as_role("worker"):
        out = StringIO()
        call_command("verify_log", stdout=out)
        call_command("verify_log", "--account", str(world.account_id), stdout=out)
    assert out.getvalue().count(f"{world.account_id}: 5 lines, whole") == 2
    as_administrator("UPDATE privacy_accesslog SET event = 'opened' WHERE seq = 3")
    with as_role("worker"), pytest.raises(CommandError, match="1 log"):
        call_command("verify_log", stdout=out)
    assert f"{world.account_id}: 3 lines, BROKEN at line 3" in out.getvalue()


def test_the_export_of_the_log_can_be_recounted_elsewhere(world: World) -> None:
    with world.as_alice():
        exported = json.loads(log.as_json(world.account_id))
        table = log.as_csv(world.account_id).decode()
    head = exported["start"]
    for line in exported["lines"]:
        text = "|".join(line[name] for name in exported["columns"])
        head = hashlib.sha256(bytes.fromhex(head) + text.encode()).hexdigest()
        assert line["hash"] == head
    assert len(exported["lines"]) == 5 == len(table.splitlines()) - 1


def test_the_page_tells_it_in_words(world: World, as_role: Any, django_assert_max_num_queries: Any) -> None:
    with world.as_alice(), translation.override("nl"), django_assert_max_num_queries(9):
        shown = timeline()
    assert [entry.text for entry in shown.entries] == [
        "Sam (Webanizr) sloot het meekijken af",
        "Sam (Webanizr) las één inzending",
        "Sam (Webanizr) las één inzending",
        "Sam (Webanizr) begon met meekijken",
        "Alice gaf toestemming om mee te kijken",
    ]
    assert [entry.staff for entry in shown.entries] == [True, True, True, True, False]
    assert "“Leeg veld controleren”" in shown.entries[3].detail
    with world.as_alice(), translation.override("en-gb"):
        first = timeline(size=2)
        assert [entry.line.seq for entry in first.entries] == [5, 4]
        assert [entry.line.seq for entry in timeline(before=first.older).entries] == [3, 2, 1]
        assert [entry.text for entry in timeline(shown="consent").entries] == ["Alice gave permission to look"]
        assert timeline(question=world.question).older == 0


def test_two_staff_one_withdrawal_a_hundred_times(world: World) -> None:
    """Once a withdrawal is committed, no read that begins later shows a row; and the chain never forks."""
    runs = 100
    account, site, form = world.account_id, world.site.id, world.form.id
    alice_settings = {"account_id": account, "user_id": world.alice.user.pk}
    late: list[int] = []
    seen: list[int] = []
    with asker("app", **alice_settings) as alice:
        people = [
            (person, consent.Asker("staff", account_id=account, user_id=person.pk))
            for person in (world.sam, world.sofie)
        ]
        for _ in range(runs):
            grant = alice.one(
                "INSERT INTO privacy_accessgrant (id, account_id, site_id, form_id, actions, source, quote, wording,"
                f" granted_by, granted_at, expires_at) VALUES (gen_random_uuid(), '{account}', '{site}', '{form}',"
                f" '{{view}}', 'explicit', '', 'explicit-1', '{world.alice.user.pk}', now(), now() + interval '1 hour')"
                " RETURNING id"
            )
            withdrawn, ready = threading.Event(), threading.Barrier(3, timeout=10)

            def look(
                asker: consent.Asker,
                grant: Any = grant,
                withdrawn: threading.Event = withdrawn,
                ready: threading.Barrier = ready,
            ) -> None:
                asker.settings.pop("access_session", None)
                asker.settings["access_session"] = asker.one(
                    f"SELECT open_access_session('{account}', '{grant}', 'view', 'Leeg veld controleren')"
                )
                asker.run(f"SELECT record_view('{world.submissions[0]}')")
                ready.wait()
                while True:
                    begun_after = withdrawn.is_set()
                    rows = asker.one(COUNT)
                    if begun_after:
                        late.append(rows)
                        return
                    seen.append(rows)

            threads = [threading.Thread(target=look, args=(each,)) for _person, each in people]
            for thread in threads:
                thread.start()
            ready.wait()
            alice.run(f"UPDATE privacy_accessgrant SET revoked_at = now() WHERE id = '{grant}'")
            withdrawn.set()
            for thread in threads:
                thread.join(10)
        for _person, each in people:
            each.connection.close()
    assert late == [0] * (2 * runs)
    assert 1 in seen
    with world.as_alice():
        assert log.verify().whole
        assert AccessLog.objects.count() == 5 + runs * 6


def test_a_withdrawal_and_an_opening_at_once_leave_no_open_session(world: World, as_role: Any) -> None:
    grant = world.grant()
    with asker("app", account_id=world.account_id, user_id=world.alice.user.pk) as alice:
        with alice.connection.cursor() as cursor:
            for name, value in alice.settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [f"webanizr.{name}", str(value)])
            cursor.execute(f"UPDATE privacy_accessgrant SET revoked_at = now() WHERE id = '{grant.id}'")
            refused: list[str] = []

            def open_it() -> None:
                with asker("staff", account_id=world.account_id, user_id=world.sam.pk) as sam:
                    try:
                        sam.run(
                            f"SELECT open_access_session('{world.account_id}', '{grant.id}', 'view', 'Nog even kijken')"
                        )
                    except psycopg2.Error as error:
                        refused.append(error.pgcode or "")

            thread = threading.Thread(target=open_it)
            thread.start()
            time.sleep(0.2)
            assert thread.is_alive()  # it waits for the withdrawal to be committed
        alice.connection.commit()
        thread.join(10)
    assert refused == ["WZ001"]


def test_expiry_and_withdrawal_at_once_end_it_once(world: World) -> None:
    """Whichever comes first: no two ends of one kind, no open session, no deadlock, and the chain is whole."""
    runs = 25
    account, site, form = world.account_id, world.site.id, world.form.id
    wrong: list[str] = []
    with (
        asker("app", account_id=account, user_id=world.alice.user.pk) as alice,
        asker("staff", account_id=account, user_id=world.sam.pk) as sam,
        asker("worker") as worker,
    ):
        for _ in range(runs):
            grant = alice.one(
                "INSERT INTO privacy_accessgrant (id, account_id, site_id, form_id, actions, source, quote, wording,"
                f" granted_by, granted_at, expires_at) VALUES (gen_random_uuid(), '{account}', '{site}', '{form}',"
                f" '{{view}}', 'explicit', '', 'explicit-1', '{world.alice.user.pk}', now(),"
                " now() + interval '120 milliseconds') RETURNING id"
            )
            sam.one(f"SELECT open_access_session('{account}', '{grant}', 'view', 'Leeg veld controleren')")
            ready = threading.Barrier(2, timeout=10)

            def end(asker: consent.Asker, statement: str, ready: threading.Barrier = ready) -> None:
                ready.wait()
                try:
                    asker.run(statement)
                except psycopg2.Error as error:
                    wrong.append(str(error))

            time.sleep(0.13)
            withdrawal = f"UPDATE privacy_accessgrant SET revoked_at = now() WHERE id = '{grant}'"
            threads = [
                threading.Thread(target=end, args=each)
                for each in ((alice, withdrawal), (worker, "SELECT expire_consents()"))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
        worker.run("SELECT expire_consents()")
    assert wrong == []
    with world.as_alice():
        assert log.verify().whole
        assert not AccessSession.objects.filter(closed_at=None).exists()
        short = AccessGrant.objects.filter(expires_at__lt=timezone.now())
        assert not short.filter(ended_at=None).exists()
        grants = list(short.values_list("id", flat=True))
        lines = list(AccessLog.objects.order_by("seq").values_list("grant_id", "event"))
    assert len(grants) == runs
    for grant_id in grants:
        ends = [event for each, event in lines if each == grant_id and event in ("expired", "revoked")]
        assert ends in (["expired"], ["revoked"], ["expired", "revoked"]), ends
        assert [event for each, event in lines if each == grant_id].count("closed") <= 1
