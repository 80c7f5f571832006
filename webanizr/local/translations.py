"""Compiles the translations (.po, kept) into what Django reads (.mo, not kept), where those are older."""

from __future__ import annotations

import os
from pathlib import Path

from webanizr.local.place import ROOT


def stale() -> list[Path]:
    """Return the .po files whose .mo is missing or older."""
    return [
        po
        for po in sorted((ROOT / "webanizr" / "locale").glob("*/LC_MESSAGES/*.po"))
        if not (mo := po.with_suffix(".mo")).exists() or mo.stat().st_mtime < po.stat().st_mtime
    ]


def compile_stale() -> None:
    """Compile what is stale; another process doing the same at once does no harm."""
    for po in stale():
        import polib

        if not os.access(po.parent, os.W_OK):
            continue  # a checkout that somebody else keeps
        temporary = po.with_suffix(f".mo.{os.getpid()}")
        polib.pofile(str(po)).save_as_mofile(str(temporary))
        temporary.replace(po.with_suffix(".mo"))
