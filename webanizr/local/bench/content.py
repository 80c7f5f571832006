"""`python -m webanizr.local.bench.content make|posts|publish …`: the account, site and posts that the figures use.

Runs as the service `app`, through the same services as the product's own views.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any
from urllib.parse import urlencode

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402  # after setup
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.services.accounts import create_account  # noqa: E402
from billing.models import Subscription  # noqa: E402
from sites.hosting import challenge  # noqa: E402
from sites.models import Domain, Form, Page, Site  # noqa: E402
from sites.services import pages, publish  # noqa: E402
from sites.services.sites import create_site  # noqa: E402
from webanizr.core import storage, tenancy  # noqa: E402

PAGES = 20
WORDS = "Wij bakken elke ochtend vers, met meel van de molen en een desem die al jaren meegaat. "


def make() -> dict[str, Any]:
    """Make an account with a published site of twenty pages; return what the figures need to know of it."""
    storage.ensure_bucket()
    user = User.objects.create_user(f"bench-{time.time_ns()}@example.nl", "Bench")
    account = create_account(actor=user, name="Bakkerij Bench").account
    with tenancy.tenant(account.pk, user_id=user.pk):
        # the plan whose inbox shows most, without a sale that would set other work going
        Subscription.objects.create(plan="business", state=Subscription.State.ACTIVE)
        site = create_site(kind="shop", name="Bakkerij Bench", place="Rotterdam", actor=user)
        home = Page.objects.get(site=site)
        for number in range(1, PAGES):
            pages.create_page(site=site, title=f"Pagina {number}", actor=user, content=_content(home.content, number))
        publish.publish_site(site=site, actor=user)
        domain, form = Domain.objects.get(site_id=site.id), Form.objects.get(site=site)
    # no transaction of the account's is open any more: sessions belong to nobody's account
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["account_id"] = str(account.pk)
    session.save()
    return {
        "host": domain.host,
        "account": str(account.pk),
        "user": str(user.pk),
        "site": str(site.id),
        "page": str(home.id),
        "content": home.content,
        "form": str(form.id),
        "session": session.session_key,
    }


def _content(home: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a page like the home page, with words of its own."""
    blocks = json.loads(json.dumps(home["blocks"]))
    for block in blocks:
        if block["type"] == "text":
            block["body"]["content"] = [
                {"type": "paragraph", "content": [{"type": "text", "text": f"{number}. {WORDS * 4}"}]} for _ in range(6)
            ]
    return {**home, "blocks": blocks}


def posts(form_id: str, count: int) -> None:
    """Print posts with solved challenges that are a minute old, one per line."""
    now = time.time() - 60
    for number in range(count):
        made = challenge.make(form_id, number=number % challenge.MAX_NUMBER, now=now)
        answers = {
            "name": f"Vera Visser {number}",
            "email": f"vera{number}@example.nl",
            "phone": "06 12345678",
            "message": f"Hebben jullie zaterdag desem? {WORDS}",
            "website": "",
            "challenge": made["token"],
            "solution": str(number % challenge.MAX_NUMBER),
        }
        print(urlencode(answers))


def put_online(account_id: str, user_id: str, site_id: str, rounds: int) -> None:
    """Publish the whole site again and again, each page changed; print the seconds of each as JSON."""
    user = User.objects.get(pk=user_id)
    seconds = []
    for number in range(rounds + 1):
        with tenancy.tenant(account_id, user_id=user.pk):
            site = Site.objects.get(id=site_id)
            for page in Page.objects.filter(site=site):
                page.description = f"Ronde {number} van {time.time_ns()}"
                page.save(update_fields=["description"])
        began = time.perf_counter()
        with tenancy.tenant(account_id, user_id=user.pk):
            version = publish.publish_site(site=site, actor=user)
        seconds.append(time.perf_counter() - began)
        assert version.manifest["rendered"] == PAGES, version.manifest["rendered"]
    print(json.dumps(seconds[1:]))  # the first one warms up templates and connections


if __name__ == "__main__":
    if sys.argv[1] == "make":
        print(json.dumps(make()))
    elif sys.argv[1] == "posts":
        posts(sys.argv[2], int(sys.argv[3]))
    else:
        put_online(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
