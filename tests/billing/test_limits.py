"""What a plan has room for: websites, people, messages that show; and that nothing is lost when it is full."""

from __future__ import annotations

import threading
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Invitation, Membership, Role
from accounts.services import members
from billing import plans
from billing.models import Subscription
from billing.selectors import today
from billing.services.limits import LimitReached
from billing.services.subscriptions import changing, set_by_staff
from privacy.datamap import Scope
from privacy.services.erasure import request_erasure, withdraw
from sites.models import Domain, Site, Submission
from sites.selectors import shown
from sites.services import publish
from sites.services.sites import create_site
from tests.billing.working import AsRole, work
from tests.cast import Person, colleague, owner, send, site_of
from webanizr.core import tenancy

pytestmark = pytest.mark.django_db(transaction=True)


def put_on(someone: Person, plan: str) -> None:
    set_by_staff(
        account_id=someone.account.pk,
        plan=plan,
        interval="year",
        paid_until=today() + timedelta(days=365) if plan != "free" else None,
        actor=someone.user,
        now=today(),
    )


def test_another_website_needs_another_plan_and_what_was_typed_stays() -> None:
    alice = owner("Alice")
    site_of(alice)
    assert "has room for 1 website" in alice.client.get("/start/").text
    answer = alice.client.post("/start/", {"kind": "shop", "name": "Tweede zaak", "place": "Delft"})
    assert answer.status_code == 422
    assert "The plan Free has room for 1 website. With Business you can have 5" in answer.text
    assert "/plans/" in answer.text
    assert 'value="Tweede zaak"' in answer.text
    refused = alice.client.post(
        "/api/v1/sites/", {"kind": "shop", "name": "Tweede zaak"}, content_type="application/json"
    )
    assert refused.status_code == 402
    assert "With Business you can have 5" in refused.json()["message"]
    put_on(alice, "business")
    assert alice.client.post("/start/", {"kind": "shop", "name": "Tweede zaak"}).status_code == 302
    with tenancy.tenant(alice.account.pk):
        assert Site.objects.count() == 2


def test_two_at_once_do_not_both_take_the_last_place() -> None:
    alice = owner("Alice")
    said: list[str] = []
    together = threading.Barrier(2)

    def make() -> None:
        try:
            with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
                together.wait(timeout=10)
                create_site(kind="shop", name="Bakkerij", place="", actor=alice.user)
            said.append("made")
        except LimitReached:
            said.append("full")
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(said) == ["full", "made"]


def test_people_and_open_invitations_count_together() -> None:
    alice = owner("Alice")
    assert alice.client.post("/settings/team/", {"email": "bob@example.nl", "role": "editor"}).status_code == 302
    again = alice.client.post("/settings/team/", {"email": "rita@example.nl", "role": "reader"})
    assert again.status_code == 422
    assert "has room for 2 people, invitations included. With Plus you can have 3" in again.text
    assert "rita@example.nl" in again.text
    with tenancy.tenant(alice.account.pk):
        invitation = Invitation.objects.get()
    address = f"/settings/team/invitations/{invitation.id}/"
    assert "is on its way" in alice.client.post(address, {"action": "resend"}, follow=True).text
    put_on(alice, "plus")
    assert alice.client.post("/settings/team/", {"email": "rita@example.nl", "role": "reader"}).status_code == 302


def test_who_is_invited_when_there_is_room_and_comes_when_there_is_none_hears_so() -> None:
    alice, charlie = owner("Alice"), owner("Charlie")
    with (
        mock.patch("accounts.services.members.secrets.token_urlsafe", return_value="a-secret"),
        tenancy.tenant(alice.account.pk, user_id=alice.user.pk),
    ):
        members.invite(email=charlie.user.email, role=Role.READER, actor=alice.user)
    colleague("Bob", alice, Role.EDITOR)
    address = f"/invitation/{alice.account.pk}/a-secret/"
    answer = charlie.client.post(address)
    assert answer.status_code == 422
    assert "has room for 2 people" in answer.text
    put_on(alice, "plus")
    assert charlie.client.post(address).status_code == 302
    with tenancy.tenant(alice.account.pk):
        assert Membership.objects.filter(account=alice.account).count() == 3


def test_the_inbox_shows_the_newest_and_keeps_the_rest(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = owner("Alice")
    site, _page, form = site_of(alice)
    field = form.fields[0]["id"]
    rows = [send(as_role, site, form, None, **{field: f"Bericht {number}"}) for number in range(4)]
    small = plans.Limits(**vars(plans.FREE.limits) | {"submissions": 2})
    monkeypatch.setitem(vars(plans.FREE), "limits", small)

    page = alice.client.get("/inbox/").text
    assert "With the plan Free you see the newest 2 messages" in page
    assert "2 older ones are kept" in page
    assert "2 unread messages" in page
    assert [f"Bericht {n}" in page for n in range(4)] == [False, False, True, True]
    listed = alice.client.get("/api/v1/submissions/").json()
    assert (len(listed["results"]), listed["hidden"]) == (2, 2)
    assert alice.client.get(f"/inbox/{rows[0].id}/").status_code == 200, "reading one is never refused"
    with tenancy.tenant(alice.account.pk):
        assert Submission.objects.count() == 4

    put_on(alice, "plus")
    work(as_role)
    page = alice.client.get("/inbox/").text
    assert "older ones are kept" not in page
    assert "Bericht 0" in page


def test_websites_beyond_the_plan_are_off_the_air_until_there_is_room(as_role: AsRole) -> None:
    alice = owner("Alice")
    put_on(alice, "business")
    first, second = site_of(alice)[0], site_of(alice)[0]

    def shows() -> list[bool]:
        with tenancy.tenant(alice.account.pk):
            online = dict(Domain.objects.values_list("site_id", "version_id"))
        return [online[site.id] is not None for site in (first, second)]

    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        publish.publish_site(site=first, actor=alice.user)
        version = publish.publish_site(site=second, actor=alice.user)
    assert shows() == [True, True]
    put_on(alice, "free")
    work(as_role)
    assert shows() == [True, False], "the oldest one stays"
    assert "no room for all of your websites" in alice.client.get("/sites/").text
    refused = alice.client.post(f"/sites/{second.id}/publish/")
    assert refused.status_code == 422
    assert "has room for 1 website" in refused.text
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        publish.restore_version(site=second, version=version, actor=alice.user)
        publish.publish_site(site=first, actor=alice.user)
    assert shows() == [True, False], "nor by the history"
    put_on(alice, "business")
    work(as_role)
    assert shows() == [True, True]


def test_a_larger_plan_brings_nothing_back_that_is_about_to_be_erased(as_role: AsRole) -> None:
    alice = owner("Alice")
    put_on(alice, "business")
    first, second = site_of(alice)[0], site_of(alice)[0]
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        publish.publish_site(site=first, actor=alice.user)
        version = publish.publish_site(site=second, actor=alice.user)

    def shows() -> list[bool]:
        with tenancy.tenant(alice.account.pk):
            online = dict(Domain.objects.values_list("site_id", "version_id"))
        return [online[site.id] is not None for site in (first, second)]

    put_on(alice, "free")
    work(as_role)
    assert shows() == [True, False]
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        asked = request_erasure(
            scope=Scope.ACCOUNT,
            subject_id=alice.account.pk,
            account_id=alice.account.pk,
            actor_id=alice.user.pk,
            contact=None,
            now=timezone.now(),
        )
    assert shows() == [False, False]
    put_on(alice, "business")
    work(as_role)
    assert shows() == [False, False], "neither by a larger plan"
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        with pytest.raises(publish.PublishError):
            publish.publish_site(site=first, actor=alice.user)
        with pytest.raises(publish.PublishError):
            publish.restore_version(site=second, version=version, actor=alice.user)
    assert alice.client.post(f"/sites/{second.id}/versions/{version.id}/restore/").status_code == 302
    assert shows() == [False, False], "nor by hand"
    put_on(alice, "free")
    work(as_role)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        asked.refresh_from_db()
        withdraw(request=asked)
    assert shows() == [True, False], "back as far as the plan has room"
    put_on(alice, "business")
    work(as_role)
    assert shows() == [True, True]


def test_a_suspended_plan_counts_as_free_at_once(as_role: AsRole) -> None:
    alice = owner("Alice")
    put_on(alice, "plus")
    site_of(alice)
    work(as_role)
    with tenancy.tenant(alice.account.pk):
        assert Domain.objects.get().upload_bytes == plans.PLUS.limits.upload_bytes
        Subscription.objects.update(state="past_due")
    with tenancy.tenant(alice.account.pk), changing(alice.account.pk) as subscription:
        subscription.state = "suspended"
    work(as_role)
    with tenancy.tenant(alice.account.pk):
        assert Domain.objects.get().upload_bytes == plans.FREE.limits.upload_bytes
        assert shown.shown().most == plans.FREE.limits.submissions
