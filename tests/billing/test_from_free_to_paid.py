"""From free to paid and back, in a real browser against the running product: the customer, and Sam of billing."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from billing.einvoice import schemas
from billing.selectors import today
from tests import journeys
from tests.billing.working import camt
from tests.local.running import Stack
from webanizr.local.place import ROOT

pytestmark = pytest.mark.stack
SAM = "sam@webanizr.nl"


def looks_good(page: Any) -> None:
    """No finding of axe, nothing sideways: light and dark, wide and narrow."""
    found = []
    for scheme, width in (("light", 1280), ("dark", 320)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found += journeys.axe(page)
        assert not journeys.sideways(page), f"{page.url} at {width}"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert found == []


def wait_for(page: Any, path: str, words: str) -> None:
    """Reload until the worker's work shows."""
    for _ in range(80):
        page.goto(path)
        if words in page.inner_text("main"):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{words!r} did not come on {path}:\n{page.inner_text('main')[:2000]}")


def desk(stack: Stack, browser: Any) -> Any:
    """Sam's browser at the staff service, signed in (how staff sign in is another test's business)."""
    with stack.connect("migrator") as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL row_security = on")
        cursor.execute("SELECT staff_set(%s, 'Sam', 'billing', true)", [SAM])
    code = (
        "from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY\n"
        "from django.conf import settings; from accounts.models import User\n"
        "from accounts.sessions import SessionStore\n"
        f"sam = User.objects.get(email='{SAM}'); session = SessionStore()\n"
        "session[SESSION_KEY] = str(sam.pk); session[HASH_SESSION_KEY] = sam.get_session_auth_hash()\n"
        "session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]; session.save(); print(session.session_key)"
    )
    context = browser.new_context(base_url=stack.staff, locale="nl-NL")
    context.set_default_timeout(10_000)
    key = shell(stack, "staff", code).split()[-1]
    context.add_cookies([{"name": "staffsession", "value": key, "url": stack.staff}])
    return context.new_page()


def shell(stack: Stack, service: str, code: str) -> str:
    """Run Python in the running product as one of its services; return what it printed."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", code],
        env=stack.env | {"WEBANIZR_SERVICE": service},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def read_in(desk_page: Any, tmp_path: Path, data: bytes) -> str:
    """Upload a statement; return what the page says."""
    path = tmp_path / f"{time.time_ns()}.xml"
    path.write_bytes(data)
    desk_page.goto("/billing/")
    desk_page.set_input_files("input[type=file]", str(path))
    journeys.send(desk_page)
    return str(desk_page.inner_text("main"))


def attached(mail: EmailMessage) -> dict[str, bytes]:
    """Return a mail's files by their ending."""
    found = {}
    for part in mail.iter_attachments():
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        found[str(part.get_filename()).rpartition(".")[2]] = data
    return found


def letter(stack: Stack, to: str, words: str) -> EmailMessage:
    """Return the newest mail to somebody whose subject has these words."""
    for _ in range(200):
        found = [mail for mail in stack.mails() if mail["To"] == to and words in str(mail["Subject"])]
        if found:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError(f"no mail {words!r} to {to}")


def test_from_free_to_paid_and_free_again(page: Any, stack: Stack, browser: Any, tmp_path: Path) -> None:
    address = journeys.sign_up(page, stack, "Lotte Kuiper")

    # free → profile → payment request
    page.goto("/plans/")
    assert "€ 145,20" in page.inner_text("main")
    looks_good(page)
    page.click("text=Kies Plus")
    page.fill("[name=name]", "Bloemen van Lotte")
    page.fill("[name=street]", "Nieuwstraat 27")
    page.fill("[name=postcode]", "7411 lg")
    page.fill("[name=city]", "Deventer")
    page.fill("[name=vat_id]", "NL00123456B01")
    journeys.send(page)
    assert "ziet eruit als NL123456789B01" in page.inner_text("main")
    assert page.input_value("[name=name]") == "Bloemen van Lotte"
    looks_good(page)
    page.fill("[name=vat_id]", "NL123456782B90")
    page.fill("[name=kvk]", "87654321")
    journeys.send(page)
    page.wait_for_url(re.compile("/pay/"))
    asked = page.inner_text("main")
    assert "NL91 ABNA 0417 1643 00" in asked
    rf = re.search(r"RF\d\d( \w{1,4})+", asked)
    assert rf
    looks_good(page)
    payment_page = page.url

    # staff upload a statement that pays it; a wrong one first
    sam = desk(stack, browser)
    day = today()
    wrong = camt([{"cents": 14_520, "text": "x"}], on=day, closing=1)
    assert "er is" in read_in(sam, tmp_path, wrong)
    data = camt([{"cents": 14_520, "text": rf[0], "name": "L Kuiper"}, {"cents": 999, "text": "website"}], on=day)
    assert "herkend 1" in read_in(sam, tmp_path, data)
    assert "L Kuiper" not in sam.inner_text("main"), "what was recognised needs nobody's eyes"
    looks_good(sam)

    # plan active, invoice mailed; PDF and UBL open and validate
    wait_for(page, payment_page, "Betaald")
    wait_for(page, "/subscription/", "WB-")
    assert "Actief" in page.inner_text("main")
    looks_good(page)
    assert attached(letter(stack, address, "Betaal € 145,20"))["pdf"].startswith(b"%PDF")
    files = attached(letter(stack, address, "Factuur WB-"))
    assert files["pdf"].startswith(b"%PDF")
    (tmp_path / "invoice.pdf").write_bytes(files["pdf"])
    with pikepdf.open(tmp_path / "invoice.pdf") as opened:
        inside = opened.attachments["factur-x.xml"].get_file().read_bytes()
    assert schemas.check_cii(inside) == []
    assert schemas.check_ubl(files["xml"], credit=False) == []
    with page.expect_download() as download:
        page.locator("a", has_text="PDF").first.click()
    assert Path(download.value.path()).read_bytes() == files["pdf"]

    # upgrade at once, with the unused days taken off
    page.click("text=Naar Zakelijk")
    assert "Ongebruikte dagen van Plus" in page.inner_text("main")
    looks_good(page)
    journeys.send(page)
    wait_for(page, "/subscription/", "Open, vóór")
    assert "Zakelijk" in page.inner_text("main")

    # credit by staff
    sam.goto("/billing/invoices/")
    looks_good(sam)
    sam.locator("a", has_text="Crediteer").first.click()
    looks_good(sam)
    journeys.send(sam)
    letter(stack, address, "Creditfactuur WC-")
    wait_for(page, "/subscription/", "Creditfactuur")
    sam.goto("/billing/statements/")
    looks_good(sam)
    sam.locator("main table a").first.click()
    assert "L Kuiper" in sam.inner_text("main")
    looks_good(sam)
    for path in ("/billing/refunds/", "/billing/reports/"):
        sam.goto(path)
        looks_good(sam)
    assert "de ketting van hashes is heel" in sam.inner_text("main")

    # cancel in two clicks, come back, cancel again; the period ends
    page.click("text=Opzeggen")
    looks_good(page)
    journeys.send(page)
    assert "Eindigt op" in page.inner_text("main")
    journeys.send(page)
    assert "Eindigt op" not in page.inner_text("main")
    page.click("text=Opzeggen")
    journeys.send(page)
    letter(stack, address, "eindigt op")
    end_the_period(stack)
    wait_for(page, "/subscription/", "Gratis")
    letter(stack, address, "beëindigd")
    sam.context.close()


def end_the_period(stack: Stack) -> None:
    """Let the last day of every cancelled subscription be over, and the worker have its daily look."""
    code = (
        "from billing.models import Subscription; from billing.selectors import today\n"
        "from billing.tasks import daily\n"
        "from webanizr.core import tenancy; from webanizr.core.tasks import tenant_ids\n"
        "for account in tenant_ids():\n"
        "    with tenancy.tenant(account):\n"
        "        Subscription.objects.exclude(ends_on=None).update(ends_on=today(), checked_on=None)\n"
        "daily()"
    )
    shell(stack, "worker", code)
