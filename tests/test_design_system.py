"""The design system keeps its rules: style sheets, contrast, budgets, third-party files, templates."""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client

from webanizr.core import vendored
from webanizr.core.templatetags import ui
from webanizr.local import vendor
from webanizr.local.place import ROOT

STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
SHEETS = sorted((STATIC / "css").glob("*.css"))
LAYERS = {"reset", "tokens", "base", "components", "views", "utilities"}
# What a screen of the app loads: head.html and base.html.
APP_SHEETS = ("tokens", "controls", "components", "shell", "work", "app", "privacy")
# Pages of hosted sites have style sheets and tests of their own; mails and the staff's admin know other rules.
NOT_APP = ("agreement", "print", "blocks", "fields", "hosting", "mail", "admin", "staff")


def app_templates() -> list[Path]:
    """Return the templates that use the component library."""
    return [p for p in sorted(TEMPLATES.rglob("*.html")) if p.relative_to(TEMPLATES).parts[0] not in NOT_APP]


def rules(path: Path) -> str:
    """Return a style sheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def zipped(*paths: Path) -> int:
    """Return the bytes that a browser fetches for these files."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


# --- style sheets


def test_few_short_style_sheets() -> None:
    assert len(SHEETS) <= 9
    assert [path.name for path in SHEETS if len(path.read_text().splitlines()) > 300] == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_everything_is_in_a_layer(path: Path) -> None:
    outside = re.sub(r"\s+", " ", top_level(rules(path)))
    assert re.sub(r"@(?:layer|font-face|media)[^{;]*[{;] ?", "", outside).replace("}", "").strip() == ""
    assert set(re.findall(r"@layer ([\w-]+) \{", rules(path))) <= LAYERS


def top_level(text: str) -> str:
    """Return what stands outside all braces, with the braces' heads."""
    depth, kept = 0, ""
    for letter in text:
        depth -= letter == "}"
        kept += letter if depth == 0 else ""
        depth += letter == "{"
    return kept


@pytest.mark.parametrize("path", [p for p in SHEETS if p.stem != "tokens"], ids=lambda path: path.stem)
def test_only_tokens_for_colour_radius_and_space(path: Path) -> None:
    text = re.sub(r"url\([^)]*\)", "", rules(path))
    colours = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;}])|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb|color)\(", text)
    assert colours == []
    named = re.findall(
        r"(?:color|background|border[\w-]*|fill|stroke|outline)\s*:[^;}]*\b(?:white|black|red|gray)\b", text
    )
    assert named == []
    radii = [
        value
        for value in re.findall(r"radius\s*:\s*([^;}]+)", text)
        if not re.fullmatch(r"(?:0|50%|inherit|\s|var\([^)]*\))+", value)
    ]
    assert radii == []
    spaces = [
        (name, value)
        for name, value in re.findall(
            r"(?<![\w-])((?:padding|margin|gap|row-gap|column-gap)[\w-]*)\s*:\s*([^;}]+)", text
        )
        if re.search(r"\d(?:rem)\b", value) or any(int(px) > 3 for px in re.findall(r"(\d+)px", value))
    ]
    assert spaces == []


def test_every_token_that_is_used_exists() -> None:
    text = "".join(rules(path) for path in SHEETS)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) - defined == set()


def test_every_class_of_a_template_has_its_rule() -> None:
    """A class that no style sheet knows is a typing error, or a component drawn twice."""
    sheets = [*SHEETS, *(STATIC / "editor").glob("*.css")]
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", "".join(rules(path) for path in sheets)))
    unknown = set()
    for path in app_templates():
        for found in re.findall(r'class="((?:\{%.*?%\}|\{\{.*?\}\}|[^"{])*)"', path.read_text()):
            # names that a template puts together (card--{{ kind }}) are drawn in the style guide
            parts = re.sub(r"\{\{.*?\}\}", "\0", re.sub(r"\{%.*?%\}", " ", found)).split()
            names = {name for name in parts if "\0" not in name and not name.endswith("--")}
            unknown |= {(str(path.relative_to(TEMPLATES)), name) for name in names - known}
    assert unknown == set()


def test_motion_contrast_and_own_colours_are_respected() -> None:
    text = "".join(rules(path) for path in SHEETS)
    for query in ("prefers-reduced-motion", "prefers-contrast", "forced-colors"):
        assert query in text
    for path in SHEETS:
        assert "outline: none" not in rules(path)


# --- colours


def channels(lightness: float, chroma: float, hue: float) -> list[float]:
    """Return linear sRGB of an OKLCH colour (CSS Color 4, section 10.3)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    return [
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
    ]


def painted(linear: list[float]) -> str:
    """Return the colour that the screen shows, as #rrggbb."""
    encoded = [1.055 * max(0, v) ** (1 / 2.4) - 0.055 if v > 0.0031308 else 12.92 * max(0, v) for v in linear]
    return "#" + "".join(f"{round(255 * min(1, value)):02x}" for value in encoded)


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def tokens() -> dict[str, tuple[str, str]]:
    """Return each colour token as it is painted in light and in dark."""
    number = r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)"
    found = re.findall(rf"--([\w-]+): light-dark\({number}, ?{number}\)", rules(STATIC / "css" / "tokens.css"))
    return {
        name: (
            painted(channels(float(values[0]) / 100, float(values[1]), float(values[2]))),
            painted(channels(float(values[3]) / 100, float(values[4]), float(values[5]))),
        )
        for name, *values in found
    }


def pairs() -> Iterator[tuple[str, str, float]]:
    """Yield (text, ground, least contrast) for everything the components draw."""
    for ground in ("canvas", "surface", "sunken", "raised"):
        yield from ((text, ground, 4.5) for text in ("ink", "ink-2", "ink-3", "link", "bad-text"))
        yield from ((line, ground, 3.0) for line in ("line-strong", "focus", "primary"))
    for kind in ("ok", "warn", "bad", "staff"):
        yield from ((f"on-{kind}", kind, 4.5), (f"{kind}-text", f"{kind}-soft", 4.5), ("ink", f"{kind}-soft", 4.5))
        yield ("link", f"{kind}-soft", 4.5)
    yield from (("on-primary", "primary", 4.5), ("on-primary", "primary-hover", 4.5), ("on-accent", "accent", 4.5))
    yield from (
        ("on-primary-soft", "primary-soft", 4.5),
        ("ink-2", "primary-soft", 4.5),
        ("ink-3", "primary-soft", 4.5),
    )
    yield from (("accent-text", "accent-soft", 4.5), ("link", "primary-soft", 4.5), ("undo-fg", "undo-bg", 4.5))


def test_text_and_controls_have_contrast() -> None:
    colours = tokens()
    assert len(colours) >= 38
    low = [
        (text, ground, mode, round(contrast(colours[text][i], colours[ground][i]), 2))
        for text, ground, least in pairs()
        for i, mode in enumerate(("light", "dark"))
        if contrast(colours[text][i], colours[ground][i]) < least
    ]
    assert low == []


def test_mails_use_the_tokens_colours() -> None:
    """Mail programs know no OKLCH, so the frame holds what the tokens paint."""
    text = (TEMPLATES / "mail" / "base.html").read_text()
    light, dark = text.split("prefers-color-scheme: dark", 1)
    for part, mode in ((light, 0), (dark, 1)):
        painted_here = {pair[mode] for pair in tokens().values()}
        wrong = [
            each for each in re.findall(r"#[0-9a-f]{6}\b", part) if not any(near(each, own) for own in painted_here)
        ]
        assert wrong == []


def near(one: str, other: str) -> bool:
    """Whether two colours differ by rounding only."""
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) <= 1 for i in (1, 3, 5))


# --- budgets and third-party files


def test_budgets() -> None:
    scripts = [STATIC / "vendor" / "htmx.min.js", *sorted((STATIC / "js").glob("*.js"))]
    assert zipped(*scripts) <= 30_000
    assert zipped(*(STATIC / "css" / f"{name}.css" for name in APP_SHEETS)) <= 25_000
    assert sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2")) <= 65_000
    assert zipped(STATIC / "icons" / "sprite.svg") <= 6_000


def test_app_screens_load_these_style_sheets() -> None:
    text = (TEMPLATES / "head.html").read_text() + (TEMPLATES / "base.html").read_text()
    assert tuple(re.findall(r"css/([\w-]+)\.css", text)) == APP_SHEETS


def test_vendored_files_are_what_the_manifest_says(tmp_path: Path) -> None:
    assert vendored.check_manifest(ROOT) == []
    for folder in vendored.FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / vendored.MANIFEST).write_bytes((ROOT / vendored.MANIFEST).read_bytes())
    (tmp_path / "static/vendor/stray.js").write_text("")
    (tmp_path / "static/vendor/htmx.min.js").write_text("changed")
    problems = "\n".join(vendored.check_manifest(tmp_path))
    for problem in ("figtree.woff2 is missing", "stray.js is not in the manifest", "htmx.min.js is not what"):
        assert problem in problems


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    have = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons" / "sprite.svg").read_text()))
    assert have == set(vendor.ICONS)
    assert sorted(vendor.ICONS) == sorted(set(vendor.ICONS))
    named = {
        name for path in app_templates() for name in re.findall(r'icon(?: name)?="([a-z0-9-]+)"', path.read_text())
    }
    assert named - have == set()


def test_icons_that_code_names_are_in_the_sprite() -> None:
    from sites.blocks.base import REGISTRY as BLOCKS
    from sites.fields.base import REGISTRY as FIELDS
    from sites.services.kinds import KINDS

    named = {b.icon for b in BLOCKS.values()} | {f.icon for f in FIELDS.values()} | {kind.icon for kind in KINDS}
    assert named - set(vendor.ICONS) == set()


# --- templates


@pytest.mark.parametrize(
    "name", [str(path.relative_to(TEMPLATES)) for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
)
def test_every_template_compiles(name: str) -> None:
    get_template(name)


def test_nothing_inline() -> None:
    """The content policy allows no inline script, style or handler; a mail's styles are inlined when it is sent."""
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text()
        if path != TEMPLATES / "mail" / "base.html":
            found += [
                (path.name, each) for each in re.findall(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)", text)
            ]
    assert found == []


def test_each_component_has_its_tag_and_shows_in_the_style_guide() -> None:
    components = {path.stem for path in (TEMPLATES / "ui").glob("*.html")}
    assert components == set(ui.register.tags)
    text = (TEMPLATES / "styleguide.html").read_text()
    assert {name for name in components if f"{{% {name} " not in text} == set()


@pytest.mark.django_db
def test_style_guide(client: Client) -> None:
    client.cookies["theme"] = "dark"
    page = client.get("/styleguide/").content.decode()
    assert 'data-theme="dark"' in page
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in client.get("/styleguide/").content.decode()
    assert page.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
