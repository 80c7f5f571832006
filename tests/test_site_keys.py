"""Keys of sites: made with the site, used for minutes, replaced, and never lost on the way."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts.models import AuditEvent
from sites import tasks
from sites.hosting import intakekeys
from sites.hosting.intakekeys import IntakeKeys
from sites.hosting.versions import Pointer
from sites.models import IntakeKey, Site, SiteKey, Submission
from sites.selectors.inbox import open_message
from sites.services import keys as services
from tests import cast
from webanizr.core import tenancy, vault
from webanizr.core.models import Outbox
from webanizr.core.tasks import Later
from webanizr.core.vault import keystore, records
from webanizr.local import provision, testing

pytestmark = pytest.mark.django_db(transaction=True)

AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def alice() -> cast.Person:
    return cast.owner("Alice")


def kept(account_id: uuid.UUID) -> set[str]:
    """Return the ids of an account's keys in the key store."""
    return {name.partition("/")[2] for name in keystore.store().names(account_id)}


def text(row: Submission) -> str:
    """Return what a stored message says, with nothing remembered."""
    records.forget_keys()
    with tenancy.tenant(row.account_id):
        message = open_message(Submission.objects.select_related("intake_key").get(id=row.id))
    return "; ".join(answer.text for answer in message.answers if answer.text)


def test_a_site_is_made_with_its_keys(alice: cast.Person) -> None:
    site, _page, _form = cast.site_of(alice)
    with tenancy.tenant(site.account_id):
        pair = SiteKey.objects.get()
    assert len(bytes(pair.public_key)) == 32
    assert kept(site.account_id) == {str(pair.id), str(site.account_id)}


def test_a_crash_in_between_leaves_no_site_and_no_trap(alice: cast.Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The private half is there, its row is not: a key that opens nothing, and the next attempt works."""
    create = SiteKey.objects.create

    def killed(**_: Any) -> SiteKey:
        raise KeyboardInterrupt

    monkeypatch.setattr(SiteKey.objects, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        cast.site_of(alice)
    monkeypatch.setattr(SiteKey.objects, "create", create)
    with tenancy.tenant(alice.account.pk):
        assert not Site.objects.exists()
    assert len(kept(alice.account.pk)) == 2
    site, _page, _form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk):
        assert SiteKey.objects.get(site=site).retired_at is None


def test_without_a_key_service_there_is_no_site(alice: cast.Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> vault.Pair:
        raise vault.Unavailable("KMS")

    monkeypatch.setattr(vault, "make_pair", away)
    answer = alice.client.post("/start/", {"kind": "shop", "name": "Bakkerij", "place": "Delft"})
    assert answer.status_code == 503
    with tenancy.tenant(alice.account.pk):
        assert not Site.objects.exists()


def test_an_intake_key_lives_for_minutes_and_a_thousand_messages(
    alice: cast.Person, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert intakekeys.SECONDS <= 600
    assert intakekeys.USES <= 1000
    monkeypatch.setattr(intakekeys, "USES", 3)
    site, _page, _form = cast.site_of(alice)
    pointer = Pointer("", site.account_id, site.id, None)
    mine = IntakeKeys()
    with as_role("hosting"):
        used = [mine.of(pointer).id for _ in range(7)]
        assert [used.count(key) for key in dict.fromkeys(used)] == [3, 3, 1]
        mine._held.seconds = 0
        mine.forget()
        assert mine.of(pointer).id != mine.of(pointer).id
    with tenancy.tenant(site.account_id):
        assert IntakeKey.objects.count() == 5


def test_an_intake_key_that_was_not_committed_is_not_used(
    alice: cast.Person, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _page, _form = cast.site_of(alice)
    pointer = Pointer("", site.account_id, site.id, None)
    mine = IntakeKeys()
    with monkeypatch.context() as broken, as_role("hosting"):
        broken.setattr(intakekeys, "INSERT", intakekeys.INSERT.replace("sealed", "no_such_column"))
        with pytest.raises(DatabaseError):
            mine.of(pointer)
        assert len(mine._held) == 0


def test_the_database_takes_nothing_that_is_not_sealed(alice: cast.Person, as_role: AsRole) -> None:
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera")
    key = row.intake_key_id
    for content, with_key in ((vault.PLAIN + b"{}", key), (b"\2sealed", None)):
        row.id, row.content, row.intake_key_id = uuid.uuid4(), content, with_key
        with as_role("hosting"), tenancy.tenant(site.account_id), pytest.raises(IntegrityError, match="is_sealed"):
            row.save(force_insert=True)


def test_an_intake_key_of_another_site_or_account_does_not_fit(alice: cast.Person, as_role: AsRole) -> None:
    site, _page, form = cast.site_of(alice)
    second, _page, other_form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera")
    other = cast.send(as_role, second, other_form, name="Piet")
    with as_role("worker"), tenancy.tenant(site.account_id):
        Submission.objects.filter(id=row.id).update(intake_key=other.intake_key_id)
    assert text(row) == ""
    charlie = cast.owner("Charlie")
    their_site, _page, their_form = cast.site_of(charlie)
    theirs = cast.send(as_role, their_site, their_form, name="Charlie")
    with as_role("worker"), pytest.raises(IntegrityError), tenancy.tenant(site.account_id):
        Submission.objects.filter(id=row.id).update(intake_key=theirs.intake_key_id)


# --- a new pair


def rewrap(site: Site, as_role: AsRole) -> float:
    """Run the worker's task; return the seconds after which it wants to come back, 0 for never."""
    try:
        with as_role("worker"):
            tasks.rewrap.run(account_id=site.account_id, site_id=str(site.id))
    except Later as later:
        return later.seconds
    return 0


def test_a_new_pair_opens_everything_and_the_old_one_goes(alice: cast.Person, as_role: AsRole) -> None:
    site, _page, form = cast.site_of(alice)
    before = cast.send(as_role, site, form, name="Voor")
    pointer = Pointer("", site.account_id, site.id, None)
    with as_role("hosting"):
        in_use = intakekeys.make(pointer)  # by a process that doesn't know of the new pair for ten minutes
    with tenancy.tenant(site.account_id):
        old = SiteKey.objects.get()
        new = services.rotate_site_key(site=site, actor=alice.user)
        assert Outbox.objects.filter(task=services.REWRAP_TASK).count() == 1
    meanwhile = cast.send(as_role, site, form, in_use, name="Tijdens")
    after = cast.send(as_role, site, form, name="Na")
    assert [text(row) for row in (before, meanwhile, after)] == ["Voor", "Tijdens", "Na"]

    assert 3000 < rewrap(site, as_role) <= 3600
    with tenancy.tenant(site.account_id):
        assert set(IntakeKey.objects.values_list("pair_id", flat=True)) == {new.id}
    assert str(old.id) in kept(site.account_id), "a hosting process may have sealed to it a moment ago"
    with as_role("worker"), tenancy.tenant(site.account_id):
        SiteKey.objects.filter(id=old.id).update(retired_at=timezone.now() - timedelta(hours=2))
    assert rewrap(site, as_role) == 0
    assert kept(site.account_id) == {str(new.id), str(site.account_id)}
    vault.keys.forget()
    assert [text(row) for row in (before, meanwhile, after)] == ["Voor", "Tijdens", "Na"]
    assert rewrap(site, as_role) == 0  # once more does nothing


def test_a_pair_that_is_still_needed_is_not_destroyed(alice: cast.Person, as_role: AsRole) -> None:
    """Whatever the clock says: a hosting process that slept for hours with an old public key."""
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera")
    with tenancy.tenant(site.account_id):
        old = SiteKey.objects.get()
        services.rotate_site_key(site=site, actor=alice.user, now=timezone.now() - timedelta(hours=5))
    with as_role("worker"), tenancy.tenant(site.account_id):
        assert services.destroy_retired(site_id=site.id) is not None  # without rewrap before
    assert str(old.id) in kept(site.account_id)
    assert rewrap(site, as_role) == 0
    assert str(old.id) not in kept(site.account_id)
    assert text(row) == "Vera"


def test_killed_between_the_steps(alice: cast.Person, as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera")
    with tenancy.tenant(site.account_id):
        old = SiteKey.objects.get()
        services.rotate_site_key(site=site, actor=alice.user, now=timezone.now() - timedelta(hours=2))

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for module, name in ((services, "rewrap"), (services, "destroy_retired"), (vault, "destroy_pair")):
        with monkeypatch.context() as kill:
            kill.setattr(module, name, killed)
            with pytest.raises(KeyboardInterrupt):
                rewrap(site, as_role)
        assert text(row) == "Vera"
    assert str(old.id) in kept(site.account_id)
    assert rewrap(site, as_role) == 0
    assert str(old.id) not in kept(site.account_id)
    assert text(row) == "Vera"


def test_a_hosting_process_with_a_pair_that_is_gone_is_refused(alice: cast.Person, as_role: AsRole) -> None:
    site, _page, _form = cast.site_of(alice)
    pointer = Pointer("", site.account_id, site.id, None)
    with tenancy.tenant(site.account_id):
        old = SiteKey.objects.get()
        services.rotate_site_key(site=site, actor=alice.user, now=timezone.now() - timedelta(hours=2))
    assert rewrap(site, as_role) == 0
    key, sealed = vault.new_intake_key(
        account_id=site.account_id, site_id=site.id, pair=vault.Pair(old.id, bytes(old.public_key))
    )
    with pytest.raises(IntegrityError), as_role("hosting"), tenancy.tenant(site.account_id):
        IntakeKey(id=key.id, account_id=site.account_id, site=site, pair_id=old.id, sealed=sealed).save(
            force_insert=True
        )
    with as_role("hosting"):
        assert IntakeKeys().of(pointer)


def test_the_command_replaces_every_pair(alice: cast.Person, as_role: AsRole) -> None:
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera")
    with tenancy.tenant(site.account_id):
        old = SiteKey.objects.get()
    with as_role("worker"):
        call_command("rotate_site_keys", "--site", str(site.id), verbosity=0)
    with tenancy.tenant(site.account_id):
        assert SiteKey.objects.get(retired_at=None).id != old.id
        assert Outbox.objects.filter(task=services.REWRAP_TASK).count() == 1
    rewrap(site, as_role)
    assert text(row) == "Vera"


# --- what was there before


def test_rows_of_before_are_sealed_and_sites_of_before_get_keys(alice: cast.Person, as_role: AsRole) -> None:
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera")
    content = {"fields": [{"id": "name", "type": "short_text", "label": "Naam"}], "values": {"name": "Van vroeger"}}
    run = testing.current()
    with closing(psycopg2.connect(provision.with_path(run.admin_url, run.database))) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'submission_is_sealed'")
        (definition,) = cursor.fetchone() or ("",)
        cursor.execute("ALTER TABLE sites_submission DROP CONSTRAINT submission_is_sealed")
        cursor.execute(
            "UPDATE sites_submission SET content = %s, intake_key_id = NULL",
            [vault.PLAIN + json.dumps(content).encode()],
        )
        cursor.execute(f"ALTER TABLE sites_submission ADD CONSTRAINT submission_is_sealed {definition}")
        cursor.execute("DELETE FROM sites_intakekey; DELETE FROM sites_sitekey")
        admin.commit()
    assert text(row) == ""
    with as_role("worker"):
        tasks.mend_keys.run()
    assert text(row) == "Van vroeger"
    with tenancy.tenant(site.account_id):
        assert bytes(Submission.objects.get().content)[:1] == records.FORMAT
        asked = Outbox.objects.filter(task="sites.tasks.index_submission").count()
    assert asked == 2  # for what the test did to the row, and for its sealing


def test_an_owner_replaces_the_key_and_it_says_who(alice: cast.Person) -> None:
    site, _page, _form = cast.site_of(alice)
    address = f"/sites/{site.id}/settings/"
    with tenancy.tenant(site.account_id):
        before = SiteKey.objects.get().id
    answer = alice.client.post(f"{address}key/", follow=True).content.decode()
    assert "There is a new key" in answer
    assert "Last replaced by Alice" in answer
    assert "being destroyed" in answer
    with tenancy.tenant(site.account_id):
        assert SiteKey.objects.get(retired_at=None).id != before
        assert AuditEvent.objects.get(action="site.key_rotated").actor_id == alice.user.pk
        assert Outbox.objects.filter(task=services.REWRAP_TASK).count() == 1
    assert "less than an hour ago" in alice.client.post(f"{address}key/", follow=True).content.decode()
    assert cast.owner("Charlie").client.post(f"{address}key/").status_code == 404
    with tenancy.tenant(site.account_id):
        assert SiteKey.objects.count() == 2
