"""The limits: the least that a WSGI application can do on the same server. Run by granian, as our services are."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import psycopg2

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

PAGE = os.environ.get("BENCH_PAGE", "")
BODY = open(PAGE, "rb").read() if PAGE else b"ok"  # noqa: SIM115  # read once, at import
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(BODY)))]
_local = threading.local()


def page(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Send the same bytes to everybody."""
    start_response("200 OK", HEADERS)
    return (BODY,)


def insert(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Read the body, insert it as one row and commit."""
    if environ["REQUEST_METHOD"] == "POST":
        data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        connection = getattr(_local, "connection", None)
        if connection is None:
            connection = _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_insert (id, content) VALUES (%s, %s)", (str(uuid.uuid4()), data))
        connection.commit()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return (b"ok",)
