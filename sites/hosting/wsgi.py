"""The hosting service's WSGI application: published files and form posts, before Django's middleware does any work."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import DatabaseError

from privacy.erasure import guard
from sites.hosting import intake, pages
from sites.hosting.pages import Environ, StartResponse
from sites.hosting.versions import SECURITY, Entry, Pointer, Version, versions
from webanizr.core import storage

log = logging.getLogger(__name__)

HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?", re.IGNORECASE)
FRAME_HOST = f"frame.{settings.SITES_DOMAIN}"


class Hosting:
    """Answers visitors; what it doesn't know goes to Django (health, the editor's frame)."""

    def __init__(self, django: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self.django = django

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO") or "/"
        host = environ.get("HTTP_HOST", "")
        name = host.rpartition(":")[0] if host.endswith(tuple("0123456789")) and ":" in host else host
        if name == FRAME_HOST or path.startswith("/healthz/"):
            return self.django(environ, start_response)
        if guard.closed():  # a restored backup: it may show, or take in for, somebody who was erased since
            return pages.unavailable(environ, start_response)
        if not HOST.fullmatch(host):
            return plain(start_response, "400 Bad Request", "This host name is not valid.")
        canonical = name.lower().rstrip(".")
        if canonical != name:
            suffix = host[len(name) :]
            return moved(
                start_response,
                f"{settings.HOSTING_SCHEME}://{canonical}{suffix}{raw_path(environ)}",
                "308 Permanent Redirect",
            )
        try:
            pointer = versions.pointer(canonical)
            if pointer is None or pointer.version_id is None:
                return pages.nobody(environ, start_response)
            version = versions.version(pointer)
        except (DatabaseError, OSError, storage.Missing) as error:
            log.error("a site can't be shown: %s", type(error).__name__)
            return pages.unavailable(environ, start_response)
        return self.answer(environ, start_response, path, pointer, version)

    def answer(
        self, environ: Environ, start_response: StartResponse, path: str, pointer: Pointer, version: Version
    ) -> Iterable[bytes]:
        """Answer for a site that is online."""
        method = environ["REQUEST_METHOD"]
        if path.startswith("/_f/"):
            return intake.handle(environ, start_response, pointer, version)
        if method not in ("GET", "HEAD"):
            return plain(start_response, "405 Method Not Allowed", "", [("Allow", "GET, HEAD")])
        entry = version.entries.get(path)
        if entry is not None:
            return send(environ, start_response, entry, method)
        if path.startswith("/_m/"):
            return media(start_response, version, path, method)
        target = version.manifest["redirects"].get(path)
        if target is not None:
            return moved(start_response, target, "301 Moved Permanently")
        if len(path) > 1 and path.endswith("/") and path.rstrip("/") in version.entries:
            return moved(start_response, path.rstrip("/"), "308 Permanent Redirect")
        return pages.not_found(environ, start_response, pointer, version)


def send(environ: Environ, start_response: StartResponse, entry: Entry, method: str) -> Iterable[bytes]:
    """Send a file in the best encoding the visitor's browser takes, or 304."""
    if environ.get("HTTP_IF_NONE_MATCH") is not None and entry.etag in environ["HTTP_IF_NONE_MATCH"]:
        start_response("304 Not Modified", entry.not_modified)
        return ()
    accepts = environ.get("HTTP_ACCEPT_ENCODING", "")
    answer = entry.plain
    if accepts:
        if entry.br is not None and "br" in accepts:
            answer = entry.br
        elif entry.gzip is not None and "gzip" in accepts:
            answer = entry.gzip
    start_response("200 OK", answer.headers)
    return () if method == "HEAD" else (answer.body,)


def media(start_response: StartResponse, version: Version, path: str, method: str) -> Iterable[bytes]:
    """Send a picture from storage; only those that the version names."""
    found = version.manifest["media"].get(path)
    if found is None:
        return plain(start_response, "404 Not Found", "")
    try:
        body = storage.get(found["key"])
    except storage.Missing:
        return plain(start_response, "404 Not Found", "")
    except storage.Away:
        return plain(
            start_response, "503 Service Unavailable", "", [("Retry-After", "10"), ("Cache-Control", "no-store")]
        )
    headers = [
        ("Content-Type", found["type"]),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "public, max-age=31536000, immutable"),
        *SECURITY,
    ]
    start_response("200 OK", headers)
    return () if method == "HEAD" else (body,)


def raw_path(environ: Environ) -> str:
    """Return path and query as they were asked for, safe to put into a Location header."""
    path = (environ.get("PATH_INFO") or "/").encode("latin-1", "replace")
    safe = re.sub(rb"[^A-Za-z0-9/_.~-]", lambda found: b"%%%02X" % found[0][0], path).decode()
    query = environ.get("QUERY_STRING", "")
    return f"/{safe.lstrip('/')}" + (f"?{query}" if query and re.fullmatch(r"[!-~]+", query) else "")


def moved(start_response: StartResponse, location: str, status: str) -> Iterable[bytes]:
    """Send a redirect."""
    start_response(status, [("Location", location), ("Content-Length", "0"), ("Cache-Control", "no-cache"), *SECURITY])
    return ()


def plain(
    start_response: StartResponse, status: str, text: str, headers: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    """Send a line of text."""
    body = text.encode()
    start_response(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            *(headers or []),
            *SECURITY,
        ],
    )
    return (body,)
