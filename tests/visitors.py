"""Vera visits: a browser at the hosting service's own WSGI application, under the hosting login."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode

from sites.hosting.wsgi import Hosting


class Visitor:
    """Asks the hosting application, as a browser would."""

    def __init__(self, host: str, form: str, as_role: Callable[[str], AbstractContextManager[Any]]) -> None:
        self.host, self.form, self.as_role = host, form, as_role
        self.app = Hosting(lambda environ, start: start("599 Django", []) or [])

    def ask(
        self, path: str, *, method: str = "GET", body: bytes = b"", **environ: str
    ) -> tuple[int, dict[str, str], str]:
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            seen.update(status=int(status[:3]), headers={name.lower(): value for name, value in headers})

        path, _question, query = path.partition("?")
        request = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": self.host,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **environ,
        }
        with self.as_role("hosting"):
            text = b"".join(self.app(request, start)).decode()
        return seen["status"], seen["headers"], text

    def solved(self, **changes: str) -> dict[str, str]:
        """Return the fields of a solved challenge, old enough."""
        made = json.loads(self.ask(f"/_f/{self.form}/c")[2])
        number = next(
            n for n in range(made["max"]) if hashlib.sha256(f"{made['salt']}{n}".encode()).hexdigest() == made["target"]
        )
        return {"challenge": made["token"], "solution": str(number), **changes}

    def post(self, values: dict[str, Any], **environ: str) -> tuple[int, dict[str, str], str]:
        headers = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_SEC_FETCH_SITE": "same-origin", **environ}
        return self.ask(f"/_f/{self.form}", method="POST", body=urlencode(values, doseq=True).encode(), **headers)

    def send(self, parts: list[tuple[str, str, bytes | None]], **environ: str) -> tuple[int, dict[str, str], str]:
        """Send a form with files: (name, text or file name, the file's bytes or None for a text)."""
        body = b""
        for name, text, data in parts:
            body += b"--line\r\n"
            if data is None:
                body += f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
            else:
                head = f'Content-Disposition: form-data; name="{name}"; filename="{text}"\r\nContent-Type: x/y\r\n\r\n'
                body += head.encode() + data + b"\r\n"
        headers = {
            "CONTENT_TYPE": "multipart/form-data; boundary=line",
            "HTTP_SEC_FETCH_SITE": "same-origin",
            **environ,
        }
        return self.ask(f"/_f/{self.form}", method="POST", body=body + b"--line--\r\n", **headers)
