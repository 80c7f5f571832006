"""Promise 13: what visitors send isn't shared and can't be seen from outside; a hosted page asks nothing of others."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sites import themes
from sites.blocks.base import REGISTRY
from tests import journeys
from tests.local.running import Stack
from webanizr.local.place import ROOT


def every_block(form: str) -> dict[str, Any]:
    """Return a page with a sample of each block, its links leading to the page itself."""

    def mended(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: mended(each) for key, each in value.items()}
        if isinstance(value, list):
            return [mended(each) for each in value]
        return "/" if isinstance(value, str) and re.match(r"[#/]", value) else value

    blocks = [mended(block.sample().dump()) for block in REGISTRY.values()]
    for block in blocks:
        if "form" in block:
            block["form"] = form
    return {"schema_version": 1, "blocks": blocks}


def test_a_hosted_page_asks_nothing_of_others_and_keeps_nothing(page: Any, stack: Stack, browser: Any) -> None:
    journeys.sign_up(page, stack, "Alice Bakker")
    journeys.make_site(page, "Bakkerij Alice")
    site = re.search(r"/sites/([0-9a-f-]+)/pages/([0-9a-f-]+)/", page.url)
    assert site
    api = f"/api/v1/sites/{site[1]}/"
    csrf = next(cookie["value"] for cookie in page.context.cookies() if "csrf" in cookie["name"])
    headers = {"X-CSRFToken": csrf, "Referer": stack.app}

    def call(method: str, address: str, data: Any = None) -> Any:
        answer = page.request.fetch(f"{stack.app}{address}", method=method, data=data, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    form = call("GET", f"{api}forms/")["results"][0]["id"]
    version = call("GET", f"{api}pages/{site[2]}/")["version"]
    call("PATCH", f"{api}pages/{site[2]}/", {"content": every_block(form), "version": version})

    asked: set[str] = set()
    context = browser.new_context()
    visitor = context.new_page()
    visitor.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    url = ""
    for theme in sorted(themes.THEMES):
        call("PATCH", api, {"theme": theme})
        call("POST", f"{api}publish/")
        url = call("GET", api)["url"]
        visitor.wait_for_timeout(1100)  # a publish shows within a second
        answer = visitor.goto(url)
        assert f"site-{theme}" in visitor.get_attribute("body", "class")
        assert "set-cookie" not in answer.headers
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert visitor.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
        assert visitor.locator("[data-edit]").count() == 0
    assert asked == {urlsplit(url).netloc}
    assert context.cookies() == []
    context.close()


def test_the_mail_about_a_message_holds_no_answer(page: Any, stack: Stack, browser: Any) -> None:
    address = journeys.sign_up(page, stack, "Anna Bakker")
    journeys.make_site(page, "Bakkerij Anna")
    url = journeys.publish(page)
    context = browser.new_context()
    journeys.fill_in(context.new_page(), url, "Mijn geheim recept is kaneel")
    context.close()
    mail = stack.wait_for_mail(address, after=2)
    text = mail.as_bytes().decode() + "".join(
        str(part.get_content()) for part in mail.walk() if not part.is_multipart()
    )
    assert "Contactformulier" in text
    for answer in ("kaneel", "Vera", "vera@example.nl"):
        assert answer not in text


def test_hosted_pages_are_not_to_be_framed_or_read_by_others(page: Any, stack: Stack, browser: Any) -> None:
    journeys.sign_up(page, stack, "Aad Bakker")
    journeys.make_site(page, "Bakkerij Aad")
    url = journeys.publish(page)
    context = browser.new_context()
    answer = context.new_page().goto(url)
    context.close()
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "same-origin"


# What somebody at a shell of the hosting service would try, with its environment and its login.
INTRUDER = """
import os, pathlib, django
django.setup()
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from webanizr.core import tenancy, vault
from webanizr.core.vault import keys, keystore

def refused(what, attempt):
    try:
        found = attempt()
    except (DatabaseError, vault.VaultError, OSError) as error:
        print("refused", what, type(error).__name__)
    else:
        print("GOT", what, found)

with connection.cursor() as cursor:
    cursor.execute("SELECT account_id, site_id FROM sites_domain WHERE host = %s", [os.environ["HOST"]])
    account, site = cursor.fetchone()

def rows(table):
    with tenancy.tenant(account), connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return cursor.fetchall()

for table in ("sites_submission", "sites_intakekey", "sites_searchentry", "core_mail", "core_outbox"):
    refused(table, lambda: rows(table))
with tenancy.tenant(account):
    pair = apps.get_model("sites.SiteKey").objects.get(site_id=site)
    refused("private key", lambda: keys.private_key(account, pair.id))
    refused("search key", lambda: vault.account_key(account, "search"))
    settings.SERVICE = "app"
    refused("private key as app", lambda: keys.private_key(account, pair.id))
    refused("wrapped key", lambda: keystore.store().get(f"{account}/{pair.id}"))
secrets = ("SECRET_KEY", "KMS_KEY", "WRAPPING_KEY_FILE", "KEY_DIR", "KEY_BUCKET")
print("secrets", sorted(name for name in os.environ if name in secrets))
"""


def test_a_shell_in_the_hosting_service_reads_nothing(page: Any, stack: Stack, browser: Any) -> None:
    journeys.sign_up(page, stack, "Ada Bakker")
    journeys.make_site(page, "Bakkerij Ada")
    url = journeys.publish(page)
    context = browser.new_context()
    journeys.fill_in(context.new_page(), url, "Een geheim")
    context.close()
    # not what we think its environment is, but what the running process has
    running = Path(f"/proc/{stack.run['pids']['hosting']}/environ").read_bytes()
    environment = dict(part.split("=", 1) for part in running.decode().split("\0") if "=" in part)
    assert environment["WEBANIZR_SERVICE"] == "hosting"
    done = subprocess.run(
        [sys.executable, "-c", INTRUDER],
        env=environment | {"HOST": urlsplit(url).hostname or ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 10, done.stdout
    assert [line for line in lines if not line.startswith("refused")] == ["secrets []"]
