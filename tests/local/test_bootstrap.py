"""manage.py before its packages are there: it knows when they are missing, and mends what is broken."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from webanizr.local.place import ROOT


@pytest.fixture
def manage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return manage.py as a module for a checkout of its own."""
    spec = importlib.util.spec_from_file_location("manage_under_test", ROOT / "manage.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(module, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(module, "MARK", venv / ".installed")
    monkeypatch.setattr(module, "LOCKS", {name: tmp_path / f"{name}.lock" for name in module.LOCKS})
    for lock in module.LOCKS.values():
        lock.write_text(f"# {lock.name}\n")
    return module


def mark(manage: ModuleType, kind: str, lock: str | None = None) -> None:
    """Pretend that a set of packages is installed, from the lock file as it is now."""
    manage.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    manage.PYTHON.touch()
    manage.MARK.write_text(json.dumps({"set": kind, "sha256": lock or manage.digest(manage.LOCKS[kind])}))


def test_the_development_set_serves_every_command(manage: ModuleType) -> None:
    assert not manage.installed("runtime")
    mark(manage, "runtime")
    assert manage.installed("runtime")
    assert not manage.installed("development")
    mark(manage, "development")
    assert manage.installed("runtime")
    assert manage.installed("development")


def test_a_changed_lock_file_or_a_lost_python_means_installing_again(manage: ModuleType) -> None:
    mark(manage, "runtime")
    manage.LOCKS["runtime"].write_text("six==1.16.0\n")
    assert not manage.installed("runtime")
    mark(manage, "runtime")
    manage.PYTHON.unlink()
    assert not manage.installed("runtime")
    manage.MARK.write_text("half writ")
    assert not manage.installed("runtime")


def test_installing_for_up_keeps_what_the_tests_need(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(manage, "make_venv", lambda: None)
    monkeypatch.setattr(manage, "sync", synced.append)
    mark(manage, "development", "an older lock file's")
    manage.install("runtime")
    assert synced == ["development"]
    assert manage.installed("runtime")
    manage.install("runtime")  # somebody else did it meanwhile
    assert synced == ["development"]


def test_a_broken_environment_is_made_anew(manage: ModuleType) -> None:
    manage.PYTHON.parent.mkdir(parents=True)
    manage.PYTHON.symlink_to("/nowhere/python3")
    manage.make_venv()
    assert manage.quiet(manage.PYTHON, "-m", "pip", "--version")


def test_it_needs_only_the_standard_library() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import manage; print(manage.wanted('up'), manage.wanted('test'))"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(ROOT)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["runtime", "development"]
