"""Promise 03: the one view that says who gets a newsletter, over the whole truth table, and as a property."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletters.addresses import key_of

STATES = ["none", "free", "pending", "active", "past_due", "suspended", "ended"]
SAID = ["nothing", "requested", "confirmed", "withdrawn", "confirmed, withdrawn", "withdrawn, resumed", "informed"]
PAID = ["yesterday", "tomorrow"]

INSERTS = {
    "account": "INSERT INTO accounts_account (id, name, language, created_at) VALUES (%s, 'x', 'nl', now())",
    "user": "INSERT INTO accounts_user (id, name, email) VALUES (%s, 'x', %s)",
    "address": 'INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES (%s, %s, %s, true)',
    "member": "INSERT INTO accounts_membership (id, account_id, user_id, role, created_at)"
    " VALUES (gen_random_uuid(), %s, %s, %s, now())",
    "subscription": "INSERT INTO billing_subscription (id, account_id, plan, interval, state, net_cents, anchor_day,"
    " paid_until, next_plan, next_interval, consumer, changed_at)"
    " VALUES (gen_random_uuid(), %s, %s, 'year', %s, %s, 1, %s, '', '', false, now())",
    "contact": "INSERT INTO newsletters_contact (id, address, address_key, language, verified_at, erase_asked_at,"
    " paused_until, created_at) VALUES (%s, %s, %s, 'nl', %s, %s, %s, now())",
    "consent": "INSERT INTO newsletters_consent (contact_id, topic_id, action, basis, wording, wording_version,"
    " language, source, at) VALUES (%s, %s, %s, 'consent', 'x', 'x', 'nl', 'page', now())",
    "suppression": "INSERT INTO newsletters_suppression (address_key, reason, at) VALUES (%s, 'complaint', now())",
}


class Table:
    """Somebody with one standing, in a transaction of the app and worker logins' rows that is rolled back."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def put(
        self,
        *,
        state: str,
        said: str,
        price: int = 12_000,
        paid: str = "tomorrow",
        verified: bool = True,
        erased: bool = False,
        suppressed: bool = False,
        role: str = "owner",
        paused: int = 0,
    ) -> uuid.UUID:
        """Store one person; return the contact's id."""
        now = timezone.now()
        contact, user, account = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        address = f"{contact.hex}@example.nl"
        with self.connection.cursor() as cursor:

            def run(name: str, *values: Any) -> None:
                cursor.execute(INSERTS[name], [str(v) if isinstance(v, uuid.UUID) else v for v in values])

            if state != "none":
                run("account", account)
                run("user", user, address)
                run("address", user, address, verified)
                run("member", account, user, role)
                until = (now + timedelta(days={"yesterday": -4, "tomorrow": 1}[paid])).date()
                plan = "free" if state == "free" else "plus"
                run("subscription", account, plan, state, 0 if state == "free" else price, until)
            pause = now + timedelta(days=paused) if paused else None
            run("contact", contact, address, key_of(address), now if verified else None, now if erased else None, pause)
            for action in [] if said == "nothing" else said.split(", "):
                run("consent", contact, "tips", action)
            if suppressed:
                run("suppression", key_of(address))
        return contact

    def audience(self) -> dict[uuid.UUID, str]:
        """Return the basis by contact, for the topic tips."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT contact_id::text, basis FROM newsletter_audience WHERE topic = 'tips'")
            return {uuid.UUID(contact): basis for contact, basis in cursor.fetchall()}


@pytest.fixture
def table(db: None, admin_rows: Any) -> Table:
    """An empty table to put people in."""
    return Table(admin_rows)


@pytest.fixture
def admin_rows() -> Iterator[Any]:
    """A connection that may write every table, rolled back at the end; row-level security has tests of its own."""
    import psycopg2

    from webanizr.local import provision, testing

    run = testing.current()
    connection = psycopg2.connect(provision.with_path(run.admin_url, run.database))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    yield connection
    connection.rollback()
    connection.close()


def expected(
    *, state: str, said: str, paid: str, price: int, verified: bool, erased: bool, suppressed: bool, **_: Any
) -> str:
    """Say the rule again, in Python: "", "consent" or "customer"."""
    decisive = [word for word in said.split(", ") if word in ("confirmed", "withdrawn", "resumed")]
    last = decisive[-1] if decisive else ""
    if erased or suppressed or not verified:
        return ""
    if last == "confirmed":
        return "consent"
    customer = state == "active" and price > 0 and paid == "tomorrow"
    return "customer" if customer and last != "withdrawn" else ""


def test_the_whole_truth_table(table: Table) -> None:
    flags = [False, True]
    combinations: list[dict[str, Any]] = [
        dict(zip(("state", "said", "paid", "price", "verified", "erased", "suppressed"), row, strict=True))
        for row in itertools.product(STATES, SAID, PAID, [0, 12_000], flags, flags, flags)
    ]
    placed = {table.put(**each): each for each in combinations}
    found = table.audience()
    wrong = [
        (each, expected(**each), found.get(contact, ""))
        for contact, each in placed.items()
        if expected(**each) != found.get(contact, "")
    ]
    assert wrong == []
    assert len(placed) == 1568
    assert {"consent", "customer"} == set(found.values())


def test_only_owners_are_customers(table: Table) -> None:
    owner, editor = (table.put(state="active", said="nothing", role=role) for role in ("owner", "editor"))
    assert owner in table.audience()
    assert editor not in table.audience()


def test_a_pause_holds_the_newsletter_until_it_ends(table: Table) -> None:
    running, over = (table.put(state="none", said="confirmed", paused=days) for days in (3, -1))
    assert table.audience() == {over: "consent"}
    with table.connection.cursor() as cursor:
        cursor.execute("SELECT contact_id::text FROM newsletter_entitled WHERE topic = 'tips'")
        assert {uuid.UUID(contact) for (contact,) in cursor.fetchall()} == {running, over}


@pytest.mark.usefixtures("db")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(
        st.fixed_dictionaries(
            {
                "state": st.sampled_from(["none", "free", "pending", "past_due", "suspended", "ended"]),
                "said": st.lists(st.sampled_from(["requested", "withdrawn", "resumed", "informed"]), max_size=4).map(
                    lambda words: ", ".join(words) or "nothing"
                ),
                "paid": st.sampled_from(PAID),
                "price": st.sampled_from([0, 12_000]),
                "verified": st.booleans(),
                "suppressed": st.booleans(),
                "erased": st.booleans(),
                "role": st.sampled_from(["owner", "editor", "reader"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_nobody_with_a_free_account_is_in_it_without_confirmed_consent(
    admin_rows: Any, people: list[dict[str, Any]]
) -> None:
    table = Table(admin_rows)
    placed = {table.put(**each) for each in people}
    assert not placed & set(table.audience())


def test_logins_see_what_is_theirs(query_role: Callable[[str, str], Any]) -> None:
    """Staff and hosting have no way to the view or the addresses at all; two others see an opened contact's only."""
    relations = ("newsletter_audience", "newsletters_contact", "newsletters_consent")
    for service in ("staff", "hosting"):
        for relation in relations:
            assert query_role(service, f"SELECT count(*) FROM {relation}") == "refused"
    assert query_role("exporter", "SELECT count(*) FROM newsletter_audience") == "refused"
    for service in ("app", "exporter"):
        for relation in relations[1:]:
            assert query_role(service, f"SELECT count(*) FROM {relation}") == [(0,)]


@pytest.fixture
def query_role(db: None, role_connection: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """Ask something as a service's login; "refused" when it may not."""
    import psycopg2

    def ask(service: str, sql: str) -> Any:
        connection = role_connection(service)
        with connection.cursor() as cursor:
            try:
                cursor.execute(sql)
                return cursor.fetchall()
            except psycopg2.errors.InsufficientPrivilege:
                return "refused"
            finally:
                connection.rollback()

    return ask
