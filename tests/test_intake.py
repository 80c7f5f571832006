"""Publishing and form intake through the front door: the hosting service's own WSGI application and login."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection

from sites.fields.kept import Kept
from sites.hosting import challenge, store
from sites.hosting.post import Post
from sites.hosting.versions import versions
from sites.models import Domain, Page, Site, SiteKey, SiteVersion, Submission
from sites.selectors.inbox import open_message
from sites.services import publish as services
from sites.services.changes import changes_since_publish
from sites.tasks import mend_keys
from tests import cast
from tests.visitors import Visitor
from webanizr.core import tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = {"name": "Vera Visser", "email": "vera@example.nl", "message": "Hebben jullie desem?"}


@pytest.fixture
def alice() -> cast.Person:
    return cast.owner("Alice")


@pytest.fixture
def visitor(
    alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]], monkeypatch: pytest.MonkeyPatch
) -> Visitor:
    """Somebody at Alice's published site; everything they do happens under the hosting login."""
    site, _page, form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        services.publish_site(site=site, actor=alice.user)
        host = Domain.objects.get(site_id=site.id).host
    monkeypatch.setattr(challenge, "LEAST_SECONDS", 0)
    versions._pointers.clear()
    return Visitor(f"{host}:8001", str(form.id), as_role)


def stored(alice: cast.Person) -> list[Submission]:
    with tenancy.tenant(alice.account.pk):
        return list(Submission.objects.all())


def test_a_page_is_served_without_cookie_and_with_its_policy(visitor: Visitor) -> None:
    status, headers, text = visitor.ask("/")
    assert status == 200
    assert "set-cookie" not in headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert "Bakkerij Het Hoekje" in text
    assert re.findall(r'(?:src|href)="(?:https?:)?//(?!bakkerij)', text) == []
    again, again_headers, nothing = visitor.ask("/", HTTP_IF_NONE_MATCH=headers["etag"])
    assert (again, nothing) == (304, "")
    assert again_headers["etag"] == headers["etag"]


def test_precompressed_and_head(visitor: Visitor) -> None:
    plain = visitor.ask("/")[1]
    seen: dict[str, str] = {}
    body = visitor.app(
        {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": visitor.host, "HTTP_ACCEPT_ENCODING": "gzip, br"},
        lambda status, headers: seen.update(dict(headers)),
    )
    assert seen["Content-Encoding"] == "br"
    assert len(b"".join(body)) < int(plain["content-length"]) / 2
    status, headers, text = visitor.ask("/", method="HEAD")
    assert (status, text) == (200, "")
    assert headers["content-length"] == plain["content-length"]


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("nobody.localhost", "/", 404),
        ("", "/", 400),
        ("a b", "/", 400),
        ("evil.nl/@x", "/", 400),
        ("same", "/../../etc/passwd", 404),
        ("same", "/%2e%2e/secrets", 404),
        ("same", "/_m/x/../../y", 404),
        ("same", "/niet-hier", 404),
        ("same", "/sitemap.xml", 200),
        ("same", "/robots.txt", 200),
        ("same", "/favicon.svg", 200),
    ],
)
def test_hosts_and_paths(visitor: Visitor, host: str, path: str, status: int) -> None:
    if host != "same":
        visitor.host = host
    assert visitor.ask(path)[0] == status


def test_another_spelling_of_the_host_moves(visitor: Visitor) -> None:
    right = visitor.host
    visitor.host = visitor.host.title()
    status, headers, _ = visitor.ask("/over", method="GET")
    assert status == 308
    assert headers["location"] == f"http://{right}/over"


def test_a_good_post_is_stored_once(visitor: Visitor, alice: cast.Person) -> None:
    proof = visitor.solved()
    status, headers, _ = visitor.post(GOOD | proof)
    assert status == 303
    again, same, _ = visitor.post(GOOD | proof)
    assert again == 303
    assert same["location"].split("&")[0] == headers["location"].split("&")[0]
    receipt = visitor.ask(headers["location"])
    assert receipt[0] == 200
    assert "vera@example.nl" not in receipt[2]
    rows = stored(alice)
    assert len(rows) == 1
    with tenancy.tenant(alice.account.pk):
        message = open_message(rows[0])
        assert {a.id: a.text for a in message.answers}["message"] == "Hebben jullie desem?"
        notices = Outbox.objects.filter(task="sites.tasks.notify_submission")
        assert [row.args for row in notices] == [{"submission_id": str(rows[0].id)}]


def test_wrong_answers_come_back_with_what_was_typed(visitor: Visitor, alice: cast.Person) -> None:
    status, _, text = visitor.post({"name": "Vera <b>", "email": "geen adres", "message": "Dag"} | visitor.solved())
    assert status == 422
    assert "Vera &lt;b&gt;" in text
    assert "geen adres" in text
    assert 'aria-invalid="true"' in text
    assert stored(alice) == []


def test_without_script_there_is_one_more_click(visitor: Visitor, alice: cast.Person) -> None:
    status, _, text = visitor.post(GOOD)
    assert status == 200
    token = re.search(r'name="challenge" value="([^"]+)"', text)
    assert token
    assert stored(alice) == []
    assert visitor.post(GOOD | {"challenge": token[1]})[0] == 303
    assert len(stored(alice)) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_post_from_elsewhere_is_confirmed_first(visitor: Visitor, alice: cast.Person, site: str) -> None:
    status, _, text = visitor.post(GOOD | visitor.solved(), HTTP_SEC_FETCH_SITE=site)
    assert status == 200
    assert "Hebben jullie desem?" in text
    assert stored(alice) == []


def test_a_bot_goes_to_quarantine_and_is_not_lost(visitor: Visitor, alice: cast.Person) -> None:
    assert visitor.post(GOOD | visitor.solved() | {"website": "http://spam.example"})[0] == 303
    assert [row.quarantined for row in stored(alice)] == [True]


@pytest.mark.parametrize(
    "values",
    [
        {"challenge": "x.y"},
        {"challenge": "é.\u0000"},
        {"challenge": "a" * 10_000},
        {"solution": "²"},
        {"solution": "-1"},
        {"solution": "9" * 400},
    ],
)
def test_forged_challenges_are_confirmed_first(visitor: Visitor, alice: cast.Person, values: dict[str, str]) -> None:
    assert visitor.post(GOOD | visitor.solved() | values)[0] == 200
    assert stored(alice) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 600_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % n for n in range(2000)), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 422),
        (b"name=%00&email=%ff%fe&message=%F0%9F%98%80", "application/x-www-form-urlencoded", 422),
    ],
)
def test_hostile_bodies_get_an_answer(
    visitor: Visitor, alice: cast.Person, body: bytes, kind: str, status: int
) -> None:
    assert visitor.ask(f"/_f/{visitor.form}", method="POST", body=body, CONTENT_TYPE=kind)[0] == status
    assert stored(alice) == []


def test_too_many_posts_are_slowed_down_and_keep_the_answers(visitor: Visitor) -> None:
    for _ in range(30):
        visitor.post({"message": "Dag"})
    status, headers, text = visitor.post(GOOD | visitor.solved())
    assert status == 429
    assert int(headers["retry-after"]) > 0
    assert "Hebben jullie desem?" in text


def test_an_unknown_form_is_not_there(visitor: Visitor) -> None:
    visitor.form = str(uuid.uuid4())
    assert visitor.post(GOOD)[0] == 404


def test_a_site_without_a_key_takes_nothing_in_and_loses_nothing(visitor: Visitor, alice: cast.Person) -> None:
    """What can't be sealed isn't stored; what was typed stays."""
    with visitor.as_role("worker"), tenancy.tenant(alice.account.pk):
        SiteKey.objects.all().delete()
    proof = visitor.solved()
    status, headers, text = visitor.post(GOOD | proof)
    assert status == 503
    assert headers["retry-after"] == "60"
    assert "Hebben jullie desem?" in text
    assert stored(alice) == []
    with visitor.as_role("worker"):
        mend_keys.run()
    assert visitor.post(GOOD | proof)[0] == 303
    assert len(stored(alice)) == 1


# --- publishing


def test_publishing_again_renders_only_what_changed(alice: cast.Person) -> None:
    site, page, _form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        first = services.publish_site(site=site, actor=alice.user)
        same = services.publish_site(site=site, actor=alice.user)
        assert (first.number, same.number) == (1, 2)
        assert (first.manifest["rendered"], same.manifest["rendered"]) == (1, 0)
        assert changes_since_publish(site) == []
        Page.objects.filter(id=page.id).update(title="Begin")
        assert [(c.kind, c.what) for c in changes_since_publish(site)] == [("changed", "page")]
        assert services.publish_site(site=site, actor=alice.user).manifest["rendered"] == 1
        services.restore_version(site=site, version=first, actor=alice.user)
        assert Domain.objects.get(site_id=site.id).version_id == first.id


def test_a_version_can_not_be_changed(alice: cast.Person) -> None:
    from django.db import DatabaseError, transaction

    site, _page, _form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        services.publish_site(site=site, actor=alice.user)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            SiteVersion.objects.update(number=7)


def test_a_personal_field_without_purpose_stays_offline(alice: cast.Person) -> None:
    site, _page, form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        form.fields = [{**form.fields[0], "purpose": ""}, *form.fields[1:]]
        form.save()
        with pytest.raises(services.PublishError):
            services.publish_site(site=Site.objects.get(id=site.id), actor=alice.user)
        assert Domain.objects.get(site_id=site.id).version_id is None


def test_a_connection_that_broke_costs_the_visitor_nothing(
    visitor: Visitor, alice: cast.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the database: noticed at the next statement only."""
    files_of, broken = store.files_of, []

    def breaks(post: Post) -> list[Kept]:
        connection.connection.close()
        broken.append(True)
        return files_of(post)

    monkeypatch.setattr(store, "files_of", breaks)
    assert visitor.post(GOOD | visitor.solved())[0] == 303
    assert broken
    assert len(stored(alice)) == 1
