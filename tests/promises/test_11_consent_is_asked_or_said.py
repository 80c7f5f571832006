"""Promise 11: consent is asked for, or it is in the customer's own words; staff can't make any up.

The database checks who gives it, what was said, how far it goes and how long; each act is told and logged.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import psycopg2
import psycopg2.errors
import pytest

from accounts.models import Role
from privacy import wording
from privacy.models import AccessGrant, AccessLog, AccessRequest, AccessSession, Event, RequestState
from privacy.scope import Scope
from privacy.selectors import consent as shown
from privacy.services import access, grants, questions, requests, upkeep
from privacy.services.refusals import ConsentError
from tests import cast, consent
from tests.consent import COUNT, REASON, WORDS, World, as_administrator, ask, asker, opened, quote, staff_settings
from webanizr.core import tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)
Refused = psycopg2.errors.InsufficientPrivilege


@pytest.fixture
def world(as_role: Any) -> World:
    return consent.build(as_role)


def refused(code: str) -> Any:
    return pytest.raises(ConsentError, check=lambda error: error.code == code)


def test_an_owner_answers_a_request_once(world: World, as_role: Any) -> None:
    request = ask(world, as_role, actions=("view",), hours=24)
    bob = cast.colleague("Bob", world.alice, Role.EDITOR)
    with asker("staff", account_id=world.account_id, user_id=world.sam.pk) as sam:
        for state in ("granted", "refused"):
            with pytest.raises(Refused):
                sam.run(f"UPDATE privacy_accessrequest SET state = '{state}'")
    with tenancy.tenant(world.account_id, user_id=bob.user.pk), refused("not_yours"):
        requests.grant_request(request=request, actor=bob.user)
    with tenancy.tenant(world.charlie.account.pk, user_id=world.charlie.user.pk), refused("too_late"):
        requests.grant_request(request=request, actor=world.charlie.user)
    with world.as_alice():
        assert [each.what for each in shown.open_requests()] == [world.form.name]
        with refused("too_long"):
            requests.grant_request(request=request, actor=world.alice.user, hours=25)
        grant = requests.grant_request(request=request, actor=world.alice.user)
        assert (grant.actions, grant.staff_id, grant.wording) == (["view"], world.sam.pk, wording.EXPLICIT)
        with refused("too_late"):
            requests.refuse_request(request=request, actor=world.alice.user)
        assert shown.open_requests() == []
        assert [each.live for each in shown.live_grants()] == [True]
    # it names one person
    with pytest.raises(ConsentError):
        opened(world, grant, as_role, person=world.sofie)
    assert opened(world, grant, as_role).action == "view"


def test_no_is_no_and_silence_too(world: World, as_role: Any) -> None:
    first, second, third = (ask(world, as_role) for _ in range(3))
    with world.as_alice():
        requests.refuse_request(request=first, actor=world.alice.user)
    with as_role("staff"):
        requests.withdraw_request(request=second, actor=world.sam)
        with refused("too_late"):
            requests.withdraw_request(request=first, actor=world.sam)
    as_administrator(
        f"UPDATE privacy_accessrequest SET expires_at = now() - interval '1 minute' WHERE id = '{third.id}'"
    )
    with world.as_alice(), refused("too_late"):
        requests.grant_request(request=third, actor=world.alice.user)
    with as_role("worker"):
        assert upkeep.expire_consents() == 1
        assert upkeep.expire_consents() == 0
    with world.as_alice():
        states = {each.id: each.state for each in AccessRequest.objects.all()}
        assert states == {
            first.id: RequestState.REFUSED,
            second.id: RequestState.WITHDRAWN,
            third.id: RequestState.EXPIRED,
        }
        assert not AccessGrant.objects.exists()
        events = list(AccessLog.objects.order_by("seq").values_list("event", flat=True))
    assert events == ["requested"] * 3 + ["refused", "withdrawn", "unanswered"]


def test_a_request_says_why_and_a_closed_question_takes_none(world: World, as_role: Any) -> None:
    with as_role("staff"):
        with refused("reason"):
            requests.request_access(question=world.question, scope=world.scope(), reason="zomaar   ", actor=world.sam)
        with refused("not_yours"):  # somebody who doesn't work here, through the staff service's own login
            requests.request_access(question=world.question, scope=world.scope(), reason=REASON, actor=world.alice.user)
    with world.as_alice():
        questions.close_question(question=world.question, actor=world.alice.user)
    with refused("closed"):
        ask(world, as_role)
    with refused("not_said"):
        quote(world, as_role)


GRANT = (
    "INSERT INTO privacy_accessgrant (id, account_id, question_id, message_id, site_id, form_id, actions, source,"
    " quote, wording, granted_by, granted_at, expires_at) VALUES (gen_random_uuid(), '{account}', {question},"
    " {message}, '{site}', '{form}', '{actions}', '{source}', '{quote}', 'explicit-1', '{by}', '{at}', {until})"
)


def test_nobody_makes_consent_up(world: World) -> None:
    """By plain SQL, under each login: a grant is an owner's, explicit, and a week's at most."""
    values = {
        "account": world.account_id,
        "question": f"'{world.question.id}'",
        "message": "NULL",
        "site": world.site.id,
        "form": world.form.id,
        "actions": "{view}",
        "source": "explicit",
        "quote": "",
        "by": world.alice.user.pk,
        "at": "2099-01-01",
        "until": "now() + interval '1 hour'",
    }
    bob = cast.colleague("Bob", world.alice, Role.EDITOR)
    for login in ("staff", "worker", "hosting", "exporter", "eraser"):
        with asker(login, account_id=world.account_id, user_id=world.alice.user.pk) as other, pytest.raises(Refused):
            other.run(GRANT.format(**values))
    for person in (bob.user, world.charlie.user, world.sam):
        with asker("app", account_id=world.account_id, user_id=person.pk) as app:
            for by in (person.pk, world.alice.user.pk):
                with pytest.raises(Refused):
                    app.run(GRANT.format(**values | {"by": by}))
    with asker("app", account_id=world.account_id, user_id=world.alice.user.pk) as alice:
        wrong: list[tuple[dict[str, Any], type[Exception]]] = [
            ({"until": "now() + interval '30 days'"}, psycopg2.errors.CheckViolation),
            ({"actions": "{export}"}, psycopg2.errors.CheckViolation),
            ({"actions": "{view,delete}"}, psycopg2.errors.CheckViolation),
            (
                {"source": "question", "quote": WORDS, "message": f"'{world.message.id}'"},
                Refused,
            ),
            ({"account": world.charlie.account.pk}, Refused),
            ({"question": f"'{uuid.uuid4()}'"}, psycopg2.errors.ForeignKeyViolation),
        ]
        for change, error in wrong:
            with pytest.raises(error):
                alice.run(GRANT.format(**values | change))
        alice.run(GRANT.format(**values))
        # the database's clock counts: a date in the future stretched nothing
        assert alice.one("SELECT granted_at < now() + interval '1 minute' FROM privacy_accessgrant")
        with pytest.raises(Refused):
            alice.run("UPDATE privacy_accessgrant SET expires_at = now() + interval '6 days'")
        with pytest.raises(Refused):
            alice.run("UPDATE privacy_accessgrant SET actions = '{view,export}'")


def test_a_question_implies_no_more_than_it_says(world: World, as_role: Any) -> None:
    bob = cast.colleague("Bob", world.alice, Role.EDITOR)
    with tenancy.tenant(world.account_id, user_id=bob.user.pk):
        from_bob = questions.reply(question=world.question, body=WORDS, actor=bob.user)
    with as_role("staff"):
        ours = questions.answer_question(question=world.question, body=WORDS, actor=world.sam)
        note = questions.add_note(question=world.question, body=WORDS, actor=world.sam)
    for words, more in (
        ("Jullie mogen alles bekijken en exporteren", {}),
        ("iets mis", {}),
        ("               ", {}),
        (WORDS.upper(), {}),
        (WORDS, {"scope": Scope(world.site.id)}),
        (WORDS, {"scope": Scope(world.site.id, uuid.uuid4())}),
        (WORDS, {"scope": Scope(world.site.id, world.form.id, world.others[0])}),
        (WORDS, {"hours": 73}),
        (WORDS, {"message": from_bob}),
        (WORDS, {"message": ours}),
        (WORDS, {"message": note}),
    ):
        with refused("not_said"):
            quote(world, as_role, words, **more)
    with refused("no_consent"):
        quote(world, as_role, actor=world.alice.user)
    as_administrator(
        f"UPDATE privacy_supportmessage SET created_at = now() - interval '31 days' WHERE id = '{world.message.id}'"
    )
    with refused("not_said"):
        quote(world, as_role)
    with world.as_alice():
        assert not AccessGrant.objects.exists()
        assert not AccessLog.objects.exists()


def test_what_a_question_implies_is_narrow_and_told_at_once(world: World, as_role: Any) -> None:
    grant_id = quote(world, as_role, scope=world.scope(world.submissions[0]), hours=72)
    with world.as_alice():
        grant = AccessGrant.objects.get(id=grant_id)
        assert (grant.actions, grant.quote, grant.wording) == (["view"], WORDS, wording.IMPLIED)
        assert (grant.granted_by, grant.staff_id) == (world.alice.user.pk, world.sam.pk)
        assert grant.expires_at <= grant.granted_at + timedelta(hours=72)
        line = AccessLog.objects.get(event=Event.IMPLIED)
        assert (line.by, line.actor_id, line.grant_id) == ("staff", world.sam.pk, grant.id)
        # told in the very transaction, by the database
        assert Outbox.objects.filter(task="privacy.tasks.notify_access", args={"log_id": str(line.id)}).count() == 1
    for action in ("change", "export"):
        with pytest.raises(ConsentError):
            opened(world, grant, as_role, action=action)
    session = opened(world, grant, as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        assert sam.run("SELECT id FROM scope_submissions(NULL, NULL, 50)") == [(world.submissions[0],)]
    with world.as_alice():
        grants.revoke_grant(grant=grant, actor=world.alice.user)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        assert sam.one(COUNT) == 0


def test_ask_me_first_for_one_question_or_for_all(world: World, as_role: Any) -> None:
    bob = cast.colleague("Bob", world.alice, Role.EDITOR)
    with world.as_alice():
        questions.refuse_implied(question=world.question, refused=True, actor=world.alice.user)
    with refused("ask_first"):
        quote(world, as_role)
    with tenancy.tenant(world.account_id, user_id=bob.user.pk), refused("not_yours"):
        grants.set_never_implied(never=True, actor=bob.user)
    with world.as_alice():
        questions.reply(question=world.question, body="Kijk maar.", actor=world.alice.user, implied_refused=False)
        grants.set_never_implied(never=True, actor=world.alice.user)
        assert shown.never_implied()
    with refused("ask_first"):
        quote(world, as_role)
    with world.as_alice():
        grants.set_never_implied(never=False, actor=world.alice.user)
        grants.set_never_implied(never=False, actor=world.alice.user)
    quote(world, as_role)
    with world.as_alice():
        events = list(AccessLog.objects.order_by("seq").values_list("event", flat=True))
    assert events == ["never_implied", "may_imply", "implied"]


def test_withdrawing_is_for_good_and_any_member_may(world: World, as_role: Any) -> None:
    grant = world.grant()
    first, second = opened(world, grant, as_role), opened(world, grant, as_role, person=world.sofie)
    rita = cast.colleague("Rita", world.alice, Role.READER)
    with tenancy.tenant(world.account_id, user_id=rita.user.pk):
        grants.revoke_grant(grant=grant, actor=rita.user)
        with refused("withdrawn"):
            grants.revoke_grant(grant=grant, actor=rita.user)
        assert not AccessSession.objects.filter(closed_at=None).exists()
        line = AccessLog.objects.get(event=Event.REVOKED)
        assert (line.actor_id, line.number) == (rita.user.pk, 2)
    with asker("app", account_id=world.account_id, user_id=world.alice.user.pk) as alice:
        for change in ("revoked_at = NULL", "revoked_at = now() + interval '1 day'"):
            with pytest.raises(psycopg2.DatabaseError, match="for good"):
                alice.run(f"UPDATE privacy_accessgrant SET {change}")
    with pytest.raises(ConsentError):
        opened(world, grant, as_role)
    # not even a session that somebody opened again by force
    as_administrator("UPDATE privacy_accesssession SET closed_at = NULL")
    with asker("staff", **staff_settings(world, world.sam, first)) as sam:
        assert sam.one("SELECT count(*) FROM access_scope('view')") == 0
    as_administrator("UPDATE privacy_accesssession SET closed_at = now()")
    with as_role("staff"):
        assert access.close_access_session(session=first, actor=world.sam) is False
        assert access.close_access_session(session=second, actor=world.sam) is False


def test_consent_rests_while_its_question_is_closed(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    consent.viewed(world, session, world.submissions, as_role)
    with asker("staff", **staff_settings(world, world.sam, session)) as sam:
        assert sam.one(COUNT) == 3
        with world.as_alice():
            questions.close_question(question=world.question, actor=world.alice.user)
            assert shown.live_grants() == []
        assert sam.one(COUNT) == 0
        with pytest.raises(ConsentError):
            opened(world, session.grant, as_role)
        with world.as_alice():
            questions.reply(question=world.question, body="Het is er weer.", actor=world.alice.user)
        assert sam.one(COUNT) == 3


def test_what_ends_is_written_down(world: World, as_role: Any) -> None:
    grant = world.grant()
    session = opened(world, grant, as_role)
    assert session.expires_at - session.opened_at <= timedelta(minutes=30)
    as_administrator(
        "UPDATE privacy_accesssession SET opened_at = now() - interval '1 hour',"
        " expires_at = now() - interval '31 minutes'"
    )
    with as_role("worker"):
        assert upkeep.expire_consents() == 1
    as_administrator(
        "UPDATE privacy_accessgrant SET granted_at = now() - interval '2 days', expires_at = now() - interval '1 day'"
    )
    with as_role("worker"):
        assert (upkeep.expire_consents(), upkeep.expire_consents()) == (1, 0)
    with world.as_alice():
        rows = list(AccessLog.objects.order_by("seq").values_list("event", "by"))
    assert rows == [("granted", "member"), ("opened", "staff"), ("closed", "system"), ("expired", "system")]


def test_members_write_as_themselves_and_notes_stay_among_staff(world: World, as_role: Any) -> None:
    with as_role("staff"):
        questions.add_note(question=world.question, body="Zelfde fout als #1019?", actor=world.sam)
    message = (
        "INSERT INTO privacy_supportmessage (id, account_id, question_id, by_staff, member_id, staff_id, body, internal"
        ", created_at) VALUES (gen_random_uuid(), '{account}', '{question}', {staff}, {member}, {sam}, '{body}', false,"
        " now())"
    )
    base = {"account": world.account_id, "question": world.question.id, "body": WORDS, "staff": "false", "sam": "NULL"}
    bob = cast.colleague("Bob", world.alice, Role.EDITOR)
    with asker("app", account_id=world.account_id, user_id=bob.user.pk) as app:
        assert app.one("SELECT count(*) FROM privacy_supportmessage") == 1
        with pytest.raises(Refused):  # in Alice's name, who may consent
            app.run(message.format(**base, member=f"'{world.alice.user.pk}'"))
        with pytest.raises(Refused):
            app.run("UPDATE privacy_supportmessage SET body = 'anders'")
    with asker("staff", account_id=world.account_id, user_id=world.sam.pk) as sam:
        assert sam.one("SELECT count(*) FROM privacy_supportmessage") == 2
        with pytest.raises(Refused):  # in a customer's name
            sam.run(message.format(**base, member=f"'{world.alice.user.pk}'"))
        with pytest.raises(Refused):
            sam.run("UPDATE privacy_supportmessage SET body = 'anders'")
