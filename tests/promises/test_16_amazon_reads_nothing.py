"""Promise 16: who has the database, the files or the disks, as Amazon's staff do, can't read what visitors sent.

The whole product runs; a visitor sends words that occur nowhere else; everything that was written is looked through.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from contextlib import closing
from typing import Any
from urllib.parse import quote

import psycopg2

from tests import canaries, journeys
from tests.local.running import Stack
from webanizr.local import provision


def dump(admin: str) -> bytes:
    """Return every row of every table, as a superuser reads them."""
    out = []
    with closing(psycopg2.connect(admin)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text, to_jsonb(t)::text FROM {table} t")
            for row in cursor.fetchall():
                out += [row[0].encode(), row[1].encode()]
                # bytes are shown as hex: look at what they are as well
                out += [bytes.fromhex(found) for found in re.findall(r"\\x((?:[0-9a-f]{2})+)", row[0])]
    return b"\n".join(out)


def admin_url(stack: Stack) -> str:
    """Return a superuser's URL of the product's database."""
    found = json.loads((stack.data / "servers.json").read_text())
    name = found["logins"]["app"].rpartition("/")[2].partition("?")[0]
    return provision.with_path(found["admin"], name)


def test_nothing_that_was_sent_is_on_the_disks(page: Any, stack: Stack, browser: Any) -> None:
    mark, shop = secrets.token_hex(5), f"Bakkerij {secrets.token_hex(4)}"
    sent = {
        "name": f"Kanarie {mark}",
        "email": f"kanarie.{mark}@geheimadres.nl",
        "message": f"Vertrouwelijk: medicijn{mark} tegen reuma, groet ë{mark}",
    }
    canaries.self_test(mark)
    journeys.sign_up(page, stack, "Alice Bakker")
    journeys.make_site(page, shop)
    url = journeys.publish(page)
    context = browser.new_context()
    journeys.fill_in(context.new_page(), url, **sent)
    context.close()
    # Alice finds it, reads it, and exports it: all of that leaves its traces
    for _ in range(100):
        page.goto(f"/inbox/?q=medicijn{mark}")
        if page.locator(".mrow").count():
            break
        time.sleep(0.1)
    page.click(".mrow__n")
    assert sent["message"] in page.inner_text(".reader")
    page.click("a[href*='/inbox/person/']")
    assert sent["email"] in page.inner_text(".person")
    for path in (page.url, f"/inbox/?q={mark}", "/inbox/?q=niets", f"/inbox/?q={sent['email']}"):
        page.goto(path)
        assert journeys.axe(page) == []
        page.set_viewport_size({"width": 320, "height": 700})
        assert not journeys.sideways(page), path
        page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.click(f"a[href*='/inbox/person/?q={quote(sent['email'], safe='')}']")
    assert journeys.axe(page) == []
    journeys.send(page, "form[action*='/person/export/'] button")
    page.wait_for_selector("a[href$='/download/']", timeout=20_000)
    with page.expect_download() as download:
        page.click("a[href$='/download/']")
    assert canaries.seen([mark], download.value.path().read_bytes()) == {mark}

    # what the account says to the world is in the dump; what was said to the account is not
    words = [mark, "geheimadres", shop]
    assert canaries.seen(words, dump(admin_url(stack))) == {shop}
    # PostgreSQL's files and log of changes, Valkey's, every object of the S3, mails, logs, caches: all of it
    found = canaries.seen_in_files(words, stack.data)
    assert {word for words in found.values() for word in words} == {shop}
    if "DATABASE_URL" not in stack.env:
        assert any("pg_wal" in name for name in found)
        assert any(name.startswith("s3/") for name in found), "inside the zip of a published version"
