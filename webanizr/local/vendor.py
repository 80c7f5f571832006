"""`manage.py vendor`: fetches third-party front-end files from npm and writes their manifest.

Needs npm; nothing of it runs at run time. The icons are those of the allow-list, in one sprite. With `--check` it
writes nothing and says which files differ from what npm has.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
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
    # Documents are printed with fonts of one weight each: the PDF engine is ten times slower with variable ones.
    (
        "@fontsource/figtree",
        "5.3.0",
        "OFL-1.1",
        {f"files/figtree-latin-{w}-normal.woff2": f"billing/assets/fonts/figtree-{w}.woff2" for w in (400, 500, 700)},
    ),
    (
        "@fontsource/bricolage-grotesque",
        "5.3.0",
        "OFL-1.1",
        {"files/bricolage-grotesque-latin-700-normal.woff2": "billing/assets/fonts/bricolage-grotesque-700.woff2"},
    ),
    (
        "@fontsource/noto-sans",  # names in other alphabets of the EU
        "5.3.0",
        "OFL-1.1",
        {
            f"files/noto-sans-{script}-{w}-normal.woff2": f"billing/assets/fonts/noto-sans-{script}-{w}.woff2"
            for script in ("latin-ext", "greek", "cyrillic")
            for w in (400, 700)
        },
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
    "ban",
    "bell-off",
    "bold",
    "briefcase",
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
    "columns-2",
    "contact",
    "copy",
    "credit-card",
    "download",
    "ellipsis",
    "external-link",
    "eye",
    "eye-off",
    "file-down",
    "file-text",
    "fingerprint-pattern",
    "globe",
    "grip-vertical",
    "hand",
    "heading-2",
    "heading-3",
    "heart-pulse",
    "history",
    "house",
    "image",
    "inbox",
    "info",
    "italic",
    "key-round",
    "languages",
    "layout-grid",
    "layout-template",
    "life-buoy",
    "link",
    "list",
    "list-ordered",
    "loader-circle",
    "lock",
    "log-in",
    "log-out",
    "mail",
    "mail-check",
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
    "shield-alert",
    "shield-check",
    "sliders-horizontal",
    "smartphone",
    "sparkles",
    "square",
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
    "utensils",
    "wifi-off",
    "wrench",
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


def row(file: str, data: bytes, package: str, version: str, licence: str) -> dict[str, str]:
    """Return a vendored file's row in the manifest."""
    return {
        "file": file,
        "package": package,
        "version": version,
        "licence": licence,
        "licence_file": f"static/vendor/licences/{package.replace('/', '-').lstrip('@')}.txt",
        "integrity": digest(data),
    }


def everything() -> dict[str, bytes]:
    """Return all vendored files, licences and manifest included, as npm has them now: {path here: content}."""
    entries, files = [], {}
    for package, version, licence, wanted in PACKAGES:
        archive = fetch(package, version)
        for source, file in wanted.items():
            files[file] = member(archive, source)
            entries.append(row(file, files[file], package, version, licence))
        files[entries[-1]["licence_file"]] = member(archive, "LICENSE")
    package, version, licence, file = LUCIDE
    archive = fetch(package, version)
    files[file] = sprite(archive)
    entries.append(row(file, files[file], package, version, licence))
    files[entries[-1]["licence_file"]] = member(archive, "LICENSE")
    files[str(MANIFEST)] = (json.dumps(entries, indent=1) + "\n").encode()
    return files


def main(arguments: list[str] | None = None) -> int:
    """Fetch everything anew, or with --check compare; return the exit code."""
    differ = []
    for file, data in everything().items():
        path = ROOT / file
        if path.is_file() and path.read_bytes() == data:
            continue
        differ.append(file)
        if "--check" not in (arguments or []):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    print("\n".join(differ) or "all vendored files are npm's")
    return 1 if differ and "--check" in (arguments or []) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
