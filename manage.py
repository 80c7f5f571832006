#!/usr/bin/env python3
"""`python3 manage.py up` runs Webanizr, `python3 manage.py test` its tests, on a machine with nothing but Python 3.11.

This file sets up: it makes `.venv` beside itself, installs the locked packages and goes on inside. Until then it uses
the standard library only. Everything else is in `webanizr.local.commands`.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARK = VENV / ".installed"
BOOTSTRAP_LOCK = ROOT / "requirements-bootstrap.lock"
LOCKS = {"runtime": ROOT / "requirements.lock", "development": ROOT / "requirements-dev.lock"}
DEVELOPMENT = {"test", "lint", "bench"}
# What another project's shell may have set: it would lead to that project's packages.
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")


def fail(text):
    """End with one line that says what to do."""
    sys.exit(f"webanizr: {text}")


def digest(path):
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wanted(command):
    """Return the set of packages that `command` needs."""
    return "development" if command in DEVELOPMENT else "runtime"


def installed(need):
    """Return whether the environment holds `need`, from this very lock file (the development set holds all)."""
    try:
        have = json.loads(MARK.read_text())
    except (OSError, ValueError):
        return False
    fits = have.get("set") == need or have.get("set") == "development"
    return fits and PYTHON.exists() and have.get("sha256") == digest(LOCKS[have["set"]])


def install(need):
    """Make .venv and install `need`; safe against concurrent calls and interruptions."""
    lock = os.open(ROOT, os.O_RDONLY)  # a directory can be locked, too: no file to leave behind
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        if installed(need):
            return
        try:
            have = json.loads(MARK.read_text())["set"]
        except (OSError, ValueError, KeyError):
            have = "runtime"
        need = "development" if "development" in (need, have) else "runtime"
        print(f"webanizr: installing {LOCKS[need].name} into .venv …", file=sys.stderr, flush=True)
        MARK.unlink(missing_ok=True)
        make_venv()
        sync(need)
        MARK.write_text(json.dumps({"set": need, "sha256": digest(LOCKS[need])}))
    except PermissionError as error:
        fail(f"{error.filename or ROOT} can't be written: work as the user who owns the checkout.")
    except OSError as error:
        fail(f"the packages could not be installed: {error}.")
    finally:
        os.close(lock)


def quiet(*command):
    """Run a program without its output; return whether it succeeded."""
    try:
        return (
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
        )
    except OSError:
        return False


def make_venv():
    """Make .venv, anew when it is broken (moved, half made, its Python gone)."""
    if quiet(PYTHON, "-m", "pip", "--version"):
        return
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in done.stdout + done.stderr:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            fail(f"Python's venv module is missing: apt-get install -y python{version}-venv")
        fail(f".venv could not be made: {' '.join((done.stderr or done.stdout).split())[-300:]}")


def sync(need):
    """Install the locked packages with uv (seconds), or with pip where uv doesn't work (a minute or two)."""
    cache = os.environ.get("UV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    while not os.path.exists(cache):  # os.path: False, and no error, below a directory that may not be entered
        cache = os.path.dirname(cache) or "."
    options = [] if os.access(cache, os.W_OK) else ["--no-cache"]
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes"]
    uv = [str(PYTHON), "-m", "uv", "--quiet", "--no-config", *options]
    arguments = ["pip", "sync", "--require-hashes", "--python", str(PYTHON), str(LOCKS[need])]
    if quiet(PYTHON, "-m", "uv", "--version") or quiet(*pip, "-r", str(BOOTSTRAP_LOCK)):
        # Its own certificates first, then the machine's: a company's proxy signs with its own.
        for certificates in ([], ["--system-certs"]):
            command = [*uv, *certificates, *arguments]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
        reason = " ".join(done.stderr.split())[-200:]
        print(f"webanizr: uv could not ({reason}); trying pip …", file=sys.stderr, flush=True)
    done = subprocess.run([*pip, "-r", str(LOCKS[need])], capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"the packages could not be installed: {' '.join(done.stderr.split())[-500:]}")


def main():
    """Set up when needed, then run the command inside .venv."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this file alone runs before that is known
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.")
    if os.environ.get("WEBANIZR_BOOTSTRAP") != "no":  # a container image brings its packages along
        foreign = [name for name in FOREIGN if os.environ.pop(name, None) is not None]
        need = wanted(sys.argv[1] if len(sys.argv) > 1 else "help")
        if not installed(need):
            install(need)
        if Path(sys.prefix).resolve() != VENV.resolve() or foreign:
            os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *sys.argv[1:]])
    from webanizr.local import commands

    sys.exit(commands.run(sys.argv))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
