"""The system packages that the tests and the translations need: a browser, Pango, gettext.

Installed with apt where this is root on Debian or Ubuntu; else one line says which command installs them.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess

from webanizr.local.place import Problem, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """Return the path of a Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing() -> list[str]:
    """Return the Debian names of what this machine lacks."""
    have = {
        "chromium": browser() is not None,
        "libpangoft2-1.0-0": _loads("libpangoft2-1.0.so.0"),
        "libharfbuzz-subset0": _loads("libharfbuzz-subset.so.0"),
        "gettext": shutil.which("xgettext") is not None,
    }
    return [name for name, found in have.items() if not found]


def ensure(*names: str) -> None:
    """Install what is missing (of `names`, if given); raises Problem with the command where this process may not."""
    wanted = [name for name in missing() if not names or name in names]
    if not wanted:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(wanted)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Problem(f"System packages are missing; install them with: sudo {command}")
    say(f"webanizr: {command} …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for before in ([], ["apt-get", "update", "-q"]):
        if before:
            subprocess.run(before, env=environment, capture_output=True, check=False)
        done = subprocess.run(command.split(), env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0 and not set(wanted) & set(missing()):
            return
    raise Problem(f"`{command}` failed: {' '.join((done.stderr or done.stdout).split())[-300:]}")
