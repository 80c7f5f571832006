"""`python -m webanizr.local.worker worker|beat …`: Celery, saying in WEBANIZR_READY_FILE when it is at work."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

from celery import signals
from celery.__main__ import main as celery


def announce(**_: Any) -> None:
    """Make the file that the supervisor waits for."""
    Path(os.environ["WEBANIZR_READY_FILE"]).write_text(str(os.getpid()))


def main() -> None:
    """Run Celery with our application."""
    # Only JSON is accepted, so being root (in a container) adds no danger.
    warnings.filterwarnings("ignore", message=".*superuser privileges.*")
    signals.worker_ready.connect(announce, weak=False)
    signals.beat_init.connect(announce, weak=False)
    sys.argv = ["celery", "--quiet", "--app", "webanizr.celery:app", *sys.argv[1:]]
    celery()


if __name__ == "__main__":
    main()
