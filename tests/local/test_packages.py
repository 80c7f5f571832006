"""What the machine lacks is installed, or one line says how."""

from __future__ import annotations

import os
import shutil

import pytest

from webanizr.local import packages
from webanizr.local.place import Problem


@pytest.mark.parametrize(("user", "apt"), [(1000, "/usr/bin/apt-get"), (0, None)])
def test_one_line_says_which_command_installs_them(monkeypatch: pytest.MonkeyPatch, user: int, apt: str | None) -> None:
    monkeypatch.setattr(packages, "missing", lambda: ["chromium", "gettext"])
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda name: apt)
    with pytest.raises(Problem) as problem:
        packages.ensure()
    assert str(problem.value).endswith("sudo apt-get install -y --no-install-recommends chromium gettext")
    with pytest.raises(Problem, match=r"no-install-recommends gettext$"):
        packages.ensure("gettext")
    packages.ensure("libpangoft2-1.0-0")


def test_nothing_happens_where_nothing_is_missing() -> None:
    assert packages.missing() == []
    packages.ensure()
