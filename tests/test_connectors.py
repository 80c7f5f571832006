"""One contract for every external system, with every fault: what a connector says is what is so at the other side."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from newsletters.connectors import brevo, listmonk, mailchimp, platform
from newsletters.connectors.base import CannotAnswer, Identity, Locator, Presence, Result
from privacy.connectors.base import systems
from tests import external
from tests.fakes.server import Fake
from webanizr.core import net, ratelimit
from webanizr.core.processors import REGISTRY

pytestmark = pytest.mark.usefixtures("committing_worker")


@pytest.fixture(params=external.FAKES)
def fake(request: pytest.FixtureRequest, fakes: dict[str, Fake]) -> Iterator[Fake]:
    """Each system in turn."""
    yield from external.emptied(fakes[request.param])


def erase_all(who: external.Subject) -> list[Result]:
    return [who.system.erase(Locator.from_json(each.as_json())).result for each in who.system.locate(who.identity)]


# --- every system


def test_put_look_export_erase_look(fake: Fake) -> None:
    who = external.subject(fake.name)
    assert who.system.verify_absent(who.identity).absent
    assert who.system.locate(who.identity) == []
    assert who.put().result is Result.DONE
    assert external.there(fake, who.identity)
    assert who.system.verify_absent(who.identity).presence is Presence.PRESENT
    places = who.system.locate(who.identity)
    assert [place.system for place in places] == [fake.name]
    copy = who.system.export(places[0])
    known = str((who.identity.emails or (str(places[0].id),))[0])
    assert known in str(copy)
    assert erase_all(who) == [Result.DONE]
    assert not external.there(fake, who.identity)
    verdict = who.system.verify_absent(who.identity)
    assert verdict.absent
    assert verdict.evidence
    assert not any("@" in line for line in verdict.evidence)
    assert who.system.erase(places[0]).result is Result.ALREADY_ABSENT


def test_every_transfer_is_a_row_with_fields_and_no_values(fake: Fake) -> None:
    who = external.subject(fake.name)
    who.put()
    rows = external.transfers(who.identity.person_id)
    assert {row.processor for row in rows} == {fake.name}
    assert rows[0].purpose in ("subscribe", "statistics")
    expected = {"pseudonym", "ip_address", "page", "moment"} if fake.name == "matomo" else {"email", "name"}
    assert expected <= set(rows[0].fields)
    stored = str([row.__dict__ for row in rows])
    assert not any(value in stored for value in (*who.identity.emails, "Vera", "203.0.113.9"))
    erase_all(who)
    assert "erase" in {row.purpose for row in external.transfers(who.identity.person_id)}


def test_health_says_what_is_wrong(fake: Fake) -> None:
    system = external.subject(fake.name).system
    assert system.health().ok
    fake.fail("503")
    assert system.health().state == "away"
    wrong = {"STATISTICS_ADMIN_TOKEN": "x" * 32} if fake.name == "matomo" else {"MAILING_API_KEY": "wrong:key-us6"}
    with external.configured(fake, **wrong):
        assert external.subject(fake.name).system.health().state == "refused"


FAULTS = {
    "429 with Retry-After": ({"kind": "429", "retry_after": "0"}, Result.RETRY),
    "429 without": ({"kind": "429"}, Result.RETRY),
    "bare 403": ({"kind": "403_bare"}, Result.RETRY),
    "500": ({"kind": "500"}, Result.RETRY),
    "503": ({"kind": "503"}, Result.RETRY),
    "credentials no longer good": ({"kind": "401"}, Result.BLOCKED),
    "no answer at all": ({"kind": "drop"}, Result.RETRY),
    "time-out after success": ({"kind": "timeout_after"}, Result.RETRY),
    "cut off in the middle": ({"kind": "cut"}, Result.RETRY),
    "endless answer": ({"kind": "huge"}, Result.RETRY),
    "a proxy's page": ({"kind": "garbage"}, None),
    "a proxy's 404": ({"kind": "404_html"}, None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_while_erasing_is_never_taken_for_gone(fake: Fake, name: str) -> None:
    who = external.subject(fake.name)
    who.put()
    places = who.system.locate(who.identity)
    how, expected = FAULTS[name]
    fake.fail(times=1, **how)
    outcome = who.system.erase(places[0])
    if name in ("cut off in the middle", "endless answer", "time-out after success", "a proxy's page", "a proxy's 404"):
        # done or not, nothing may be concluded but by looking
        assert not outcome.ok or not external.there(fake, who.identity)
    else:
        assert outcome.result is expected
        assert external.there(fake, who.identity)
    fake.faults.clear()
    resume(fake)
    erase_all(who)
    assert who.system.verify_absent(who.identity).absent


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_while_looking_is_unknown(fake: Fake, name: str) -> None:
    who = external.subject(fake.name)
    who.put()
    fake.fail(times=50, **FAULTS[name][0])
    verdict = who.system.verify_absent(who.identity)
    assert verdict.presence is not Presence.ABSENT
    resume(fake)
    with pytest.raises(CannotAnswer):
        who.system.locate(who.identity)


def resume(fake: Fake) -> None:
    """Let the pause that a 429 asked for be over."""
    for key in ratelimit.connection().scan_iter(f"rate:{fake.name}:*"):
        ratelimit.connection().delete(key)


def test_a_slow_delete_is_seen(fake: Fake) -> None:
    who = external.subject(fake.name)
    who.put()
    fake.fail("slow_delete", times=5, seconds=3600)
    outcomes = erase_all(who)
    assert set(outcomes) <= {Result.DONE, Result.ACCEPTED}
    assert who.system.verify_absent(who.identity).presence is Presence.PRESENT
    for going in fake.options["going"]:
        going[1] = 0.0  # the hour is over
    assert who.system.verify_absent(who.identity).absent


def test_one_who_comes_back_is_seen(fake: Fake) -> None:
    who = external.subject(fake.name)
    who.put()
    fake.fail("reappear", times=1)
    erase_all(who)
    seen = [who.system.verify_absent(who.identity).presence for _ in range(4)]
    assert seen[-1] is Presence.PRESENT
    erase_all(who)
    assert who.system.verify_absent(who.identity).absent


def test_nothing_secret_or_personal_is_logged(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    who = external.subject(fake.name)
    caplog.set_level(logging.DEBUG)
    for kind in ("500", "drop", "401", "timeout_after"):
        fake.fail(kind)
        who.put()
    who.put()
    fake.fail("500")
    with pytest.raises(CannotAnswer):
        who.system.locate(who.identity)
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert f"{fake.name} P" in said
    secrets = [*external.KEYS.values(), "a" * 32, "b" * 32, "Vera", "203.0.113.9", *who.identity.emails]
    assert [each for each in secrets if each in said] == []


def test_switched_off_is_blocked_and_not_skipped(fake: Fake) -> None:
    who = external.subject(fake.name)
    place = Locator(fake.name, "contact", "1", who.identity.person_id)
    off = {"STATISTICS_BASE_URL": "", "MAILING_PLATFORM": "", "MAILING_BASE_URL": ""}
    with external.configured(fake, **off):
        system = systems()["statistics" if fake.name == "matomo" else "mailing"]
        assert system.health().state == "off"
        assert system.erase(place).result is Result.BLOCKED
        assert system.verify_absent(who.identity).presence is Presence.UNKNOWN
        with pytest.raises(CannotAnswer):
            system.locate(who.identity)
    assert fake.count == 0


# --- mailing platforms


def test_upsert_twice_is_once_and_changes_go_through(mailing: Fake) -> None:
    who = external.contact()
    first, second = platform().upsert(who), platform().upsert(who)
    assert first.result is second.result is Result.DONE
    changed = external.contact(id=who.id, person_id=who.person_id, email=who.email, topics=("tips",), name="V. Visser")
    platform().upsert(changed)
    found = platform().find(who.identity)
    assert found is not None
    assert (found.contact_id, found.name, found.topics, found.unsubscribed) == (who.id, "V. Visser", ("tips",), False)
    assert len(everybody()) == 1


def everybody() -> list[Any]:
    contacts: list[Any] = []
    cursor = ""
    while True:
        page = platform().contacts(cursor)
        contacts += page.contacts
        if not (cursor := page.cursor):
            return contacts


def test_an_unsubscribe_there_wins_until_a_fresh_opt_in(mailing: Fake) -> None:
    who = external.contact()
    platform().upsert(who)
    assert mailing.act("unsubscribe", {"email": who.email})
    platform().upsert(who)
    platform().upsert_many([who, external.contact()])
    assert [each.unsubscribed for each in everybody() if each.email == who.email] == [True]
    again = external.contact(id=who.id, person_id=who.person_id, email=who.email, resubscribe=True)
    assert platform().upsert(again).result is Result.DONE
    assert [each.unsubscribed for each in everybody() if each.email == who.email] == [False]


def test_unsubscribing_and_removing(mailing: Fake) -> None:
    who, stranger = external.contact(), external.contact()
    platform().upsert(who)
    assert platform().unsubscribe(who.identity).result is Result.DONE
    found = platform().find(who.identity)
    assert found is not None
    assert found.unsubscribed
    assert platform().unsubscribe(stranger.identity).result is Result.ALREADY_ABSENT
    assert platform().remove(who.identity).result is Result.DONE
    assert platform().remove(who.identity).result is Result.ALREADY_ABSENT
    assert platform().find(who.identity) is None
    assert everybody() == []
    assert platform().upsert(who).result is Result.DONE  # paying again
    assert [each.unsubscribed for each in everybody()] == [False]


@pytest.mark.parametrize("kind", ["timeout_after", "drop", "500"])
def test_trying_again_after_no_answer_doubles_nothing(mailing: Fake, kind: str) -> None:
    who = external.contact()
    mailing.fail(kind)
    outcome = platform().upsert(who)
    assert outcome.result is Result.RETRY
    assert outcome.uncertain == (kind != "500")
    assert platform().upsert(who).result is Result.DONE
    assert [each.email for each in everybody()] == [who.email]


def test_the_whole_list_comes_page_by_page(mailing: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (brevo, listmonk, mailchimp):
        monkeypatch.setattr(module, "PAGE", 7)
    contacts = [external.contact() for _ in range(23)]
    size = platform().capabilities.batch_size
    outcomes: dict[uuid.UUID, Any] = {}
    for start in range(0, len(contacts), size):
        outcomes |= platform().upsert_many(contacts[start : start + size])
    assert {outcome.result for outcome in outcomes.values()} == {Result.DONE}
    mailing.act("add", {"email": "met.de.hand@voorbeeld.nl"})
    listed = everybody()
    assert len(listed) == 24
    assert {each.contact_id for each in listed} == {None, *(each.id for each in contacts)}
    assert platform().contacts().cursor != ""


def test_an_address_that_is_refused_says_so_and_spoils_no_batch(mailing: Fake) -> None:
    bad, good = external.contact(email="geen adres"), external.contact()
    outcomes = platform().upsert_many([bad, good])
    assert outcomes[bad.id].result is Result.BLOCKED
    assert outcomes[bad.id].cause.startswith("http_400")
    assert "geen" not in outcomes[bad.id].cause
    assert outcomes[good.id].result is Result.DONE


def test_a_former_address_is_found_and_erased_too(mailing: Fake) -> None:
    old, new = external.contact(), external.contact()
    for each in (old, new):
        platform().upsert(each)
    both = Identity(old.person_id, emails=(new.email, old.email))
    assert len(platform().locate(both)) == 2
    for place in platform().locate(both):
        platform().erase(place)
    assert platform().verify_absent(both).absent
    assert everybody() == []


def test_an_erased_person_comes_back_as_the_capabilities_say(mailing: Fake) -> None:
    who = external.contact()
    platform().upsert(who)
    for place in platform().locate(who.identity):
        platform().erase(place)
    again = [platform().upsert(who), platform().upsert_many([who, external.contact()])[who.id]]
    lock = Result.DONE if platform().capabilities.readd_after_erase else Result.FORGOTTEN_LOCK
    assert [outcome.result for outcome in again] == [lock, lock]


def test_the_providers_limit_is_kept(mailing: Fake) -> None:
    rate = REGISTRY[mailing.name].rates
    assert rate["default"].per_second <= 20
    with external.configured(mailing, PROCESSOR_RATES={mailing.name: 20.0}):
        began = time.monotonic()
        for _ in range(25):
            platform().upsert(external.contact())
        assert time.monotonic() - began > 0.2  # 20 at once, 5 more at 20 a second


def test_a_429_lets_everybody_wait(mailing: Fake) -> None:
    mailing.fail("429", retry_after="30")
    first = platform().upsert(external.contact())
    assert first.after == pytest.approx(30, abs=1)
    before = mailing.count
    second = platform().upsert(external.contact())
    assert second.result is Result.RETRY
    assert second.cause == "our_own_limit"
    assert second.after > 20
    assert mailing.count == before


def test_an_open_transaction_refuses_to_send(mailing: Fake) -> None:
    with transaction.atomic(), pytest.raises(net.InsideTransaction):
        platform().upsert(external.contact())
    assert mailing.count == 0
