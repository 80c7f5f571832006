"""Promise 12: the customer owns what is collected, and takes all of it along: the website works from any web server."""

from __future__ import annotations

import functools
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import journeys
from tests.local.running import Stack

pytestmark = pytest.mark.stack


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """Serve a folder as any web server does, on loopback; yield its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_everything_comes_along_and_works_elsewhere(page: Any, stack: Stack, browser: Any, tmp_path: Path) -> None:
    address = journeys.sign_up(page, stack, "Alice Verhuist")
    journeys.make_site(page, "Bakkerij Verhuist")
    site = journeys.publish(page)
    visitor = browser.new_context(locale="nl-NL").new_page()
    journeys.fill_in(visitor, site, "Bewaar dit bericht")
    page.goto("/settings/")
    page.click("a[href='/exports/everything/']")
    assert journeys.axe(page) == []
    journeys.send(page)
    page.wait_for_selector("a[href$='/download/']", timeout=30_000)
    with page.expect_download() as fetched:
        page.click("a[href$='/download/']")
    archive = zipfile.ZipFile(io.BytesIO(Path(fetched.value.path()).read_bytes()))
    assert address in archive.read("account.json").decode()
    [message] = json.loads(archive.read("messages.json"))
    assert "Bewaar dit bericht" in json.dumps(message)
    archive.extractall(tmp_path)
    host = site.split("//")[1].split(":")[0]
    lost: list[str] = []
    elsewhere = browser.new_context(locale="nl-NL").new_page()
    with plain_server(tmp_path / "websites" / host) as origin:
        elsewhere.on("response", lambda answer: lost.append(answer.url) if answer.status >= 400 else None)
        elsewhere.on("request", lambda ask: None if ask.url.startswith(origin) else lost.append(ask.url))
        elsewhere.goto(origin)
        elsewhere.wait_for_load_state("networkidle")
        assert elsewhere.inner_text("h1") == _heading(visitor, site)
        links = elsewhere.eval_on_selector_all("a[href^='/']", "all => all.map(one => one.getAttribute('href'))")
        for link in sorted(set(links))[:5]:
            assert elsewhere.goto(f"{origin}{link}").status == 200, link
    assert [url for url in lost if "favicon" not in url] == []


def _heading(visitor: Any, site: str) -> str:
    visitor.goto(site)
    return str(visitor.inner_text("h1"))
