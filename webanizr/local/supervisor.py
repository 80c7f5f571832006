"""The services' processes: starting, watching, restarting and stopping them.

The supervisor is one thread that starts and watches everything; a small thread per process carries its output.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Protocol

from webanizr.local.place import ROOT, Place, Ports, Problem, say
from webanizr.local.process import MARK, end, kill_group, spawn
from webanizr.local.servers import Servers

START_SECONDS = 90.0  # in which everything must answer
STEADY_SECONDS = 60.0  # after which an earlier death no longer counts
LONGEST_BACKOFF = 30.0
TAIL = 12  # lines of a failed service that are shown


class Watched(Protocol):
    """A process the supervisor looks after: a service or an embedded server."""

    name: str
    process: subprocess.Popen[bytes] | None

    def spawn(self) -> None:
        """Start it."""

    def ready(self) -> bool:
        """Return whether it answers."""

    def stop(self) -> None:
        """Stop it."""


class Program:
    """One service: a command with its environment, whose output is shown with its name and kept in var/log/."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], place: Place, *, patience: float) -> None:
        self.name, self.command, self.place, self.patience = name, command, place, patience
        self.env = env | {MARK: str(place.data)}
        self.log = place.data / "log" / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.asked: float | None = None  # when it was asked to stop
        self.served = False  # it has been ready, so stopping it may have to wait for work in hand
        self.tail: deque[str] = deque(maxlen=TAIL)

    def spawn(self) -> None:
        """Start it; its output goes to the terminal and the log."""
        self.asked = None
        self.process = spawn(self.command, env=self.env, output=subprocess.PIPE, cwd=ROOT)
        threading.Thread(target=self._carry, args=(self.process,), daemon=True).start()

    def _carry(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout, open(self.log, "ab", buffering=0) as log:
            for line in process.stdout:
                self.tail.append(line.decode(errors="replace").rstrip())
                with contextlib.suppress(OSError):  # a full disk must not stop the service
                    log.write(line)
                say(f"{self.name:<8} | {self.tail[-1]}")

    def ready(self) -> bool:
        """Return whether it answers."""
        raise NotImplementedError

    def ask_to_stop(self) -> None:
        """Send SIGTERM, once (a second one would make Celery drop its tasks), without waiting."""
        if self.process is not None and self.process.poll() is None and self.asked is None:
            self.process.send_signal(signal.SIGTERM)
            self.asked = time.monotonic()

    def stop(self) -> None:
        """Stop it; killed when it takes too long."""
        self.ask_to_stop()
        if self.process is not None:
            since = time.monotonic() - (self.asked or 0)
            end(self.process, None, patience=max(0.0, (self.patience if self.served else 1) - since))


class Web(Program):
    """A web service under granian."""

    def __init__(self, name: str, port: int, env: dict[str, str], place: Place) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "webanizr.wsgi:application"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4"]
        command += ["--no-ws", "--http", "1", "--log-level", "warning", "--workers-kill-timeout", "4"]
        super().__init__(name, command, env, place, patience=8)
        self.port = port
        self.answer = "nothing"

    def ready(self) -> bool:
        """Return whether /healthz/ready answers 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz/ready", headers={"Host": f"localhost:{self.port}"})
            response = connection.getresponse()
            self.answer = f"{response.status} {response.read(300).decode(errors='replace')}"
            return response.status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Background(Program):
    """A Celery process, through `webanizr.local.worker`, which says in a file when it is at work."""

    def __init__(self, name: str, arguments: list[str], env: dict[str, str], place: Place) -> None:
        self.ready_file = place.data / "log" / f"{name}.ready"
        command = [sys.executable, "-m", "webanizr.local.worker", *arguments, "--loglevel", "WARNING"]
        # Celery runs Django's checks and ignores what they say; the web services run them, and stop.
        own = {"WEBANIZR_READY_FILE": str(self.ready_file), "CELERY_SKIP_CHECKS": "1"}
        super().__init__(name, command, env | own, place, patience=20)

    def spawn(self) -> None:
        """Start it."""
        self.ready_file.unlink(missing_ok=True)
        super().spawn()

    def ready(self) -> bool:
        """Return whether it takes tasks."""
        return self.ready_file.exists()


def programs(servers: Servers, ports: Ports, place: Place) -> list[Program]:
    """Return the services, in the order in which they are stopped."""
    listed: list[Program] = [Web(name, port, servers.environment(name, ports), place) for name, port in ports.named()]
    quick = ["--without-gossip", "--without-mingle"]
    worker = ["worker", "--queues", "default,mail,sync", "--concurrency", "3", "--hostname", "worker@localhost", *quick]
    exporter = ["worker", "--queues", "export", "--concurrency", "1", "--hostname", "exporter@localhost", *quick]
    listed.append(Background("beat", ["beat"], servers.environment("worker", ports), place))
    listed.append(Background("worker", worker, servers.environment("worker", ports), place))
    # PDFs and the XSLT engine take 300 MB: a process of their own
    billing = ["worker", "--queues", "billing", "--concurrency", "1", "--hostname", "billing@localhost", *quick]
    listed.append(Background("billing", billing, servers.environment("worker", ports), place))
    listed.append(Background("exporter", exporter, servers.environment("exporter", ports), place))
    eraser = ["worker", "--queues", "erase", "--concurrency", "1", "--hostname", "eraser@localhost", *quick]
    listed.append(Background("eraser", eraser, servers.environment("eraser", ports), place))
    return listed


class Supervisor:
    """Looks after the services and the servers below them until `stopping` is set."""

    def __init__(self, services: list[Program], servers: Servers, stopping: threading.Event) -> None:
        self.services, self.servers, self.stopping = services, servers, stopping
        self.deaths: dict[str, int] = {}
        self.born: dict[str, float] = {}
        self.due: dict[str, float] = {}

    def start(self) -> None:
        """Start all services at once."""
        for service in self.services:
            self.born[service.name] = time.monotonic()
            service.spawn()
        for server in self.servers.embedded:
            self.born[server.name] = time.monotonic()

    def wait_ready(self) -> None:
        """Return once every service answers (or `stopping` is set); raises Problem when one dies or takes too long."""
        waiting = list(self.services)
        deadline = time.monotonic() + START_SECONDS
        while waiting and not self.stopping.is_set():
            for service in list(waiting):
                assert service.process is not None
                if service.process.poll() is not None:
                    time.sleep(0.2)  # its last words are on their way
                    how = ending(service.process.returncode)
                    raise Problem(f"{service.name} ended at its start ({how}); why is above and in {service.log}.")
                if service.ready():
                    service.served = True
                    waiting.remove(service)
            if waiting and time.monotonic() > deadline:
                late = ", ".join(f"{one.name} ({getattr(one, 'answer', 'nothing')})" for one in waiting)
                raise Problem(f"Not ready within {START_SECONDS:.0f} s: {late}. See {self.services[0].log.parent}.")
            self.stopping.wait(0.05)

    def watch(self) -> bool:
        """Restart what has died, with growing pauses; return whether something was restarted."""
        changed = False
        watched: list[Watched] = [*self.servers.embedded, *self.services]
        for one in watched:
            process = one.process
            now = time.monotonic()
            if process is None or process.poll() is None:
                continue
            if one.name not in self.due:
                kill_group(process)
                steady = now - self.born.get(one.name, now) > STEADY_SECONDS
                deaths = self.deaths[one.name] = 1 if steady else self.deaths.get(one.name, 0) + 1
                pause = min(LONGEST_BACKOFF, 0.25 * 2 ** (deaths - 1))
                self.due[one.name] = now + pause
                say(f"webanizr: {one.name} ended ({ending(process.returncode)}); starting it again in {pause:g} s")
            elif now >= self.due[one.name]:
                del self.due[one.name]
                self.born[one.name] = now
                try:
                    one.spawn()
                except (Problem, OSError) as error:
                    say(f"webanizr: {one.name} could not be started: {error}")
                changed = True
        return changed

    def stop(self) -> None:
        """Stop the web services and beat, then the workers, which may still be finishing a task."""
        front = [
            service for service in self.services if service.name not in ("worker", "billing", "exporter", "eraser")
        ]
        back = [service for service in self.services if service not in front]
        for group in (front, back):
            for service in group:
                service.ask_to_stop()
            for service in group:
                service.stop()

    def pids(self) -> dict[str, int]:
        """Return every process by name, this one included."""
        watched: list[Watched] = [*self.servers.embedded, *self.services]
        running = {one.name: one.process.pid for one in watched if one.process is not None}
        return {"supervisor": os.getpid()} | running


def ending(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def rotate(directory: Path, *, limit: int = 5 << 20) -> None:
    """Put aside logs that have grown beyond `limit` bytes, replacing those put aside before."""
    directory.mkdir(exist_ok=True)
    for log in directory.glob("*.log"):
        if log.stat().st_size > limit:
            log.replace(log.with_suffix(".log.1"))
