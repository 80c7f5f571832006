"""Promise 03: newsletters only to active, paying customers and to who subscribed; a free account gets none.

Through the front door of the running product, with a mailing platform that speaks the provider's own protocol.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest

from tests import journeys
from tests.fakes.mailchimp import WEBHOOK_SECRET
from tests.journeys import a_day_later
from tests.local.running import Stack
from webanizr.local.place import ROOT

PATIENCE = 30  # seconds in which something must show at the platform; people are promised minutes


class Platform:
    """The mailing platform of the running product, looked at from behind."""

    def __init__(self, url: str) -> None:
        self.url = re.match(r"https?://[^/]+", url)[0]  # type: ignore[index]  # it is one

    def control(self, command: str, **content: Any) -> Any:
        """Ask its control endpoint."""
        request = urllib.request.Request(f"{self.url}/_control/{command}", json.dumps(content).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def read(self, address: str) -> Any:
        """Return what it has of an address, None where it would mail nothing."""
        found = self.control("act", do="read", email=address)["result"]
        return None if not found or found.get("emailBlacklisted") else found

    def wait(self, address: str, *, there: bool) -> Any:
        """Wait until the address is on it, or is not."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.read(address)) is None or not there:
            if not there and found is None:
                return None
            assert time.monotonic() < deadline, f"{address} is {'not ' if there else 'still '}on the platform"
            time.sleep(0.2)
        return found


@pytest.fixture
def platform(stack: Stack) -> Platform:
    """The platform, telling the product what people do there."""
    found = Platform(stack.run["fakes"]["brevo"])
    found.control("set", webhook=f"{stack.app}/hooks/mailing/{WEBHOOK_SECRET}/")
    return found


def link(stack: Stack, address: str, subject: str) -> str:
    """Return the link in the newest mail about the newsletter."""
    mail = stack.wait_for_mail(address)
    assert subject in str(mail["Subject"]), mail["Subject"]
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+/nieuwsbrief/\S+", body.get_content())
    assert found
    return found[0]


def set_plan(stack: Stack, address: str, plan: str) -> None:
    """Let staff put somebody's account on a plan, as the staff service does."""
    code = f"""
from datetime import timedelta
from accounts.models import Membership, User
from billing.selectors import today
from billing.services.subscriptions import set_by_staff
user = User.objects.get(email={address!r})
account = Membership.objects.get(user=user).account_id
set_by_staff(account_id=account, plan={plan!r}, interval="year", paid_until=today() + timedelta(days=300), actor=user,
    now=today())
"""
    env = {**os.environ, **stack.env, "WEBANIZR_SERVICE": "staff"}
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CELERY_BROKER_URL", "FRAME_KEY"):
        if name not in stack.env:
            env.pop(name, None)
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_subscribe_confirm_unsubscribe(page: Any, stack: Stack, platform: Platform) -> None:
    address = f"vera{time.time_ns()}@example.nl"
    page.goto("/nieuwsbrief/")
    page.fill("main [name=email]", address)
    journeys.send(page)
    assert "Kijk in je mail" in page.inner_text("h1")
    confirm = link(stack, address, "Nog één klik")
    page.goto(confirm)
    assert platform.read(address) is None
    journeys.send(page)
    assert "ingeschreven" in page.inner_text("h1")
    found = platform.wait(address, there=True)
    assert found["attributes"]["TOPICS"] == "tips"
    welcome = stack.wait_for_mail(address, after=1)
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert welcome["List-Unsubscribe"].strip().startswith(f"<{stack.app}/nieuwsbrief/afmelden/")
    # unsubscribed there is unsubscribed here
    platform.control("act", do="unsubscribe", email=address)
    platform.wait(address, there=False)
    page.goto(page.get_attribute("main a[href*=voorkeuren]", "href"))
    deadline = time.monotonic() + PATIENCE
    while page.locator("input[name=topics]:checked").count():
        assert time.monotonic() < deadline
        page.reload()


def test_pay_object_and_downgrade(page: Any, stack: Stack, platform: Platform) -> None:
    address = journeys.sign_up(page, stack, "Alice Nieuws")
    assert platform.read(address) is None  # a free account gets none
    set_plan(stack, address, "plus")
    platform.wait(address, there=True)
    page.goto("/settings/newsletter/")
    assert "betalende klant" in page.inner_text("main")
    for switch in page.locator("input[name=topics]").all():
        switch.uncheck(force=True)
    journeys.send(page)
    platform.wait(address, there=False)
    page.locator("input[name=topics]").first.check(force=True)
    journeys.send(page)
    platform.wait(address, there=True)
    set_plan(stack, address, "free")
    platform.wait(address, there=False)
    page.goto("/settings/newsletter/")
    assert "gratis account" in page.inner_text("main")
    assert page.locator("input[name=topics]:checked").count() == 0


def test_erase(page: Any, stack: Stack, platform: Platform) -> None:
    address = f"wil{time.time_ns()}@example.nl"
    page.goto("/nieuwsbrief/")
    page.fill("main [name=email]", address)
    journeys.send(page)
    page.goto(link(stack, address, "Nog één klik"))
    journeys.send(page)
    platform.wait(address, there=True)
    page.click("main a[href*=voorkeuren]")
    before = len([mail for mail in stack.mails() if mail["To"] == address])
    journeys.send(page, "button[value=erase]")
    stack.wait_for_mail(address, after=before)
    page.goto(link(stack, address, "wissen"))
    journeys.send(page, "main button.btn--danger")
    platform.wait(address, there=False)
    page.click("text=Bekijk hoe ver het is")
    page.wait_for_selector("h1")
    with stack.connect("worker") as connection, connection.cursor() as cursor:
        deadline = time.monotonic() + PATIENCE
        while True:
            cursor.execute("SELECT count(*) FROM newsletters_contact WHERE address = %s", [address])
            row = cursor.fetchone()
            if row == (0,):
                break
            assert time.monotonic() < deadline, "our own row is still there"
            connection.rollback()
            time.sleep(0.2)
    deadline = time.monotonic() + PATIENCE
    while not (letters := [mail for mail in stack.mails() if mail["To"] == address][before + 1 :]):
        assert time.monotonic() < deadline, "no certificate"
        a_day_later(stack)  # looked at again before it is certified
        time.sleep(0.5)
    assert "gewist" in str(letters[-1]["Subject"])
