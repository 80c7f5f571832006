"""Fetches third-party front-end files from npm and writes their manifest: `python -m webanizr.local.vendor`.

Needs npm; nothing of it runs at run time. The icons are those of the allow-list, in one sprite.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

from webanizr.core.vendored import MANIFEST, digest

ROOT = Path(__file__).resolve().parents[2]

# package, version, licence, {file in the package: file here}
PACKAGES: list[tuple[str, str, str, dict[str, str]]] = [
    ("htmx.org", "4.0.1", "0BSD", {"dist/htmx.min.js": "static/vendor/htmx.min.js"}),
    (
        "@fontsource-variable/figtree",
        "5.3.0",
        "OFL-1.1",
        {"files/figtree-latin-wght-normal.woff2": "static/fonts/figtree.woff2"},
    ),
    (
        "@fontsource-variable/bricolage-grotesque",
        "5.3.0",
        "OFL-1.1",
        {"files/bricolage-grotesque-latin-wght-normal.woff2": "static/fonts/bricolage-grotesque.woff2"},
    ),
]
LUCIDE = ("lucide-static", "1.62.0", "ISC", "static/icons/sprite.svg")
ICONS = [
    "archive",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "badge-check",
    "bold",
    "calendar",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-alert",
    "circle-check",
    "circle-plus",
    "circle-question-mark",
    "circle-x",
    "clipboard-list",
    "clock",
    "copy",
    "columns-2",
    "contact",
    "credit-card",
    "download",
    "ellipsis",
    "external-link",
    "eye",
    "file-text",
    "fingerprint-pattern",
    "globe",
    "grip-vertical",
    "heading-2",
    "heading-3",
    "history",
    "house",
    "image",
    "inbox",
    "italic",
    "key-round",
    "languages",
    "layout-grid",
    "layout-template",
    "link",
    "list",
    "list-ordered",
    "lock",
    "log-out",
    "mail",
    "map-pin",
    "menu",
    "message-square",
    "minus",
    "monitor",
    "moon",
    "palette",
    "panel-left",
    "panel-right",
    "panels-top-left",
    "pencil",
    "phone",
    "plus",
    "quote",
    "redo-2",
    "refresh-cw",
    "rotate-ccw",
    "save",
    "search",
    "send",
    "settings",
    "shield-check",
    "sliders-horizontal",
    "smartphone",
    "sparkles",
    "square-check",
    "star",
    "store",
    "sun",
    "tablet",
    "tag",
    "text-align-start",
    "trash-2",
    "triangle-alert",
    "type",
    "undo-2",
    "upload",
    "user-plus",
    "user-round",
    "users",
    "wifi-off",
    "x",
]


def fetch(package: str, version: str) -> tarfile.TarFile:
    """Return the package's release archive from npm."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True
        )
        data = (Path(folder) / packed.stdout.strip().splitlines()[-1]).read_bytes()
    return tarfile.open(fileobj=io.BytesIO(data))


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return a file of the package; raises KeyError when there is none."""
    stream = archive.extractfile(f"package/{name}")
    assert stream is not None
    return stream.read()


def sprite(archive: tarfile.TarFile) -> bytes:
    """Return one SVG with a <symbol> for each allowed icon."""
    symbols = []
    for name in sorted(ICONS):
        svg = member(archive, f"icons/{name}.svg").decode()
        found = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        assert found, name
        shapes = " ".join(found[1].split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def store(entries: list[dict[str, str]], file: str, data: bytes, package: str, version: str, licence: str) -> None:
    """Write a vendored file and its row in the manifest."""
    path = ROOT / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    licence_file = f"static/vendor/licences/{package.replace('/', '-').lstrip('@')}.txt"
    entries.append(
        {
            "file": file,
            "package": package,
            "version": version,
            "licence": licence,
            "licence_file": licence_file,
            "integrity": digest(data),
        }
    )


def main() -> None:
    """Fetch everything anew."""
    entries: list[dict[str, str]] = []
    (ROOT / "static/vendor/licences").mkdir(parents=True, exist_ok=True)
    for package, version, licence, files in PACKAGES:
        archive = fetch(package, version)
        for source, file in files.items():
            store(entries, file, member(archive, source), package, version, licence)
        (ROOT / entries[-1]["licence_file"]).write_bytes(member(archive, "LICENSE"))
    package, version, licence, file = LUCIDE
    archive = fetch(package, version)
    store(entries, file, sprite(archive), package, version, licence)
    (ROOT / entries[-1]["licence_file"]).write_bytes(member(archive, "LICENSE"))
    (ROOT / MANIFEST).write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
