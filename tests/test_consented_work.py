"""What staff do inside a look-in, through the product's own services: read sealed answers, and let them be exported."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.http import Http404

from privacy.models import Action
from privacy.selectors import staff
from privacy.services import access, grants
from privacy.services.refusals import ConsentError
from sites.models import Submission
from sites.selectors.inbox import open_message
from sites.services import export_consented
from tests import consent
from tests.consent import World, as_administrator, opened, viewed
from webanizr.core import results, storage, tenancy, vault
from webanizr.core.models import Alarm, Job, Outbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(as_role: Any) -> World:
    return consent.build(as_role)


def test_staff_read_sealed_answers_inside_a_session_and_nowhere_else(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    chosen, other = world.submissions[0], world.submissions[1]
    viewed(world, session, [chosen], as_role)
    with as_role("staff"):
        with access.open_scope(session, actor_id=world.sam.pk) as scope:
            row = staff.row_in_scope(scope, chosen)
            assert [answer.text for answer in open_message(row).answers if answer.text] == ["bericht 0"]
            with pytest.raises(Http404):
                staff.row_in_scope(scope, other)
            listed = staff.submissions_in_scope(scope, size=2)
            assert len(listed) == 2
            assert len(staff.submissions_in_scope(scope, after=(listed[-1].received_at, listed[-1].id))) == 1
        # the row itself doesn't open without the session, nor with a made-up or somebody else's one
        with pytest.raises(vault.Forbidden):
            open_message(row)
        with (
            tenancy.tenant(world.account_id, user_id=world.sofie.pk),
            vault.access_session(session.id),
            pytest.raises(vault.Forbidden),
        ):
            open_message(row)
        with pytest.raises(ConsentError), access.open_scope(session, actor_id=world.sofie.pk):
            pass
    with world.as_alice():
        grants.revoke_grant(grant=session.grant, actor=world.alice.user)
    with as_role("staff"), pytest.raises(ConsentError), access.open_scope(session, actor_id=world.sam.pk):
        pass


def test_a_damaged_record_says_so_and_rings(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    viewed(world, session, world.submissions[:1], as_role)
    as_administrator(f"UPDATE sites_submission SET content = content || 'x' WHERE id = '{world.submissions[0]}'")
    with as_role("staff"):
        for _ in range(2):
            with access.open_scope(session, actor_id=world.sam.pk) as scope:
                assert open_message(staff.row_in_scope(scope, world.submissions[0])).damaged
    with world.as_alice():
        assert [(each.object_id, each.count) for each in Alarm.objects.all()] == [(world.submissions[0], 2)]


def ordered(world: World, as_role: Any) -> tuple[Any, uuid.UUID]:
    session = opened(world, world.grant("view", "export"), as_role, action="export")
    with as_role("staff"):
        return session, access.order_export(session=session, actor=world.sam)


def test_an_export_is_written_by_the_exporter_and_goes_with_the_session(world: World, as_role: Any) -> None:
    session, job_id = ordered(world, as_role)
    with as_role("exporter"):
        export_consented.run_consented_export(world.account_id, job_id)
    with as_role("staff"), access.open_scope(session, actor_id=world.sam.pk, action=Action.EXPORT) as scope:
        (found,) = staff.exports_in_scope(scope)
        assert (found.id, found.state, found.total) == (job_id, "done", 3)
        text = export_consented.read_consented_export(scope, job_id).decode("utf-8-sig")
        assert text.count("bericht ") == 3
        assert world.form.name in text
        assert world.other_form.name not in text
    stored = b"".join(storage.stream(results.key_of(world.account_id, job_id)))
    assert b"bericht" not in stored
    with as_role("staff"):
        access.close_access_session(session=session, actor=world.sam)
    with world.as_alice():
        (due,) = Outbox.objects.filter(task="sites.export_tasks.forget_consented")
        assert due.args == {"session_id": str(session.id)}
    with as_role("exporter"):
        assert export_consented.forget_consented_exports(world.account_id, session.id) == 1
    assert list(storage.keys(f"exports/{world.account_id}/")) == []


def test_a_withdrawal_stops_an_export(world: World, as_role: Any) -> None:
    session, job_id = ordered(world, as_role)
    with world.as_alice():
        grants.revoke_grant(grant=session.grant, actor=world.alice.user)
    with as_role("exporter"):
        export_consented.run_consented_export(world.account_id, job_id)
    with world.as_alice():
        assert Job.objects.get(id=job_id).state == "failed"
    assert list(storage.keys(f"exports/{world.account_id}/")) == []


def test_a_customers_own_export_is_untouched_by_all_this(world: World, as_role: Any) -> None:
    with as_role("exporter"), tenancy.tenant(world.account_id):
        assert Submission.objects.count() == 6
