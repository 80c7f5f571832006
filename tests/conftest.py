"""Fixtures that every test may use: the database under the real logins, the running product, a browser.

The servers behind them are started by the plugin `webanizr.local.testing`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg2.extensions import connection as Connection
from pytest_django.plugin import DjangoDbBlocker

from tests.fakes.server import Fake, running
from tests.local.running import Stack
from tests.staff import desk, hire  # noqa: F401  # fixtures
from webanizr.local import packages, testing

# How fast the machine is says nothing about a property.
hypothesis_settings.register_profile("webanizr", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("webanizr")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace pytest-django's: that one would create the database as the login the tests run as."""
    from django.db import connections
    from django.test import TransactionTestCase

    from privacy.erasure import guard, ledger
    from webanizr.core import storage

    def teardown(self: TransactionTestCase) -> None:
        """Tests that commit leave a new copy of the template behind: no login could empty every table."""
        connections.close_all()
        testing.current().reset_database()
        # what is kept outside the database would be ahead of the new one
        storage.delete(*storage.keys(ledger.PREFIX))
        guard.forget()

    with django_db_blocker.unblock():
        testing.current().make_database()
    if "AWS_S3_ENDPOINT_URL" in testing.current().outside:
        storage.ensure_bucket()
    setattr(TransactionTestCase, "_fixture_teardown", teardown)  # noqa: B010  # a private name of Django's
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Let each test start with an empty Redis database: no rate limit or lock of another one."""
    import redis
    from django.conf import settings

    from webanizr.core.tally import tally

    tally.forget()

    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()


@pytest.fixture(autouse=True)
def own_language() -> None:
    """Let each test start in the site's own language: Django leaves the last request's active."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def english() -> Iterator[None]:
    """Let messages come in English, as the code has them."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def role_connection() -> Iterator[Callable[[str], Connection]]:
    """Connect as a service's own login, e.g. "hosting"; another login sees committed rows only."""
    opened: list[Connection] = []

    def connect(service: str) -> Connection:
        connection = testing.current().connect(service)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def as_role() -> Callable[[str], AbstractContextManager[Any]]:
    """Let Django itself work as another login, with that service's settings: give it "hosting", say.

    For tests with committed data (`transaction=True`): another login is another connection.
    """
    return _as_role


@contextmanager
def _as_role(service: str) -> Iterator[Any]:
    from django.db import connection
    from django.test import override_settings

    from webanizr.environment import database_from_url

    if connection.in_atomic_block:
        raise RuntimeError("as_role needs django_db(transaction=True): other logins see committed rows only.")
    before = dict(connection.settings_dict)
    wanted = database_from_url(testing.current().login(service))
    connection.close()
    connection.settings_dict.update({key: wanted[key] for key in ("USER", "PASSWORD", "NAME", "HOST", "PORT")})
    try:
        with override_settings(**testing.settings_of(service)):
            yield connection
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.fixture(scope="module")
def committing_worker(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Work as the worker's login, with rows that are committed: nothing is sent from inside a transaction."""
    from django.db import connections

    with django_db_blocker.unblock():
        with _as_role("worker"):
            yield
        connections.close_all()
        testing.current().reset_database()


@pytest.fixture(scope="module")
def fakes() -> Iterator[dict[str, Fake]]:
    """Every external system's fake, running."""
    from tests import external

    with ExitStack() as stack:
        yield {name: stack.enter_context(running(kind)) for name, kind in external.FAKES.items()}


@pytest.fixture(params=["brevo", "listmonk", "mailchimp"])
def mailing(request: pytest.FixtureRequest, fakes: dict[str, Fake]) -> Iterator[Fake]:
    """Each mailing platform in turn, configured and empty."""
    from tests import external

    yield from external.emptied(fakes[request.param])


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real product: `manage.py up` with its own data directory and ports, one for each test process."""
    running = Stack.of_this_run(f"stack-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole run."""
    from playwright.sync_api import sync_playwright

    path = packages.browser()
    assert path, "No browser: apt-get install -y --no-install-recommends chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield chromium
        chromium.close()


# The browser stays on this machine and looks for nothing elsewhere.
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
]


@pytest.fixture
def page(stack: Stack, browser: Any) -> Iterator[Any]:
    """A new browser page at the running product's app; an error of a script or of the content policy fails the test."""
    stack.forget_limits()
    context = browser.new_context(base_url=stack.app, locale="nl-NL", timezone_id="Europe/Amsterdam")
    context.set_default_timeout(10_000)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(f"{opened.url}: {error}"))

    def heard(line: Any) -> None:
        if "Content Security Policy" in line.text:
            problems.append(f"{opened.url}: {line.text}")

    opened.on("console", heard)
    yield opened
    context.close()
    assert not problems, "\n".join(problems)
