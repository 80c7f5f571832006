"""The linters' own steps catch what they are for: each one gets a planted mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from webanizr.local import lint


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty checkout that the linters take for ours."""
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    for name in lint.APPLICATIONS:
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "import urllib.request",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import http.client as h",
    ],
)
def test_a_connection_outside_the_one_module_is_found(checkout: Path, line: str) -> None:
    (checkout / "webanizr" / "core").mkdir()
    (checkout / "webanizr" / "local").mkdir()
    for allowed in ("core/net.py", "local/tool.py"):
        (checkout / "webanizr" / allowed).write_text(line)
    assert list(lint.connections()) == []
    (checkout / "sites" / "push.py").write_text(f"'''Words.'''\ndef f():\n    {line}\n")
    assert [(path.name, number) for path, number, _ in lint.connections()] == [("push.py", 3)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("six==1.16.0 \\\n    --hash=sha256:abc\n    # via x\n", ""),
        ("six==1.16.0 ; python_version < '3' \\\n    --hash=sha256:abc\n", ""),
        ("six==1.16.0\n", "no hash"),
        ("six==1.16.0 \\\n    --hash=sha256:abc\nten==1\n", "ten==1 has no hash"),
        ("--index-url https://example.com/simple\n", "names a host"),
        ("--find-links wheels\n", "an option"),
    ],
)
def test_a_lock_file_with_a_host_or_without_hashes_is_found(checkout: Path, text: str, problem: str) -> None:
    (checkout / "requirements.lock").write_text(text)
    found = lint.locks()
    assert (problem in found) if problem else found == ""


def test_placeholders_are_compared() -> None:
    assert lint.placeholders("%(count)s van {total} en %d") == ["%(count)s", "{total}"]
