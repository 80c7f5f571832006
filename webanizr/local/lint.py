"""`manage.py lint`: format, lint, types, import contracts, migrations, translations, vendored and locked files.

Every step runs and prints one line; what a failed step said follows it. The exit code is 1 when any failed.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from webanizr.local import packages
from webanizr.local.place import ROOT, Problem, say

APPLICATIONS = ("webanizr", "accounts", "billing", "newsletters", "sites", "privacy")
LOCALES = ROOT / "webanizr" / "locale"
# Standard modules that open connections; import-linter sees packages only, not these halves of urllib and http.
CONNECTING = {"urllib.request", "http.client", "socketserver", "xmlrpc.client", "imaplib", "poplib", "telnetlib"}


def main(arguments: list[str]) -> int:
    """Run the steps (or those named in `arguments`); return the exit code."""
    chosen = {name: step for name, step in STEPS.items() if not arguments or name in arguments}
    failed = 0
    for name, step in chosen.items():
        began = time.monotonic()
        problem = step()
        print(f"{'FAILED' if problem else 'ok':<7} {name:<13} {time.monotonic() - began:5.1f} s", flush=True)
        if problem:
            failed += 1
            print(problem.rstrip() + "\n", flush=True)
    if not chosen:
        say(f"webanizr: there is no such step; choose from {', '.join(STEPS)}")
    return 1 if failed or not chosen else 0


def tool(*command: str) -> str:
    """Run a tool of the virtual environment in the checkout; return what it said when it failed, else ''."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "webanizr.settings", **settings_environment()}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def settings_environment() -> dict[str, str]:
    """Return what the settings need to load where no server is asked."""
    return {
        "WEBANIZR_LOCAL": "1",
        "WEBANIZR_SERVICE": "app",
        "DATABASE_URL": "postgresql://webanizr_app@localhost/webanizr",
        "SECRET_KEY": "linting-signs-nothing-and-serves-nobody-0123456789",
        "FRAME_KEY": "linting-shows-no-drafts-and-has-no-forms-0123456789",
    }


def formatting() -> str:
    """Check the code's format."""
    return tool("-m", "ruff", "format", "--check", "--quiet", ".")


def linting() -> str:
    """Check the code against the chosen rules."""
    return tool("-m", "ruff", "check", "--quiet", "--output-format", "concise", ".")


def types() -> str:
    """Check the types."""
    return tool("-m", "mypy")


def imports() -> str:
    """Check the import contracts, and that only core/net.py opens connections."""
    contracts = tool("-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache", "--no-logo")
    broken = [f"{path.relative_to(ROOT)}:{line}: imports {name}" for path, line, name in connections()]
    return "\n".join(filter(None, [contracts, *broken]))


def connections() -> Iterator[tuple[Path, int, str]]:
    """Yield the imports of modules that open connections, outside the one module that may (and local runs)."""
    allowed = {ROOT / "webanizr" / "core" / "net.py"}
    for path in (file for name in APPLICATIONS for file in sorted((ROOT / name).rglob("*.py"))):
        if path in allowed or (ROOT / "webanizr" / "local") in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in CONNECTING.intersection(names):
                yield path, getattr(node, "lineno", 0), name


def migrations() -> str:
    """Check that the migrations say what the models say."""
    return tool("-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run", "--skip-checks")


def translations() -> str:
    """Check that every text has its Dutch and that no catalogue is stale."""
    import polib

    try:
        packages.ensure("gettext")
    except Problem as problem:
        return str(problem)
    sources = [name for name in (*APPLICATIONS, "templates") if (ROOT / name).is_dir()]
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "copy"
        copy.mkdir()
        for name in sources:
            shutil.copytree(
                ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "migrations", "*.mo")
            )
        shutil.copy(ROOT / "manage.py", copy)
        command = [sys.executable, "-W", "ignore", "-m", "django", "makemessages", "--locale", "nl", "--no-location"]
        environment = {**os.environ, **settings_environment(), "DJANGO_SETTINGS_MODULE": "webanizr.settings"}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr
        found = copy / "webanizr" / "locale" / "nl" / "LC_MESSAGES" / "django.po"
        problems = []
        for entry in polib.pofile(str(found)):
            if entry.obsolete:
                continue
            if not entry.translated() or entry.fuzzy:
                problems.append(f"no Dutch for: {entry.msgid!r}")
            elif sorted(placeholders(entry.msgid)) != sorted(placeholders(entry.msgstr or entry.msgid)):
                problems.append(f"other placeholders in the Dutch of: {entry.msgid!r}")
    return "\n".join(problems)


def placeholders(text: str) -> list[str]:
    """Return the %(name)s and {name} in a text."""
    return re.findall(r"%\(\w+\)[sd]|\{\w+\}", text)


def vendored() -> str:
    """Check the third-party front-end files against their manifest."""
    from webanizr.core.vendored import check_manifest

    return "\n".join(check_manifest(ROOT))


def locks() -> str:
    """Check that the lock files name no index and hold a hash for every package."""
    problems = []
    for path in sorted(ROOT.glob("requirements*.lock")):
        text = path.read_text()
        problems += [f"{path.name}: names a host: {line.strip()}" for line in text.splitlines() if "://" in line]
        problems += [f"{path.name}: an option: {line.strip()}" for line in text.splitlines() if line.startswith("-")]
        for name, rest in re.findall(r"^([A-Za-z0-9._-]+==[^\s;\\]+)((?:.*\\\n)*.*)", text, re.MULTILINE):
            if "--hash=sha256:" not in rest:
                problems.append(f"{path.name}: {name} has no hash")
    return "\n".join(problems)


STEPS: dict[str, Callable[[], str]] = {
    "format": formatting,
    "lint": linting,
    "types": types,
    "imports": imports,
    "migrations": migrations,
    "translations": translations,
    "vendored": vendored,
    "locks": locks,
}
