"""The three servers below the services: PostgreSQL, Valkey and S3; whatever the environment names isn't started.

`Servers` starts and stops them for whoever holds the data directory's lock; `using` is for a command that needs them
for a while, beside a running `up` or alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from webanizr.core import roles
from webanizr.local import provision
from webanizr.local.objects import REGION, Objects
from webanizr.local.place import ROOT, Place, Ports, Problem, write_json
from webanizr.local.postgres import Postgres
from webanizr.local.process import sweep
from webanizr.local.systems import OFF, System
from webanizr.local.valkey import Valkey, broker_url

# What another project's shell may have set, and what would steer our programs.
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PGOPTIONS", "PGUSER", "PGDATABASE", "PGSERVICE", "PGPASSWORD")
ALL = ("postgres", "valkey", "s3", "mailing", "statistics")
# Services that may unwrap keys of what customers collect, each within its own limits.
OPENING = ("app", "staff", "worker", "exporter")
# What opens something: the hosting service gets none of it.
KEYS = (
    "SECRET_KEY",
    "KMS_KEY",
    "AWS_KMS_ENDPOINT_URL",
    "WRAPPING_KEY_FILE",
    "KEY_BUCKET",
    "KEY_DIR",
    "CERTIFICATE_KMS_KEY",
    "CERTIFICATE_KEY_FILE",
)
# What lets somebody in at an external system, and which services get it.
SYSTEM_SECRETS = {
    "MAILING_API_KEY": ("worker", "exporter", "eraser"),
    "MAILING_WEBHOOK_SECRET": ("app",),
    "STATISTICS_TOKEN": ("worker",),
    "STATISTICS_ADMIN_TOKEN": ("exporter", "eraser"),
}


class Servers:
    """The servers of one data directory, and the environment that leads to them."""

    def __init__(
        self, place: Place, *, durable: bool = True, database: str | None = None, systems: Sequence[System] = ()
    ) -> None:
        self.place = place
        self.secrets = place.secrets()
        self.database = database or os.environ.get("WEBANIZR_DATABASE") or "webanizr"
        self.bucket = os.environ.get("S3_BUCKET") or "webanizr-files"
        self.admin_url = os.environ.get("DATABASE_URL")
        self.redis_url = os.environ.get("REDIS_URL")
        self.s3_url = os.environ.get("AWS_S3_ENDPOINT_URL")
        self.named = (self.redis_url, self.s3_url)  # what somebody else runs
        self.embedded: list[Postgres | Valkey | Objects | System] = []
        self.systems = systems
        mark = place.data
        sockets = place.make_sockets() if not (self.admin_url and self.redis_url) else place.sockets
        self.postgres: Postgres | None = None
        if not self.admin_url:
            self.postgres = Postgres(place.data / "postgres", sockets=sockets, mark=mark, durable=durable)
            self.admin_url = self.postgres.admin_url()
            self.embedded.append(self.postgres)
        if not self.redis_url:
            valkey = Valkey(place.data / "valkey", sockets=sockets, mark=mark, durable=durable)
            self.redis_url = valkey.url()
            self.embedded.append(valkey)
        self.s3_keys = (os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", ""))
        self.objects: Objects | None = None
        if not self.s3_url:
            self.s3_keys = (self.secrets["s3_access_key"], self.secrets["s3_secret_key"])
            self.objects = Objects(place.data / "s3", access_key=self.s3_keys[0], secret_key=self.s3_keys[1], mark=mark)
            self.s3_url = self.objects.url()
            self.embedded.append(self.objects)
        self.embedded += systems

    def start(self, *, stopping: threading.Event | None = None, wait: tuple[str, ...] = ALL) -> None:
        """Start what the environment doesn't name, all at once, and wait for those in `wait`.

        Raises Problem when what the environment names doesn't answer.
        """
        self.check_named()
        if self.objects:
            self.objects.make_bucket(self.bucket)
        for server in self.embedded:
            if stopping is None or not stopping.is_set():
                server.spawn()
        self.wait(wait, stopping=stopping)

    def check_named(self) -> None:
        """Look whether the broker and the file store that the environment names answer; the database has its own."""
        redis_url, s3_url = self.named
        if redis_url:
            import redis

            try:
                with redis.Redis.from_url(redis_url, socket_connect_timeout=5, socket_timeout=5) as client:
                    client.ping()
            except (redis.RedisError, ValueError) as error:
                raise Problem(f"REDIS_URL doesn't work: {' '.join(str(error).split())}") from error
        if s3_url:
            host = urlsplit(s3_url)
            try:
                port = host.port or {"https": 443}.get(host.scheme, 80)
                socket.create_connection((host.hostname or "", port), timeout=5).close()
            except (OSError, ValueError) as error:
                raise Problem(f"AWS_S3_ENDPOINT_URL doesn't work: {s3_url} does not answer ({error})") from error

    def wait(self, names: tuple[str, ...], *, stopping: threading.Event | None = None, patience: float = 60) -> None:
        """Wait until the named servers answer; raises Problem when one doesn't."""
        deadline = time.monotonic() + patience
        for server in self.embedded:
            if server.name not in names or server.process is None:
                continue
            while not server.ready():
                if stopping is not None and stopping.is_set():
                    return
                if time.monotonic() > deadline:
                    raise Problem(f"{server.name} does not answer; see {server.log}.")
                time.sleep(0.02)

    def provision(self) -> bool:
        """Make or mend roles and database; return whether the database is new."""
        assert self.admin_url is not None
        passwords = self.secrets["passwords"] if self.postgres is None else None
        return provision.provision(self.admin_url, self.database, passwords=passwords)

    def stop(self) -> None:
        """Stop what was started here, and remove the sockets."""
        for server in reversed(self.embedded):
            server.stop()
        if self.embedded:
            shutil.rmtree(self.place.sockets, ignore_errors=True)

    def login(self, service: str) -> str:
        """Return the database URL of a service's login."""
        assert self.admin_url is not None
        password = self.secrets["passwords"][service] if self.postgres is None else None
        return provision.login_url(self.admin_url, service, self.database, password)

    def environment(self, service: str, ports: Ports) -> dict[str, str]:
        """Return the whole environment of a process of `service`: only its own login and keys are in it."""
        withheld = [*FOREIGN, *(name for name, services in SYSTEM_SECRETS.items() if service not in services)]
        withheld += KEYS if service == "hosting" else ()
        inherited = {key: value for key, value in os.environ.items() if key not in withheld}
        return inherited | self.variables(ports) | self.own(service)

    def own(self, service: str) -> dict[str, str]:
        """Return what a service has and others may not: its login, and of the keys only those that it needs."""
        found = {"WEBANIZR_SERVICE": service, "DATABASE_URL": self.login(service)}
        if service in ("app", "hosting"):
            found["FRAME_KEY"] = self.secrets["frame_key"]
        if service == "hosting":
            # a directory of its own, so that nothing in its environment leads to the keys
            return found | {"WEBANIZR_DATA": str(self.place.data / "hosting")}
        found["SECRET_KEY"] = self.secrets["secret_key"]
        found |= self._systems(service)
        if service in OPENING:
            found["WRAPPING_KEY_FILE"] = str(self.place.wrapping_key())
        return found | {"KEY_DIR": str(self.place.data / "keys")}

    def variables(self, ports: Ports) -> dict[str, str]:
        """Return what every service's environment has in common."""
        assert self.redis_url is not None
        assert self.s3_url is not None
        return {
            "DJANGO_SETTINGS_MODULE": "webanizr.settings",
            "WEBANIZR_LOCAL": "1",
            "WEBANIZR_DATA": str(self.place.data),
            "REDIS_URL": self.redis_url,
            "CELERY_BROKER_URL": broker_url(self.redis_url),
            "AWS_S3_ENDPOINT_URL": self.s3_url,
            "AWS_ACCESS_KEY_ID": self.s3_keys[0],
            "AWS_SECRET_ACCESS_KEY": self.s3_keys[1],
            "AWS_REGION": os.environ.get("AWS_REGION") or REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "S3_BUCKET": self.bucket,
            "APP_URL": f"http://localhost:{ports.app}",
            "STAFF_URL": f"http://localhost:{ports.staff}",
            "HOSTING_PORT": str(ports.hosting),
            "SITES_DOMAIN": "localhost",
            "PYTHONUNBUFFERED": "1",
        }

    def _systems(self, service: str) -> dict[str, str]:
        """Return what leads a service to the external systems: of the secrets, only those that it needs."""
        found = {"MAILING_PLATFORM": ""} if os.environ.get("MAILING_PLATFORM") == OFF else {}
        for system in self.systems:
            found |= system.variables()
        found |= {"WEBANIZR_FAKES": json.dumps(self.fakes())} if service == "app" else {}
        return {name: value for name, value in found.items() if service in SYSTEM_SECRETS.get(name, (service,))}

    def fakes(self) -> dict[str, str]:
        """Return the address of every imitated system, by provider."""
        return {system.provider: system.origin for system in self.systems}

    def logins(self) -> dict[str, str]:
        """Return the database URL of every login, by service."""
        return {service: self.login(service) for service in (*roles.SERVICES, "migrator")}

    def announce(self, ports: Ports) -> None:
        """Tell other commands in this directory how to reach the servers."""
        services = {service: self.own(service) for service in (*roles.SERVICES, "migrator")}
        content = {"variables": self.variables(ports), "services": services, "admin": self.admin_url}
        content["logins"] = self.logins()
        write_json(self.place.servers_file, content)

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()


@contextmanager
def using(place: Place, command: str) -> Iterator[dict[str, Any]]:
    """Yield what `announce` tells of running servers: `up`'s when it runs, else started for the duration."""
    os.umask(0o077)
    place.make()
    with open(place.data / "users", "a") as users, place.lock(command) as ours:
        if not ours:
            fcntl.flock(users, fcntl.LOCK_SH)
            yield _announced(place)
            return
        sweep(place.data)
        place.servers_file.unlink(missing_ok=True)
        ports = Ports.from_environment()
        with Servers(place) as servers:
            servers.start()
            servers.provision()
            servers.announce(ports)
            try:
                yield json.loads(place.servers_file.read_text())
            finally:
                place.servers_file.unlink(missing_ok=True)
                fcntl.flock(users, fcntl.LOCK_EX)  # commands that came to use these servers finish first


def _announced(place: Place) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            found: dict[str, Any] = json.loads(place.servers_file.read_text())
            return found
        except (OSError, ValueError):
            time.sleep(0.1)
    raise Problem(f"{place.holder()} uses {place.data} but its servers don't answer.")


def migration_mark() -> str:
    """Return a digest of everything that decides the schema: the migrations and the roles."""
    digest = hashlib.sha256()
    apps = [ROOT / name for name in ("webanizr/core", "accounts", "billing", "newsletters", "sites", "privacy")]
    files = [file for app in apps for file in sorted(app.glob("**/migrations/*.py"))]
    for file in [*files, Path(roles.__file__), ROOT / "requirements.lock"]:
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()
