"""Run one fake until SIGTERM: `python -m tests.fakes brevo --port 9001 --folder var/fakes/brevo [--limits]`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.fakes.brevo import Brevo
from tests.fakes.listmonk import Listmonk
from tests.fakes.mailchimp import Mailchimp
from tests.fakes.matomo import Matomo

FAKES = {fake.name: fake for fake in (Brevo, Listmonk, Mailchimp, Matomo)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=sorted(FAKES))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--limits", action="store_true", help="refuse what is faster than the provider allows")
    chosen = parser.parse_args()
    fake = FAKES[chosen.name](chosen.folder, port=chosen.port)
    fake.seed()
    fake.rate = fake.requests_per_second if chosen.limits else 0.0
    fake.start()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    stopping.wait()
    fake.stop()


if __name__ == "__main__":
    main()
