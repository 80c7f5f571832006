"""Demo content for local runs: Alice's bakery, online, with what visitors sent; and Bob, who works there.

Made once per database, through the product's own services. Sign in as alice@example.nl: the code is at /dev/mail/.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from accounts.models import User
    from sites.models import Page

ALICE, BOB = "alice@example.nl", "bob@example.nl"


# (days and hours ago, name, address, telephone number, message)
MESSAGES = (
    (24, 3, "Jan-Willem IJsselstein", "jw.ijsselstein@example.nl", "", "Dank voor de taart van zondag, hij was zo op!"),
    (17, 5, "Samira Öztürk", "samira@example.nl", "06 1234 5678", "Maken jullie ook brood zonder noten?"),
    (16, 2, "VvE De Merwede", "bestuur@example.nl", "", "Graag een offerte voor 40 broodjes op 12 december."),
    (9, 7, "Thijs Vermeulen", "thijs@example.nl", "", "Ligt mijn sjaal misschien nog bij jullie in de winkel?"),
    (4, 1, "Marit Hoekstra", "marit@example.nl", "010 555 01 42", "Kan ik voor zaterdag twee desembroden bestellen?"),
    (1, 6, "Sem Bakker", "sem@example.nl", "", "Hebben jullie een plek voor een stagiair in het voorjaar?"),
    (
        0,
        2,
        "Noor van Dijk",
        "noor@example.nl",
        "06 8765 4321",
        "Zijn de speculaasjes er weer? Dan kom ik vanmiddag langs.",
    ),
)


def main(arguments: list[str]) -> None:
    """Make the account and its site; with the site's address as argument, the messages of its visitors."""
    visitors(arguments[0]) if arguments else account()


def account() -> None:
    """Make the demo account unless it is there; print the site's address as the last line. Runs as the app login."""
    from accounts.models import Membership, Role, User
    from accounts.services.accounts import create_account
    from sites.models import Domain, Page
    from sites.services.publish import publish_site
    from sites.services.sites import create_site
    from webanizr.core import tenancy

    if User.objects.filter(email=ALICE).exists():
        return
    alice, bob = person(ALICE, "Alice de Bakker"), person(BOB, "Bob Jansen")
    made = create_account(actor=alice, name="Bakkerij Het Hoekje").account
    with tenancy.tenant(made.pk, user_id=alice.pk):
        Membership.objects.create(account=made, user=bob, role=Role.EDITOR)
        site = create_site(kind="shop", name="Bakkerij Het Hoekje", place="Rotterdam", actor=alice)
        write(Page.objects.get(site=site), actor=alice)
        publish_site(site=site, actor=alice)
        print(Domain.objects.get(site_id=site.id).url)


WORDS: dict[str, dict[str, object]] = {
    "hero": {"kicker": "Bakker in Rotterdam-Zuid", "heading": "Desem, elke ochtend vers"},
    "text": {"heading": "Drie generaties aan de oven", "tone": "tint"},
    "cards": {
        "heading": "Uit onze oven",
        "items": [
            {"heading": "Desembrood", "aside": "€ 4,25", "text": "Twee dagen gerezen, met een korst die kraakt."},
            {
                "heading": "Croissants",
                "aside": "€ 1,60",
                "text": "Van echte roomboter. Op zaterdag vaak om tien uur op.",
            },
            {"heading": "Taart op bestelling", "aside": "vanaf € 22", "text": "Bel of schrijf twee dagen van tevoren."},
        ],
    },
}
STORY = "Opa begon hier in 1961 met één oven. We bakken nog steeds alles zelf, beginnend om drie uur ’s nachts."


def write(page: Page, *, actor: User) -> None:
    """Give the first page a baker's own words, and say where the shop is."""
    from sites.blocks.base import REGISTRY
    from sites.schema import rich
    from sites.services.drafts import save_draft

    words = {**WORDS, "text": {**WORDS["text"], "body": rich.document(STORY)}}
    blocks = [{**block, **words.get(block["type"], {})} for block in page.content["blocks"]]
    where = {"heading": "Kom langs", "street": "Hoekweg 12", "postal_code": "3083 AB", "city": "Rotterdam"}
    contact = REGISTRY["contact"].new().dump() | where | {"phone": "010 555 01 23", "email": "winkel@example.nl"}
    save_draft(page=page, content={**page.content, "blocks": [*blocks, contact]}, base=page.version, actor=actor)


def visitors(url: str) -> None:
    """Send the messages through the demo site's form. Runs as the hosting login, which can't read them back."""
    from django.utils import timezone

    from sites.fields.definition import clean_submission
    from sites.hosting import store
    from sites.hosting.post import Post
    from sites.hosting.versions import versions

    pointer = versions.pointer(urlsplit(url).hostname or "")
    if pointer is None or pointer.version_id is None:
        return
    version = versions.version(pointer)
    form_id = next(iter(version.manifest["forms"]))
    for days, hours, name, email, phone, message in MESSAGES:
        post = Post({}, print, pointer, version, form_id)
        typed = {"name": [name], "email": [email], "phone": [phone], "message": [message]}
        now = timezone.now() - timedelta(days=days, hours=hours)
        answers, _errors = clean_submission(post.fields, typed)
        store.submission(post, answers, submission_id=uuid.uuid4(), quarantined=False, now=now)


def person(email: str, name: str) -> User:
    """Store somebody whose address is confirmed."""
    from allauth.account.models import EmailAddress

    from accounts.models import User as People

    user = People.objects.create_user(email, name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
