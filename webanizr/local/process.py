"""Starting and ending processes so that none is left behind, however this one ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

# Loaded here and not in the child: after it gave up root, Python's own library may be out of its reach.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
MARK = "WEBANIZR_CHILD_OF"  # in the environment of every process that a data directory's holder starts


def dies_with_parent(number: int) -> Callable[[], None]:
    """Return what a child runs first: the kernel sends it `number` when this process ends, even of kill -9.

    The kernel watches the thread that forked: start processes from the main thread.
    """
    parent = os.getpid()

    def arm() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os._exit(1)

    return arm


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    output: int | IO[Any],
    at_parent_death: int = signal.SIGTERM,
    cwd: Path | str = "/",
    **identity: Any,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C reaches the supervisor only.

    Args: output: where standard output and error go; at_parent_death: signal; identity: user, group, extra_groups.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=dies_with_parent(at_parent_death),
        **identity,
    )


def end(process: subprocess.Popen[bytes], number: int | None = signal.SIGTERM, *, patience: float) -> None:
    """Ask the process to stop with `number` (None: it was asked); after `patience` seconds kill all of it."""
    if process.poll() is None:
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's session: children that outlived it would keep its port."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def marked(data: Path) -> list[int]:
    """Return the processes that an earlier holder of this data directory started and that still run."""
    wanted = f"{MARK}={data}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return found


def sweep(data: Path) -> int:
    """End what a killed supervisor left behind (call it with the lock held); return how many there were.

    They stop by themselves within a moment; those that don't are killed. PostgreSQL gets SIGQUIT, after which it
    recovers from its log: nothing that was committed is lost.
    """
    first = marked(data)
    left = first
    for number, patience in ((None, 3.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0)):
        for pid in left:
            if number is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = marked(data)
    return len(first)


def state(pid: int) -> tuple[str, str] | None:
    """Return a process's name and state letter (Z is a zombie), None when there is no such process (or no /proc)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    return name, rest.split()[0]
