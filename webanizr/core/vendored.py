"""Third-party front-end files: each is named in static/vendor/manifest.json with version, licence and checksum."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

MANIFEST = Path("static/vendor/manifest.json")
# Folders that hold nothing but what the manifest names.
FOLDERS = ("static/vendor", "static/fonts", "static/icons", "billing/assets/fonts")
LICENCES = {"MIT", "0BSD", "ISC", "OFL-1.1", "Apache-2.0"}


def digest(data: bytes) -> str:
    """Return the checksum as browsers write it: sha384-<base64>."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def check_manifest(root: Path) -> list[str]:
    """Return what is wrong with the vendored files below `root` (the checkout); an empty list means all is well."""
    entries = json.loads((root / MANIFEST).read_text())
    problems = []
    for entry in entries:
        path = root / entry["file"]
        if not path.is_file():
            problems.append(f"{entry['file']} is missing")
        elif digest(path.read_bytes()) != entry["integrity"]:
            problems.append(f"{entry['file']} is not what the manifest says")
        if entry["licence"] not in LICENCES:
            problems.append(f"{entry['file']} has the licence {entry['licence']}")
        if not (root / entry["licence_file"]).is_file():
            problems.append(f"{entry['licence_file']} is missing")
    named = {entry["file"] for entry in entries} | {entry["licence_file"] for entry in entries} | {str(MANIFEST)}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = str(path.relative_to(root))
            if path.is_file() and name not in named:
                problems.append(f"{name} is not in the manifest")
    return problems
