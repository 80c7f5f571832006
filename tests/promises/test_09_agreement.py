"""Promise 09: what customers collect is their responsibility; the processing agreement says so and is accepted."""

from __future__ import annotations

import datetime
import hashlib
from contextlib import closing
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from privacy import agreement, announcements
from privacy.models import AgreementAcceptance, ProcessorChange
from tests import cast
from webanizr.core import pdf, tenancy
from webanizr.core.models import Mail
from webanizr.local import testing

# A text that customers accepted never changes: a new wording is a new version.
FINGERPRINTS = {
    ("1", "nl"): "a8b4d96d5024df744a195a87cef80dd45f04c94db9a6eb5af15845ea0ee8848e",
    ("1", "en-gb"): "b2c51fd1ed58a98a14d7f30c8143aa8cc439f0866b3ba7a71b15a4a909607ef5",
}


def test_an_accepted_text_never_changes() -> None:
    known = {(version, language) for version in agreement.VERSIONS for language in agreement.LANGUAGES}
    assert set(FINGERPRINTS) == known
    for (version, language), wanted in FINGERPRINTS.items():
        assert agreement.fingerprint(version, language).hex() == wanted


@pytest.mark.parametrize("language", agreement.LANGUAGES)
def test_it_says_what_article_28_asks(language: str) -> None:
    """Article 28(3) GDPR: subject, duration, nature, kinds of data, and the points (a) to (h)."""
    words = agreement.text(agreement.CURRENT, language, customer="Bakkerij & Zn").lower()
    asked = {
        "nl": "duur,aard,soorten gegevens,betrokkenen,schriftelijke instructie,geheimhouding,artikel 32,subverwerker,"
        "bezwaar,rechten van betrokkenen,24 uur,dpia,wissen,export,audit,ierland,bakkerij &amp; zn",
        "en-gb": "duration,nature,kinds of data,data subjects,documented instructions,confidential,article 32,"
        "sub-processor,object,rights of data subjects,24 hours,dpia,erase,export,audit,ireland,bakkerij &amp; zn",
    }[language]
    assert [each for each in asked.split(",") if each not in words] == []


def test_the_pdf_asks_nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    made = agreement.as_pdf("1", "nl", customer='<img src="http://example.org/x.png">Bakkerij')
    assert made.startswith(b"%PDF-")
    assert b"example.org" not in made
    with pytest.raises(pdf.Denied):
        pdf._fetcher().fetch("http://example.org/x.png")
    with pytest.raises(pdf.Denied):
        pdf._fetcher().fetch("file:///etc/passwd")


@pytest.mark.django_db
def test_an_owner_accepts_and_a_new_version_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = cast.owner("Alice")
    rita = cast.colleague("Rita", alice, Role.READER)
    cast.site_of(alice)
    assert b"/consent/agreement/" in alice.client.get("/").content  # the overview reminds
    assert rita.client.post("/consent/agreement/accept/", {"version": "1"}).status_code == 403
    alice.client.post("/consent/agreement/accept/", {"version": "0"})
    with tenancy.tenant(alice.account.pk):
        assert not AgreementAcceptance.objects.exists()
    for _twice in range(2):
        assert alice.client.post("/consent/agreement/accept/", {"version": "1"}).status_code == 302
    with tenancy.tenant(alice.account.pk):
        row = AgreementAcceptance.objects.get()
    assert (row.accepted_by, row.accepted_name, row.customer) == (alice.user.pk, "Alice", "Bakkerij Alice")
    assert bytes(row.fingerprint) == agreement.fingerprint("1", "en-gb")
    assert b"Your processing agreement" not in alice.client.get("/").content
    answer = rita.client.get("/consent/agreement/1.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert alice.client.get("/consent/agreement/2.pdf").status_code == 404
    charlie = cast.owner("Charlie")
    assert b"Not accepted yet" in charlie.client.get("/consent/agreement/").content

    monkeypatch.setattr("privacy.selectors.agreement.accepted.__defaults__", ("2",))
    assert b"Your processing agreement" in alice.client.get("/").content


@pytest.mark.django_db
def test_only_an_owner_may_write_it_and_nobody_changes_it() -> None:
    alice = cast.owner("Alice")
    rita = cast.colleague("Rita", alice, Role.EDITOR)
    values = {"version": "1", "language": "nl", "fingerprint": hashlib.sha256().digest(), "customer": "x"}
    for who, by in ((rita, rita), (alice, rita)):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            tenancy.tenant(alice.account.pk, user_id=who.user.pk),
        ):
            AgreementAcceptance.objects.create(accepted_by=by.user.pk, accepted_name="x", **values)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        row = AgreementAcceptance.objects.create(accepted_by=alice.user.pk, accepted_name="x", **values)
        for change in (row.delete, lambda: AgreementAcceptance.objects.update(accepted_name="y")):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


@pytest.mark.django_db(transaction=True)
def test_a_change_of_processors_is_told_thirty_days_beforehand(as_role: Any) -> None:
    alice = cast.owner("Alice")
    soon, later = (timezone.localdate() + datetime.timedelta(days=days) for days in (29, 31))
    words = {"kind": "added", "nl": "Verstuurt post.", "en": "Sends letters."}
    with as_role("migrator"):
        with pytest.raises(CommandError, match="30 days"):
            call_command("announce_processor", "Postbus BV", day=soon, **words)
        call_command("announce_processor", "Postbus BV", day=later, **words)
    with as_role("worker"):
        with tenancy.tenant(tenancy.PLATFORM_ACCOUNT):
            change = ProcessorChange.objects.get()
            announcements.fan_out.run(change_id=str(change.id))
        with tenancy.tenant(alice.account.pk):
            announcements.tell.run(change_id=str(change.id))
            assert Mail.objects.filter(template="mail/processor_change").count() == 1
    stranger = Client(headers={"accept-language": "nl"})
    assert "Verstuurt post." in stranger.get("/privacy/verwerkers/").content.decode()
    feed = stranger.get("/privacy/verwerkers/feed/")
    assert "atom" in feed["Content-Type"]
    assert "Postbus BV" in feed.content.decode()
    with closing(testing.current().connect("app")) as connection, connection.cursor() as cursor:
        for statement in (
            "DELETE FROM privacy_processorchange",
            "SELECT announce_processor_change('x','added','','',now()::date)",
        ):
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute(statement)
            connection.rollback()
