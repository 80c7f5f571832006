"""`manage.py test`: the system packages the tests need, then pytest with two processes; arguments are passed on."""

from __future__ import annotations

import os
import sys

from webanizr.local import packages
from webanizr.local.place import ROOT


def main(arguments: list[str]) -> int:
    """Become pytest."""
    packages.ensure()
    os.chdir(ROOT)
    alone = any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in arguments)
    workers = [] if alone else ["-n", "2"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *arguments])
