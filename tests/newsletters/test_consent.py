"""Subscribing, confirming, unsubscribing and preferences, through the pages. A GET changes nothing."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from newsletters import scope, wording
from newsletters.models import Consent, Contact, Suppression, Topic
from newsletters.selectors import audience, standing
from newsletters.services import subscribe, suppression
from newsletters.tokens import BadToken, Purpose
from newsletters.wording import Wording
from tests import cast
from tests.newsletters.conftest import Letters

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def visitor() -> Client:
    """Somebody who isn't signed in, whose posts need their token as in life."""
    return Client(headers={"accept-language": "nl"}, enforce_csrf_checks=True)


def post(visitor: Client, path: str, **values: Any) -> Any:
    """Open a page and post its form."""
    page = visitor.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token, page.content.decode()[:500]
    return visitor.post(path, {"csrfmiddlewaretoken": token[1], **values})


def ask(visitor: Client, address: str, *topics: str) -> Any:
    answer = post(visitor, "/nieuwsbrief/", email=address, topics=list(topics) or ["tips"])
    assert answer.status_code == 200
    return answer


def subscribed(visitor: Client, letters: Letters, address: str, *topics: str) -> uuid.UUID:
    """Subscribe somebody through the front door; return the contact's id."""
    ask(visitor, address, *topics)
    assert post(visitor, letters.link("confirm", address)).status_code == 200
    found = scope.find(address)
    assert found is not None
    return found


def topics_of(contact_id: uuid.UUID) -> tuple[str, ...]:
    with scope.contact(contact_id):
        entry = audience([contact_id]).get(contact_id)
    return entry.topics if entry else ()


def actions_of(contact_id: uuid.UUID) -> list[str]:
    with scope.contact(contact_id):
        return list(Consent.objects.order_by("id").values_list("action", flat=True))


def test_only_the_button_behind_the_mailed_link_subscribes(visitor: Client, letters: Letters, address: str) -> None:
    ask(visitor, address.upper().replace("@EXAMPLE", "@Example"))
    contact_id = scope.find(address)
    assert contact_id is not None
    link = letters.link("confirm", address)
    for _ in range(3):  # a scanner opens every link
        page = visitor.get(link)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
    assert topics_of(contact_id) == ()
    assert post(visitor, link).status_code == 200
    assert topics_of(contact_id) == ("tips",)
    assert post_again(visitor, link).status_code == 200
    assert actions_of(contact_id) == ["requested", "confirmed"]


def post_again(visitor: Client, link: str) -> Any:
    token = visitor.cookies["csrf"].value
    return visitor.post(link, {"csrfmiddlewaretoken": token})


def test_the_ledger_holds_the_words_and_no_address_or_ip(visitor: Client, letters: Letters, address: str) -> None:
    contact_id = subscribed(visitor, letters, address)
    link = letters.link("confirm", address)
    with scope.contact(contact_id):
        line = Consent.objects.get(action="confirmed")
        words = "‘Tips’ (Eens per maand, korte stukken)"
        assert words in line.wording
        assert (line.wording_version, line.basis, line.topic_id, line.language) == (
            "subscribe-1",
            "consent",
            "tips",
            "nl",
        )
        assert bytes(line.token_hash or b"") == hashlib.sha256(link.split("/")[-2].encode()).digest()
    names = {field.name for field in Consent._meta.local_concrete_fields}
    assert not {name for name in names if "ip" in name.split("_") or "address" in name}


def test_the_ledger_is_only_added_to(visitor: Client, letters: Letters, address: str) -> None:
    from django.db import ProgrammingError, transaction

    contact_id = subscribed(visitor, letters, address)
    with scope.contact(contact_id):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Consent.objects.update(action="withdrawn")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Consent.objects.all().delete()


def test_one_request_sees_one_contact(visitor: Client, letters: Letters, address: str) -> None:
    first = subscribed(visitor, letters, address)
    second = subscribed(visitor, letters, f"x{address}")
    assert Contact.objects.count() == 0
    with scope.contact(first):
        assert list(Contact.objects.values_list("id", flat=True)) == [first]
        assert not Consent.objects.filter(contact_id=second).exists()


def test_known_and_unknown_addresses_get_the_same_answer(visitor: Client, letters: Letters, address: str) -> None:
    subscribed(visitor, letters, address)

    def answer(path: str, email: str) -> str:
        text = post(visitor, path, email=email, topics=["tips"]).content.decode().replace(email, "X")
        return re.sub(r'value="[\w-]{64}"', "", text)

    for path in ("/nieuwsbrief/", "/nieuwsbrief/link/"):
        assert answer(path, address) == answer(path, f"un{address}")
    letters.link("already", address)
    letters.link("preferences", address)


def test_typing_an_address_neither_subscribes_nor_unsubscribes_it(
    visitor: Client, letters: Letters, address: str
) -> None:
    contact_id = subscribed(visitor, letters, address)
    ask(visitor, address, "tips", "news")
    assert topics_of(contact_id) == ("tips",)


def test_asking_too_often_sends_no_more_mail_and_says_nothing(visitor: Client, letters: Letters, address: str) -> None:
    for _ in range(subscribe.PER_ADDRESS + 2):
        ask(visitor, address)
    assert len([each for each in letters if each["to"] == address]) == subscribe.PER_ADDRESS


def test_a_link_works_seven_days_and_not_after_an_unsubscribe(visitor: Client, letters: Letters, address: str) -> None:
    ask(visitor, address)
    link = letters.link("confirm", address)
    token = link.split("/")[-2]
    later = timezone.now() + timedelta(days=7, minutes=1)
    with pytest.raises(BadToken):
        subscribe.confirm(token=token, now=later)
    contact_id = scope.find(address)
    assert contact_id is not None
    subscribe.unsubscribe(contact_id=contact_id, source="mail", now=timezone.now())
    assert visitor.get(link).status_code == 404
    assert topics_of(contact_id) == ()


def test_one_click_needs_no_cookie_no_page_and_no_second_try(letters: Letters, address: str, visitor: Client) -> None:
    contact_id = subscribed(visitor, letters, address, "tips", "news")
    headers = next(each for each in letters if each["template"] == "mail/newsletter_welcome")["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.sub(r"^<https?://[^/]+|>$", "", headers["List-Unsubscribe"])
    program = Client(enforce_csrf_checks=True)
    assert program.get(link).status_code == 200
    assert topics_of(contact_id) == ("news", "tips")
    for _ in range(2):
        answer = Client(enforce_csrf_checks=True).post(link, ONE_CLICK)
        assert (answer.status_code, answer.content, dict(answer.cookies)) == (200, b"", {})
    assert topics_of(contact_id) == ()
    assert actions_of(contact_id).count("withdrawn") == 2


def test_a_token_works_for_one_purpose(visitor: Client, letters: Letters, address: str) -> None:
    contact_id = subscribed(visitor, letters, address)
    token = subscribe.link(Purpose.UNSUBSCRIBE, contact_id).split("/")[-2]
    for page in ("voorkeuren", "wissen", "gegevens", "bevestigen", "ongedaan"):
        assert visitor.get(f"/nieuwsbrief/{page}/{token}/").status_code in (404, 405)
        assert post_again(visitor, f"/nieuwsbrief/{page}/{token}/").status_code == 404
    assert topics_of(contact_id) == ("tips",)
    assert Client().post(f"/nieuwsbrief/afmelden/{token}x/", ONE_CLICK).status_code == 404


def test_the_preference_centre(visitor: Client, letters: Letters, address: str) -> None:
    contact_id = subscribed(visitor, letters, address, "tips", "news")
    link = letters.link("welcome", address)
    page = visitor.get(link).content.decode()
    assert address not in page  # the link may have been forwarded
    assert f"{address[0]}••••@example.nl" in page
    stopped = post(visitor, link, action="topics", topics=["news"])
    assert topics_of(contact_id) == ("news",)
    undo = re.search(r'action="(/nieuwsbrief/ongedaan/[^"]+)"', stopped.content.decode())
    assert undo
    assert post_again(visitor, undo[1]).status_code == 302
    assert topics_of(contact_id) == ("news", "tips")
    post(visitor, link, action="rhythm", pause="month", language="en-gb")
    assert topics_of(contact_id) == ()
    post(visitor, link, action="rhythm", pause="", language="en-gb")
    assert topics_of(contact_id) == ("news", "tips")
    assert post(visitor, link, action="rhythm", pause="never", language="fr").status_code == 422
    post(visitor, link, action="stop")
    assert topics_of(contact_id) == ()
    post(visitor, link, action="topics", topics=["tips"])  # on again: by a mail to confirm, as the first time
    assert topics_of(contact_id) == ()
    post(visitor, letters.link("confirm", address))
    assert topics_of(contact_id) == ("tips",)


def test_downloading_and_erasing_need_a_fresh_mail(visitor: Client, letters: Letters, address: str) -> None:
    contact_id = subscribed(visitor, letters, address)
    link = letters.link("welcome", address)
    post(visitor, link, action="download")
    post(visitor, link, action="erase")
    answer = post(visitor, letters.link("download", address))  # what is in it: test_package.py
    assert visitor.get(answer.headers["Location"]).status_code == 200
    erase = letters.link("erase", address)
    assert visitor.get(erase).status_code == 200
    assert topics_of(contact_id) == ("tips",)
    assert post(visitor, erase).status_code == 200
    assert topics_of(contact_id) == ()
    assert visitor.get(link).status_code == 404
    with scope.contact(contact_id):
        assert Suppression.objects.get().reason == "erased"


def test_a_fresh_opt_in_lifts_a_suppression(visitor: Client, letters: Letters, address: str) -> None:
    contact_id = subscribed(visitor, letters, address)
    with scope.contact(contact_id):
        suppression.suppress(contact=Contact.objects.get(), reason="complaint", now=timezone.now())
    assert topics_of(contact_id) == ()
    ask(visitor, address)
    assert topics_of(contact_id) == ()
    post(visitor, letters.link("confirm", address))
    assert topics_of(contact_id) == ("tips",)


def test_bad_input_keeps_what_was_typed(visitor: Client) -> None:
    answer = post(visitor, "/nieuwsbrief/", email="geen adres", topics=["news"])
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="geen adres"' in text
    assert "volledig e-mailadres" in text
    assert re.search(r'value="news"[^>]*checked', text)
    assert "minstens één onderwerp" in post(visitor, "/nieuwsbrief/", email="vera@example.nl").content.decode()


def test_a_free_account_gets_none_and_can_subscribe_in_its_settings(letters: Letters) -> None:
    charlie = cast.owner("Charlie")
    assert "With a free account" in charlie.client.get("/settings/newsletter/").content.decode()
    charlie.client.post("/settings/newsletter/", {})
    assert scope.find(charlie.user.email) is None  # nothing is kept about somebody who wants nothing
    charlie.client.post("/settings/newsletter/", {"topics": ["tips"]})
    contact_id = scope.find(charlie.user.email)
    assert contact_id is not None
    assert topics_of(contact_id) == ()
    charlie.client.post(letters.link("confirm", charlie.user.email))
    assert topics_of(contact_id) == ("tips",)
    charlie.client.post("/settings/newsletter/", {})
    assert topics_of(contact_id) == ()


def test_a_page_of_our_own_has_the_small_form(visitor: Client, letters: Letters, address: str) -> None:
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    form = render_to_string("newsletters/small_form.html", {}, request=RequestFactory().get("/"))
    assert 'action="/nieuwsbrief/"' in form
    assert re.findall(r'<input[^>]*name="(\w+)"', form) == ["csrfmiddlewaretoken", "source", "topics", "email"]
    post(visitor, "/nieuwsbrief/", email=address, source="site", topics="tips")
    contact_id = scope.find(address)
    assert contact_id is not None
    with scope.contact(contact_id):
        assert Consent.objects.get().source == "site"


# The words that people said yes to. A changed text is a new version: change both, never one.
TEXTS = {
    "subscribe-1": "5eca39271162",
    "customer-1": "9088f56fdba1",
    "stop-1": "e7551347d0c8",
    "again-1": "fe64de609c4d",
    "undo-1": "54bf547e6faa",
    "platform-1": "8ae57db03fe3",
}


def test_each_version_has_its_text() -> None:
    topic = Topic(key="t", name_nl="T", name_en="T", about_nl="a", about_en="a")
    found = {}
    for each in vars(wording).values():
        if isinstance(each, Wording):
            text = each.about(topic, "nl") + each.about(topic, "en-gb")
            found[each.version] = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert translation.get_language()
    assert found == TEXTS


def test_what_a_person_sees_is_what_the_view_says(visitor: Client, letters: Letters, address: str) -> None:
    contact_id = subscribed(visitor, letters, address, "news")
    with scope.contact(contact_id):
        state = standing(Contact.objects.get(), address=address)
        assert {each.topic.key for each in state.topics if each.on} == set(audience([contact_id])[contact_id].bases)


@pytest.mark.parametrize("language", ["nl", "en-gb"])
@pytest.mark.parametrize(
    "template", ["confirm", "already", "welcome", "preferences", "download", "erase", "erased", "form"]
)
def test_each_mail_says_what_it_is_in_both_languages(template: str, language: str) -> None:
    from webanizr.core import mail

    words = {"link": "https://webanizr.nl/nieuwsbrief/x/", "topics": ["Tips"], "days": 7}
    built = mail.build(
        to="vera@example.nl", template=f"mail/newsletter_{template}", context=words, language=language, key="1"
    )
    subject, body = str(built.subject), str(built.body)
    html = str(built.alternatives[0][0])
    if template != "erased":
        assert str(words["link"]) in body
        assert f'href="{words["link"]}"' in html
    assert subject
    other = mail.build(
        to="vera@example.nl",
        template=f"mail/newsletter_{template}",
        context=words,
        language={"nl": "en-gb", "en-gb": "nl"}[language],
        key="1",
    )
    assert str(other.subject) != subject
    assert f'lang="{language}"' in html
    assert "http" not in re.sub(r"https://webanizr\.nl|http://www\.w3\.org|https?://localhost:\d+", "", html)
