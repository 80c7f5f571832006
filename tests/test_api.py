"""The JSON API: the same services as the browser, with personal tokens, scopes and one shape of errors."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PIL import Image

from accounts.services.tokens import create_token
from tests import cast
from webanizr.core import tenancy

pytestmark = pytest.mark.django_db(transaction=True)


class Caller:
    """A program with a token."""

    def __init__(self, person: cast.Person, *scopes: str) -> None:
        with tenancy.tenant(person.account.pk, user_id=person.user.pk):
            self.token, words = create_token(name="test", scopes=list(scopes), days=1, actor=person.user)
        self.client = Client(headers={"authorization": f"Bearer {words}", "accept-language": "en-gb"})

    def ask(self, method: str, path: str, data: Any = None, *, raw: bytes | None = None) -> tuple[int, Any]:
        body = raw if raw is not None else json.dumps(data)
        send = getattr(self.client, method)
        address = f"/api/v1/{path}"
        answer = send(address) if method in ("get", "delete") else send(address, body, content_type="application/json")
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def alice() -> cast.Person:
    return cast.owner("Alice")


@pytest.fixture
def program(alice: cast.Person) -> Caller:
    scopes = [f"{kind}:{act}" for kind in ("sites", "forms", "submissions") for act in ("read", "write")]
    return Caller(alice, *scopes)


def test_a_site_from_nothing_to_online(program: Caller) -> None:
    status, site = program.ask("post", "sites/", {"kind": "shop", "name": "Bakkerij API", "place": "Delft"})
    assert status == 201
    base = f"sites/{site['id']}/"
    status, pages = program.ask("get", f"{base}pages/")
    page = pages["results"][0]
    page["content"]["blocks"][0]["heading"] = "Vers uit de API"
    change = {"content": page["content"], "version": page["version"]}
    status, saved = program.ask("patch", f"{base}pages/{page['id']}/", change)
    assert (status, saved["version"]) == (200, page["version"] + 1)
    status, error = program.ask("patch", f"{base}pages/{page['id']}/", change)
    assert (status, error["error"]) == (409, 409)
    assert program.ask("get", f"{base}publish/")[1]["problems"] == []
    status, version = program.ask("post", f"{base}publish/")
    assert (status, version["number"]) == (201, 1)
    assert program.ask("get", base)[1]["online"] is True
    assert program.ask("patch", base, {"label": "www"})[0] == 400
    status, moved = program.ask("patch", base, {"label": f"delft-{uuid.uuid4().hex[:8]}", "hue": 100})
    assert status == 200
    assert moved["url"].startswith("http://delft-")


def test_messages_are_read_marked_and_exported(
    program: Caller, alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, name="Vera", message="Dag!")
    listing = program.ask("get", f"submissions/?form={form.id}")[1]["results"]
    assert [each["id"] for each in listing] == [str(row.id)]
    assert {a["id"]: a["answer"] for a in listing[0]["answers"]}["message"] == "Dag!"
    assert program.ask("post", f"submissions/{row.id}/", {"action": "delete"})[1]["deleted_at"]
    assert program.ask("get", "submissions/")[1]["results"] == []
    assert program.ask("post", f"submissions/{row.id}/", {"action": "restore"})[1]["deleted_at"] is None
    status, job = program.ask("post", "exports/", {"form": str(form.id)})
    assert (status, job["state"]) == (202, "queued")
    assert program.ask("get", f"exports/{job['id']}/")[0] == 200
    assert [each["id"] for each in program.ask("get", "exports/")[1]["results"]] == [job["id"]]
    assert program.ask("get", f"exports/{job['id']}/download/")[0] == 409


def picture(size: tuple[int, int] = (640, 480)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#884422").save(out, "JPEG")
    return out.getvalue()


def test_pages_move_go_and_come_back(program: Caller) -> None:
    site = program.ask("post", "sites/", {"name": "Bakkerij"})[1]
    base = f"sites/{site['id']}/pages/"
    first, second = (program.ask("post", base, {"title": title})[1] for title in ("Brood", "Taart"))
    assert program.ask("post", f"{base}{second['id']}/move/", {"step": -1})[1]["position"] < second["position"]
    assert program.ask("post", f"{base}{second['id']}/move/", {"step": 5})[1]["fields"]["step"]
    assert program.ask("delete", f"{base}{first['id']}/")[0] == 204
    assert program.ask("get", f"{base}{first['id']}/")[0] == 404
    again = program.ask("post", base, {"title": "Brood"})[1]
    assert again["slug"] == first["slug"]
    assert program.ask("post", f"{base}{first['id']}/restore/")[1]["fields"]["slug"]
    assert program.ask("delete", f"{base}{again['id']}/")[0] == 204
    assert program.ask("post", f"{base}{first['id']}/restore/")[0] == 200
    assert program.ask("get", f"{base}{first['id']}/")[0] == 200


def test_pictures_are_added_and_described(program: Caller) -> None:
    site = program.ask("post", "sites/", {"name": "Bakkerij"})[1]
    address = f"/api/v1/sites/{site['id']}/pictures/"
    sent = program.client.post(address, {"file": SimpleUploadedFile("brood.jpg", picture()), "alt": "Brood"})
    assert sent.status_code == 201
    found = sent.json()
    assert (found["width"], found["height"], found["alt"]) == (640, 480, "Brood")
    one = f"sites/{site['id']}/pictures/{found['id']}/"
    assert program.ask("patch", one, {"alt": "Twee broden"})[1]["alt"] == "Twee broden"
    assert [each["id"] for each in program.ask("get", f"sites/{site['id']}/pictures/")[1]["results"]] == [found["id"]]
    for bad in ({}, {"file": SimpleUploadedFile("x.jpg", b"<script>")}, {"file": SimpleUploadedFile("x.jpg", b"")}):
        refused = program.client.post(address, bad)
        assert refused.status_code == 400
        assert refused.json()["fields"]["file"]
    assert Caller(cast.owner("Charlie"), "sites:read").ask("get", one)[0] == 404


def test_a_website_goes_offline(program: Caller) -> None:
    site = program.ask("post", "sites/", {"kind": "shop", "name": "Bakkerij API", "place": "Delft"})[1]
    base = f"sites/{site['id']}/"
    assert program.ask("post", f"{base}publish/")[0] == 201
    assert program.ask("delete", f"{base}publish/")[0] == 204
    assert program.ask("get", base)[1]["online"] is False


def test_many_messages_at_once_and_nobody_elses(
    program: Caller, alice: cast.Person, as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    charlie = cast.owner("Charlie")
    rows = []
    for person in (alice, alice, charlie):
        site, _page, form = cast.site_of(person)
        row = cast.send(as_role, site, form, name="Vera", message="Dag!")
        rows.append(str(row.id))
    assert program.ask("post", "submissions/", {"action": "delete", "ids": rows})[1] == {"changed": 2}
    assert program.ask("get", "submissions/")[1]["results"] == []
    assert program.ask("post", "submissions/", {"action": "burn", "ids": rows})[0] == 400
    assert program.ask("post", "submissions/", {"action": "read", "ids": ["x"]})[0] == 400


def test_a_token_does_no_more_than_its_scopes(alice: cast.Person) -> None:
    reader = Caller(alice, "sites:read")
    assert reader.ask("get", "sites/")[0] == 200
    assert reader.ask("post", "sites/", {"name": "Nee"})[0] == 403
    assert reader.ask("get", "submissions/")[0] == 403


def test_a_revoked_or_damaged_token_opens_nothing(program: Caller, alice: cast.Person) -> None:
    with tenancy.tenant(alice.account.pk):
        program.token.delete()
    assert program.ask("get", "sites/")[0] == 401
    for words in ("", "x", "wz__", "wz_zz_zz", f"wz_{uuid.uuid4().hex}_secret", "wz_" + "a" * 5000):
        assert Client(headers={"authorization": f"Bearer {words}"}).get("/api/v1/sites/").status_code == 401


def test_the_browsers_session_needs_its_csrf_token(alice: cast.Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alice.client.cookies
    assert strict.get("/api/v1/sites/").status_code == 200
    assert strict.post("/api/v1/sites/", {"name": "x"}, content_type="application/json").status_code == 403


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"name": null}', 400),
        (b'{"name": "\\u0000"}', 400),
        (b'{"name": {"a": 1}}', 400),
        (b'{"name": "' + b"x" * 5000 + b'"}', 400),
        (b"\xff\xfe", 400),
    ],
)
def test_bad_input_gets_a_message_at_the_field(program: Caller, raw: bytes, status: int) -> None:
    answer = program.ask("post", "sites/", raw=raw)
    assert answer[0] == status
    assert answer[1]["error"] == status
    assert answer[1]["reference"]
    assert answer[1]["message"]


def test_hostile_content_is_refused_with_its_place(program: Caller) -> None:
    site = program.ask("post", "sites/", {"name": "Bakkerij"})[1]
    page = program.ask("get", f"sites/{site['id']}/pages/")[1]["results"][0]
    address = f"sites/{site['id']}/pages/{page['id']}/"
    deep: Any = "x"
    for _ in range(2000):
        deep = {"a": deep}
    bad = [
        {"schema_version": 1, "blocks": [{"id": "abcdefgh", "type": "script", "src": "x"}]},
        {"schema_version": 1, "blocks": [{"id": "abcdefgh", "type": "hero", "heading": 7}]},
        {
            "schema_version": 1,
            "blocks": [{"id": "abcdefgh", "type": "hero", "button": {"label": "x", "href": "javascript:1"}}],
        },
        {"blocks": "no"},
        [],
    ]
    for content in bad:
        status, answer = program.ask("patch", address, {"content": content, "version": page["version"]})
        assert status == 400, content
        assert answer["fields"]["content"]
    raw = b'{"version": 1, "content": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}"
    assert program.ask("patch", address, raw=raw)[0] == 400
    assert program.ask("get", address)[1]["content"] == page["content"]


def test_the_description_is_complete_and_without_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "/api/v1/sites/{site_id}/publish/" in out.getvalue()
    assert capsys.readouterr().err == ""
