"""What all fakes share: an HTTP server, state that survives a restart, rates, faults, and a control endpoint.

Control, below /_control/: GET state; GET requests (the last ones, with names of fields but no values of secrets);
POST faults [{"kind", "times", "match", "method", "seconds", "retry_after"}]; POST reset; POST set {"rate", "webhook",
...}; POST act {"do": "unsubscribe", "email": ...} does what a person or the provider's own staff could do there.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.parts import Fault, Reply, Request, Store

Route = Callable[[Any, Request], Reply]


def route(method: str, pattern: str) -> Callable[[Route], Route]:
    """Answer `method` at `pattern` ("/contacts/{id}") with the decorated method."""

    def decorate(function: Route) -> Route:
        regex = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern) + "$")
        function.route = (method, regex)  # type: ignore[attr-defined]  # read by Fake
        return function

    return decorate


class Fake:
    """One provider. Subclasses add routes and `refused` (authentication)."""

    name = ""
    base = ""  # path of the API
    requests_per_second = 0.0  # the provider's own limit, 0 for none

    def __init__(self, folder: Path | None = None, *, port: int = 0) -> None:
        self.store = Store(folder)
        self.faults: list[Fault] = []
        self.log: deque[dict[str, Any]] = deque(maxlen=1000)
        self.count = 0
        self.options: dict[str, Any] = {}
        self.lock = threading.RLock()
        self.rate: float = 0.0  # off: tests are quick; `up` and some tests switch it on
        self.tokens, self.filled = 1.0, time.monotonic()
        self.routes = [
            (*getattr(self, name).route, getattr(self, name))
            for name in dir(type(self))
            if hasattr(getattr(type(self), name), "route")
        ]
        self.server = Server(("127.0.0.1", port), _handler(self))
        self.thread: threading.Thread | None = None

    # --- running

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return self.origin + self.base

    def start(self) -> Fake:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        if self.store.journal is not None:
            self.store.journal.close()

    def reset(self) -> None:
        with self.lock:
            self.store.clear()
            self.faults.clear()
            self.log.clear()
            self.options.clear()
            self.rate, self.count = 0.0, 0
            self.seed()

    def seed(self) -> None:
        """Put back what an account there always has."""

    def fail(self, kind: str, **how: Any) -> None:
        """Switch a fault on."""
        with self.lock:
            self.faults.append(Fault(kind, **how))

    # --- answering

    def refused(self, request: Request) -> Reply | None:
        """Return the answer to a request without the right credentials."""
        return None

    def limited(self, retry_after: str) -> Reply:
        """Return this provider's 429."""
        return Reply(429, {"message": "Too many requests"}, {"Retry-After": retry_after} if retry_after else {})

    def missing(self) -> Reply:
        """Return this provider's 404."""
        return Reply(404, {"message": "not found"})

    def fault(self, kind: str, request: Request) -> Fault | None:
        """Use up one switched-on fault of a kind that the fake itself acts out."""
        for each in self.faults:
            if each.kind == kind and each.fits(request):
                each.times -= 1
                return each
        return None

    def _first(self, request: Request, kinds: set[str]) -> Fault | None:
        for each in self.faults:
            if each.kind in kinds and each.fits(request):
                each.times -= 1
                return each
        return None

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """Return the reply, and the fault that spoils its way back."""
        with self.lock:
            self.count += 1
            self.log.append(
                {"method": request.method, "path": request.path, "body": request.body.decode(errors="replace")}
            )
            before = self._first(
                request, {"429", "403_bare", "401", "500", "502", "503", "drop", "garbage", "404_html"}
            )
            if before is not None:
                return self._broken(before), before if before.kind == "drop" else None
            if self.rate and not self._token():
                return self.limited("1"), None
            reply = self.refused(request) or self._dispatch(request)
            return reply, self._first(request, {"timeout_after", "slow", "cut", "huge"})

    def _dispatch(self, request: Request) -> Reply:
        if not request.path.startswith(self.base):
            return self.missing()
        path = request.path[len(self.base) :]
        for method, regex, function in self.routes:
            if method == request.method and (match := regex.match(path)):
                request.args = {name: unquote(value) for name, value in match.groupdict().items()}
                return function(request)  # type: ignore[no-any-return]  # bound methods, gathered by name
        return self.missing()

    def _broken(self, fault: Fault) -> Reply:
        if fault.kind == "429":
            return self.limited(fault.retry_after)
        if fault.kind == "garbage":
            return Reply(200, b"<html>a proxy's page</html>", {"Content-Type": "text/html"})
        if fault.kind == "404_html":
            return Reply(404, b"<html>not here</html>", {"Content-Type": "text/html"})
        if fault.kind == "403_bare":
            return Reply(403, b"")
        return Reply(int(fault.kind) if fault.kind.isdecimal() else 500, b"<html>broken</html>")

    def _token(self) -> bool:
        now = time.monotonic()
        self.tokens = min(max(1.0, self.rate), self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    # --- control

    def state(self) -> dict[str, Any]:
        """Return what a person may want to see."""
        return {
            "name": self.name,
            "requests": self.count,
            "faults": [fault.__dict__ for fault in self.faults if fault.times > 0],
            "rate": self.rate,
            "tables": {name: len(rows) for name, rows in self.store.tables.items() if not name.startswith("_")},
        }

    def act(self, do: str, content: dict[str, Any]) -> Any:
        """Do what somebody could do at the provider; return what came of it."""
        raise KeyError(do)

    def control(self, request: Request) -> Reply:
        command = request.path.removeprefix("/_control").strip("/")
        content = request.json()
        with self.lock:
            if request.method == "GET":
                return Reply(200, {"requests": list(self.log)} if command == "requests" else self.state())
            if command == "faults":
                if not content:
                    self.faults.clear()
                self.faults += [Fault(**each) for each in (content if isinstance(content, list) else [content]) if each]
            elif command == "reset":
                self.reset()
            elif command == "set":
                self.rate = float(content.pop("rate", self.rate))
                self.options.update(content)
            elif command == "act":
                try:
                    return Reply(200, {"result": self.act(content.pop("do"), content)})
                except KeyError as error:
                    return Reply(404, {"message": f"{error} is not known"})
            else:
                return Reply(404, {"message": command})
            return Reply(200, self.state())

    def send_webhook(self, headers: dict[str, str], body: bytes) -> None:
        """POST to the address that was set with {"webhook": url}, in the background, as the providers do."""
        address = self.options.get("webhook")
        if not address:
            return

        def send() -> None:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with contextlib.suppress(OSError):
                opener.open(urllib.request.Request(address, body, headers), timeout=10).close()

        threading.Thread(target=send, daemon=True).start()


class Server(ThreadingHTTPServer):
    """Many connections, each kept open."""

    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, parts.path, parse_qs(parts.query, True), headers, body)
            if parts.path.startswith("/_control"):
                reply, fault = fake.control(request), None
            else:
                reply, fault = fake.answer(request)
            if fault is not None and fault.kind in ("drop", "timeout_after"):
                if fault.seconds:
                    time.sleep(fault.seconds)
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            if fault is not None and fault.kind == "slow":
                time.sleep(fault.seconds)
            self.reply(reply, fault)

        def reply(self, reply: Reply, fault: Fault | None) -> None:
            raw = (
                reply.body
                if isinstance(reply.body, bytes)
                else b""
                if reply.body is None
                else json.dumps(reply.body).encode()
            )
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            if fault is not None and fault.kind == "huge":
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                with contextlib.suppress(OSError):
                    for _ in range(1000):
                        self.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
                self.close_connection = True
                return
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if fault is not None and fault.kind == "cut":
                self.wfile.write(raw[: len(raw) // 2])
                self.close_connection = True
            elif self.command != "HEAD":
                self.wfile.write(raw)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815  # http.server's own names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def running(kind: type[Fake], folder: Path | None = None) -> Iterator[Fake]:
    """Run a fake in a thread of this process."""
    fake = kind(folder)
    fake.seed()
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
