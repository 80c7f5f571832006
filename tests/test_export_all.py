"""One zip with everything of an account: messages, websites that work anywhere, pictures, what we know (promise 12)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.adapter import CONFIRMED_AT
from accounts.models import Role
from newsletters.services import subscribe
from privacy.export import exported_columns, tables
from sites.models import Site
from sites.services import export, export_all
from sites.services.publish import publish_site
from tests import cast
from tests.billing import working
from tests.erasure_world import Elsewhere, fill, one_outside
from webanizr.core import tenancy
from webanizr.core.models import Job

AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def outside() -> Iterator[Elsewhere]:
    with one_outside() as system:
        yield system


@pytest.mark.django_db(transaction=True)
def test_everything_comes_along(as_role: AsRole, outside: Elsewhere) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    fill(alice, as_role)
    fill(charlie, as_role)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        publish_site(site=Site.objects.get(), actor=alice.user)
    outside.holds = {alice.user.email}
    cast.confirmed(alice)
    assert alice.client.get("/exports/everything/").status_code == 200
    assert alice.client.post("/exports/everything/").status_code == 302
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        job = Job.objects.get(kind="export")
    with as_role("exporter"):
        export.run_export(alice.account.pk, job.id)
    answer = alice.client.get(f"/exports/{job.id}/download/")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = set(archive.namelist())
    assert {"index.html", "account.json", "messages.json", "messages.csv", "systems-outside.json"} <= names
    account = json.loads(archive.read("account.json"))
    [user] = account["accounts.User"]
    assert (user["name"], user["email"]) == ("Alice", alice.user.email)
    assert {"accounts.Account", "accounts.ApiToken", "sites.Page", "accounts.AuditEvent"} <= set(account)
    [message] = json.loads(archive.read("messages.json"))
    assert "vera@example.nl" in json.dumps(message)
    assert b"vera@example.nl" in archive.read("messages.csv")
    pages = [name for name in names if name.startswith("websites/") and name.endswith("index.html")]
    assert pages
    assert b"Bakkerij Het Hoekje" in archive.read(min(pages, key=len))
    assert [name for name in names if name.startswith("websites/") and name.endswith(".css")]
    assert [name for name in names if name.startswith("pictures/")]
    assert "elsewhere" in json.dumps(json.loads(archive.read("systems-outside.json"))).lower()
    whole = b"".join(archive.read(name) for name in names)
    assert charlie.user.email.encode() not in whole
    assert str(charlie.account.pk).encode() not in whole


@pytest.mark.django_db(transaction=True)
def test_payments_and_the_newsletter_come_along_and_nobody_elses(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    for someone in (alice, charlie):
        subscribe.subscribe(
            address=someone.user.email, topics=["tips"], language="nl", source="page", now=timezone.now()
        )
        working.profile(someone, name=f"Zaak van {someone.user.name}")
        working.buy(someone, now=timezone.localdate(), plan="business", terms=True)
    working.work(as_role)
    with as_role("exporter"):
        found = {table.label: table.as_json() for table in tables(alice.account.pk, alice.user.pk)}
        files = dict(export_all.invoices(alice.account.pk))
    assert [each["name"] for each in found["billing.BillingProfile"]] == ["Zaak van Alice"]
    assert [each["plan"] for each in found["billing.Subscription"]] == ["business"]
    [invoice] = found["billing.Invoice"]
    assert invoice["gross_cents"] > 0
    assert files[f"{invoice['number']}.pdf"].startswith(b"%PDF")
    assert b"Zaak van Alice" in files[f"{invoice['number']}.xml"]
    assert [each["address"] for each in found["newsletters.Contact"]] == [alice.user.email]
    assert {each["action"] for each in found["newsletters.Consent"]} == {"requested"}
    whole = json.dumps(found, default=str).encode() + b"".join(files.values())
    assert charlie.user.email.encode() not in whole
    assert b"Zaak van Charlie" not in whole


@pytest.mark.django_db(transaction=True)
def test_only_an_owner_takes_everything(as_role: AsRole) -> None:
    alice = cast.owner("Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    assert bob.client.post("/exports/everything/").status_code == 403
    late = alice.client.session
    late[CONFIRMED_AT] = 0
    late.save()
    assert "/confirm/" in alice.client.post("/exports/everything/").headers["Location"]


@pytest.mark.django_db
def test_the_exporter_may_read_all_that_is_exported(role_connection: Callable[[str], Any]) -> None:
    with role_connection("exporter").cursor() as cursor:
        for label in exported_columns():
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [apps.get_model(label)._meta.db_table])
            assert cursor.fetchone() == (True,), label
