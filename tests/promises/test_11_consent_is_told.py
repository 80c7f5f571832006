"""Promise 11: each act of consent is told at once, in words that are never changed afterwards."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from django.utils import timezone, translation

from privacy import notices, wording
from privacy.models import AccessLog, AccessSession, SupportMessage
from privacy.services import questions, requests, upkeep
from tests import consent
from tests.consent import REASON, WORDS, World, ask, opened, quote
from webanizr.core import mail, tenancy, vault
from webanizr.core.models import Mail, Outbox

pytestmark = pytest.mark.django_db(transaction=True)
Refused = psycopg2.errors.InsufficientPrivilege


@pytest.fixture
def world(as_role: Any) -> World:
    return consent.build(as_role)


def told(world: World, as_role: Any) -> list[Any]:
    """Let the worker make the mails that wait to be told; return them."""
    with as_role("worker"), tenancy.tenant(world.account_id):
        for row in Outbox.objects.filter(task__startswith="privacy.tasks.notify", state="pending").order_by(
            "created_at"
        ):
            notices.tell_reply(**row.args) if "message_id" in row.args else notices.tell(**row.args)
            Outbox.objects.filter(id=row.id).update(state="done")
        waiting = list(Mail.objects.filter(template="mail/access").order_by("created_at"))
        Mail.objects.filter(template="mail/access").delete()
        return [
            mail.build(
                template=each.template,
                language=each.language,
                key=str(each.id),
                **vault.unseal_note(each.sealed, purpose="mail"),
            )
            for each in waiting
        ]


def test_every_notice_is_sent_in_both_languages_without_what_was_collected(world: World, as_role: Any) -> None:
    mails: list[Any] = []
    for language in ("nl", "en-gb"):
        with world.as_alice():
            world.alice.account.language = language
            world.alice.account.save(update_fields=["language"])
        request = ask(world, as_role)
        with world.as_alice():
            grant = requests.grant_request(request=request, actor=world.alice.user)
        quote(world, as_role)
        opened(world, grant, as_role)
        with as_role("staff"):
            questions.answer_question(question=world.question, body="Het is opgelost.", actor=world.sam)
        mails += told(world, as_role)
    subjects = [each.subject for each in mails]
    assert subjects == [
        "Mag Sam meekijken?",
        "Je gaf toestemming om mee te kijken",
        "Door je vraag mogen we meekijken",
        "Sam kijkt nu mee",
        "Sam heeft je vraag beantwoord",
        "May Sam look along?",
        "You gave permission to look along",
        "Your question lets us look along",
        "Sam is looking along now",
        "Sam answered your question",
    ]
    for each in mails:
        html = str(each.alternatives[0][0])
        assert each.to == [world.alice.user.email]
        assert "bericht 0" not in each.body + html
        assert "/consent/" in each.body or "/help/" in each.body
    assert WORDS in mails[2].body
    assert REASON in mails[0].body


# What customers agreed to, by version: a text that was ever shown is never changed; add a version instead.
TEXTS = {
    "explicit-1": "2624dfa6bc516d04",
    "implied-1": "11fc0c6896daea48",
}


def test_a_text_of_consent_is_never_changed() -> None:
    assert set(wording.TEXTS) == set(TEXTS)
    assert {wording.EXPLICIT, wording.IMPLIED} <= set(TEXTS)
    for version, known in TEXTS.items():
        texts = []
        for language in ("nl", "en-gb"):
            with translation.override(language):
                texts.append(wording.text(version))
        assert hashlib.sha256("|".join(texts).encode()).hexdigest()[:16] == known, version


def test_questions_go_a_year_after_they_were_closed_and_the_log_stays(world: World, as_role: Any) -> None:
    session = opened(world, world.grant(), as_role)
    ask(world, as_role)
    quote(world, as_role)
    with world.as_alice():
        questions.close_question(question=world.question, actor=world.alice.user)
    with as_role("worker"):
        assert upkeep.forget_questions(world.account_id, now=timezone.now() + timedelta(days=364)) == 0
        assert upkeep.forget_questions(world.account_id, now=timezone.now() + timedelta(days=366)) == 1
    with world.as_alice():
        assert not AccessSession.objects.filter(id=session.id).exists()
        assert not SupportMessage.objects.exists()
        assert AccessLog.objects.count() == 4
