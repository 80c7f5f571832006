"""The one door to the outside: only declared hosts and fields, never without a row, never faster than allowed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import transaction
from django.test import override_settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletters.connectors.checks import mailing_platform_is_whole
from privacy.connectors.checks import bounces_are_heard, statistics_are_whole
from tests import external
from tests.fakes.parts import Reply, Request
from tests.fakes.server import Fake, route, running
from webanizr.core import net, objections, processors, ratelimit, tenancy, throttle
from webanizr.core.models import Transfer
from webanizr.core.processors import Field, Processor, Rate
from webanizr.local.place import ROOT, free_port

pytestmark = pytest.mark.django_db(transaction=True)


class Echo(Fake):
    """Somebody outside."""

    name, base = "echo", "/api"

    @route("POST", "/people")
    def take(self, request: Request) -> Reply:
        return Reply(200, {"taken": request.json(), "form": request.form()})

    @route("GET", "/away")
    def away(self, request: Request) -> Reply:
        return Reply(302, None, {"Location": "http://127.0.0.1:1/elsewhere"})


@pytest.fixture
def echo(as_role: Callable[[str], AbstractContextManager[Any]]) -> Iterator[tuple[Fake, Processor]]:
    with running(Echo) as fake:
        processor = Processor(
            key="echo",
            name="Echo",
            base_url=lambda: fake.url,
            does="tests",
            purposes={"test": "tests", "extra": "more tests"},
            fields=(Field("email", "e-mail address", ("email", "person.email")), Field("ip", "address", ("hits.cip",))),
            technical=frozenset({"list", "hits.n"}),
            location="here",
            rates={"default": Rate(1000, 1000)},
            objectable=frozenset({"extra"}),
        )
        processors.declare(processor)
        try:
            with as_role("worker"):
                yield fake, processor
        finally:
            del processors.REGISTRY["echo"]


def test_what_is_declared_goes_out_and_leaves_a_row(echo: tuple[Fake, Processor]) -> None:
    fake, processor = echo
    vera, rita = uuid.uuid4(), uuid.uuid4()
    answer = net.request(
        processor, "POST", "/people", json={"email": "vera@voorbeeld.nl", "list": 3}, why="test", about=[vera, rita]
    )
    assert answer.json()["taken"] == {"email": "vera@voorbeeld.nl", "list": 3}
    rows = Transfer.objects.filter(processor="echo")
    assert {row.person_id for row in rows} == {vera, rita}
    assert {(row.purpose, tuple(row.fields), row.sent, row.times) for row in rows} == {("test", ("email",), True, 1)}
    assert fake.count == 1


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"json": {"phone": "010"}}, net.Undeclared),
        ({"json": {"list": 3, "person": {"name": "Vera"}}}, net.Undeclared),
        ({"json": {"hits": [net.QueryString(n=1, cip="203.0.113.9", uid="x")]}}, net.Undeclared),
        ({"form": {"hits[0][name]": "Vera"}}, net.Undeclared),
        ({"query": {"q": "Vera"}}, net.Undeclared),
        ({"path": "/people/{name}", "place": {"name": "Vera"}}, net.Undeclared),
        ({"json": {"email": "vera@voorbeeld.nl"}, "about": []}, net.Undeclared),
        ({"why": "advertising"}, net.Undeclared),
        ({"path": "http://127.0.0.1:1/people"}, net.Undeclared),
        ({"path": "https://elsewhere.example/people"}, net.Undeclared),
        ({"path": "people"}, net.Undeclared),
    ],
)
def test_what_isnt_declared_raises_before_anything_is_sent(
    echo: tuple[Fake, Processor], how: dict[str, Any], error: type[Exception]
) -> None:
    fake, processor = echo
    asked: dict[str, Any] = {"path": "/people", "why": "test", "about": [uuid.uuid4()], **how}
    with pytest.raises(error):
        net.request(processor, "POST", asked.pop("path"), **asked)
    assert fake.count == 0
    assert not Transfer.objects.exists()


def test_a_processor_that_nobody_declared_gets_nothing(echo: tuple[Fake, Processor]) -> None:
    fake, processor = echo
    other = Processor(**{**processor.__dict__, "key": "stranger"})
    with pytest.raises(net.Undeclared):
        net.request(other, "POST", "/people", why="test")
    with pytest.raises(ValueError, match="twice"):
        processors.declare(Processor(**processor.__dict__))
    assert fake.count == 0


def test_nothing_is_sent_inside_a_transaction(echo: tuple[Fake, Processor]) -> None:
    fake, processor = echo
    with transaction.atomic(), pytest.raises(net.InsideTransaction):
        net.request(processor, "POST", "/people", json={"list": 1}, why="test")
    assert fake.count == 0


def test_a_no_is_kept(echo: tuple[Fake, Processor], as_role: Callable[[str], AbstractContextManager[Any]]) -> None:
    fake, processor = echo
    vera = uuid.uuid4()
    with as_role("app"), transaction.atomic(), tenancy.context(account_id=None, user_id=vera):
        objections.object_to(person_id=vera, processor="echo")
    for why, refused in (("extra", True), ("test", False)):
        try:
            net.request(processor, "POST", "/people", json={"email": "v@x.nl"}, why=why, about=[uuid.uuid4(), vera])
            sent = True
        except net.Objected:
            sent = False
        assert sent is not refused
    assert fake.count == 1


def test_a_redirect_is_not_followed_and_no_proxy_is_believed(
    echo: tuple[Fake, Processor], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, processor = echo
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    answer = net.request(processor, "GET", "/away", why="test")
    assert answer.status == 302
    assert fake.count == 1


def test_an_answer_has_a_limited_size_and_time(echo: tuple[Fake, Processor]) -> None:
    fake, processor = echo
    fake.fail("huge")
    with pytest.raises(net.Uncertain):
        net.request(processor, "POST", "/people", json={"list": 1}, why="test")
    fake.fail("slow", seconds=2)
    began = time.monotonic()
    with pytest.raises(net.Uncertain):
        net.request(processor, "POST", "/people", json={"list": 1}, why="test", read_seconds=0.2)
    assert time.monotonic() - began < 1.5


def test_who_was_never_reached_got_nothing_and_the_row_says_so(echo: tuple[Fake, Processor]) -> None:
    _, processor = echo
    vera = uuid.uuid4()
    port = free_port()
    nobody = Processor(**{**processor.__dict__, "base_url": lambda: f"http://127.0.0.1:{port}"})
    processors.REGISTRY["echo"] = nobody
    with pytest.raises(net.NotSent):
        net.request(nobody, "POST", "/people", json={"email": "v@x.nl"}, why="test", about=[vera])
    processors.REGISTRY["echo"] = processor
    assert [row.sent for row in external.transfers(vera)] == [False]


def test_a_row_outlives_the_work_that_fails_after_it(echo: tuple[Fake, Processor]) -> None:
    fake, processor = echo
    vera = uuid.uuid4()
    fake.fail("timeout_after")
    with pytest.raises(net.Uncertain):
        net.request(processor, "POST", "/people", json={"email": "v@x.nl"}, why="test", about=[vera])
    with pytest.raises(RuntimeError, match="later"), transaction.atomic():
        raise RuntimeError("something else went wrong later")
    assert [row.sent for row in external.transfers(vera)] == [True]


def test_what_happens_often_is_added_up_by_the_day(echo: tuple[Fake, Processor]) -> None:
    _, processor = echo
    vera, rita = uuid.uuid4(), uuid.uuid4()
    for people in ([vera], [vera, rita], [vera]):
        net.request(processor, "POST", "/people", json={"email": "v@x.nl"}, why="test", about=people, daily=True)
    assert [row.times for row in external.transfers(vera)] == [3]
    assert [row.times for row in external.transfers(rita)] == [1]


def test_a_person_sees_their_own_rows_only(
    echo: tuple[Fake, Processor], as_role: Callable[[str], AbstractContextManager[Any]]
) -> None:
    _, processor = echo
    vera, rita = uuid.uuid4(), uuid.uuid4()
    net.request(processor, "POST", "/people", json={"email": "v@x.nl"}, why="test", about=[vera, rita])
    with as_role("app"):
        assert not Transfer.objects.exists()
        with transaction.atomic(), tenancy.context(account_id=None, user_id=vera):
            assert [row.person_id for row in Transfer.objects.all()] == [vera]
    with as_role("hosting"), pytest.raises(Exception, match="permission denied"):
        Transfer.objects.exists()


def test_a_provider_is_asked_no_faster_than_it_allows(echo: tuple[Fake, Processor]) -> None:
    _, processor = echo
    slow = Processor(**{**processor.__dict__, "rates": {"default": Rate(20, 2)}})
    processors.REGISTRY["echo"] = slow
    began = time.monotonic()
    for _ in range(6):
        net.request(slow, "POST", "/people", json={"list": 1}, why="test")
    assert time.monotonic() - began >= 0.19  # two at once, four more at 20 a second
    with pytest.raises(throttle.Throttled) as told:
        hurry(slow)
    assert 0 < told.value.after <= 0.05
    processors.REGISTRY["echo"] = processor


def hurry(processor: Processor) -> None:
    for _ in range(3):
        net.request(processor, "POST", "/people", json={"list": 1}, why="test", patience=0)


def test_without_redis_it_goes_slower(echo: tuple[Fake, Processor], monkeypatch: pytest.MonkeyPatch) -> None:
    fake, processor = echo
    nowhere = redis.Redis(host="127.0.0.1", port=free_port(), retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(ratelimit, "connection", lambda: nowhere)
    monkeypatch.setattr(throttle, "_scripts", {})
    net.request(processor, "POST", "/people", json={"list": 1}, why="test")
    with pytest.raises(throttle.Throttled) as told:
        net.request(processor, "POST", "/people", json={"list": 1}, why="test", patience=0.05)
    assert 0.5 < told.value.after <= 1
    assert fake.count == 1


def test_nothing_else_opens_connections() -> None:
    """The import contract names the modules; here every file is searched for other ways out."""
    ways = (
        "\nimport requests",
        "import httpx",
        "import aiohttp",
        "urllib.request",
        "http.client",
        "import socket",
        "smtplib",
    )
    allowed = {"webanizr/core/net.py"}
    found = []
    for folder in ("webanizr/core", "webanizr/urls", "accounts", "billing", "newsletters", "sites", "privacy"):
        for path in Path(ROOT, folder).rglob("*.py"):
            text = path.read_text()
            found += [f"{path.relative_to(ROOT)}: {way}" for way in ways if way in text]
            if "urllib3" in text and str(path.relative_to(ROOT)) not in allowed and "settings" not in path.name:
                found.append(f"{path.relative_to(ROOT)}: urllib3")
    assert found == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"MAILING_PLATFORM": "pigeon"}, "newsletters.E010"),
        ({"MAILING_PLATFORM": "listmonk", "MAILING_LIST": "3"}, "newsletters.E011"),
        ({"MAILING_PLATFORM": "brevo"}, "newsletters.E011"),
        ({"MAILING_PLATFORM": "brevo", "MAILING_LIST": "3", "SERVICE": "worker"}, "newsletters.E011"),
        ({"MAILING_PLATFORM": "brevo", "MAILING_LIST": "news"}, "newsletters.E012"),
        (
            {"MAILING_PLATFORM": "brevo", "MAILING_LIST": "3", "MAILING_BASE_URL": "http://elsewhere.example"},
            "privacy.E020",
        ),
        ({"STATISTICS_BASE_URL": "https://matomo.example"}, "privacy.E021"),
        (
            {"STATISTICS_BASE_URL": "https://matomo.example", "STATISTICS_SITE": "1", "SERVICE": "eraser"},
            "privacy.E021",
        ),
        ({"STATISTICS_BASE_URL": "http://matomo.example", "STATISTICS_SITE": "1"}, "privacy.E020"),
        ({"STATISTICS_BASE_URL": "http://127.0.0.1:9001", "STATISTICS_SITE": "1"}, None),
        ({}, None),
    ],
)
def test_settings_that_cant_work_stop_the_start(settings: dict[str, Any], code: str | None) -> None:
    off = {"MAILING_PLATFORM": "", "MAILING_BASE_URL": "", "MAILING_LIST": "", "MAILING_API_KEY": ""}
    off |= {"STATISTICS_BASE_URL": "", "STATISTICS_SITE": "", "STATISTICS_TOKEN": "", "STATISTICS_ADMIN_TOKEN": ""}
    with override_settings(**{**off, **settings}):
        problems = [*mailing_platform_is_whole(None), *statistics_are_whole(None)]
    assert [problem.id for problem in problems][:1] == ([code] if code else [])
    assert all(problem.hint for problem in problems)


@pytest.mark.parametrize(
    ("secret", "topic", "codes"),
    [("", "", []), ("a:b", "arn:x", []), ("a:b", "", ["privacy.E022"]), ("", "arn:x", ["privacy.E022"])],
)
def test_reports_of_the_mail_provider_are_let_in_by_both_or_neither(secret: str, topic: str, codes: list[str]) -> None:
    anymail = {"WEBHOOK_SECRET": secret}
    with override_settings(LOCAL=False, SERVICE="app", ANYMAIL=anymail, MAIL_EVENTS_TOPIC=topic):
        assert [problem.id for problem in bounces_are_heard(None)] == codes
