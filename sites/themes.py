"""The six themes and the colours they get from an owner's hue and vividness, with contrast kept at 4.5 or more.

Colours are reckoned in OKLCH, brought into sRGB by giving up chroma, and written as plain hex: every browser shows
exactly the colours whose contrast was checked here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).resolve().parent.parent / "static" / "site"
CONTRAST = 4.5
NON_TEXT = 3.0

Oklch = tuple[float, float, float]
Rgb = tuple[float, float, float]

VIVIDNESS: Mapping[int, str | Promise] = {1: _("Calm"), 2: _("Normal"), 3: _("Lively")}
CHROMA = {1: 0.5, 2: 1.0, 3: 1.3}
SYSTEM_SANS = 'ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif'
SYSTEM_SERIF = 'ui-serif, Georgia, "Times New Roman", serif'


@dataclass(frozen=True)
class Font:
    """A self-hosted font file: its family, file name and range of weights."""

    family: str
    file: str
    weights: str

    @property
    def bytes(self) -> int:
        """Return the size of the file; woff2 is compressed already."""
        return (FOLDER / "fonts" / self.file).stat().st_size


FIGTREE = Font("Figtree Variable", "figtree-latin-wght-normal.woff2", "300 900")
SCHIBSTED = Font("Schibsted Grotesk Variable", "schibsted-grotesk-latin-wght-normal.woff2", "400 900")
FRAUNCES = Font("Fraunces Variable", "fraunces-latin-wght-normal.woff2", "100 900")
LITERATA = Font("Literata", "literata-latin-600-normal.woff2", "600")
NUNITO = Font("Nunito Sans Variable", "nunito-sans-latin-wght-normal.woff2", "200 1000")
BRICOLAGE = Font("Bricolage Grotesque Variable", "bricolage-grotesque-latin-wght-normal.woff2", "200 800")
SOURCE_SERIF = Font("Source Serif 4", "source-serif-4-latin-600-normal.woff2", "600")
INSTRUMENT = Font("Instrument Sans Variable", "instrument-sans-latin-wght-normal.woff2", "400 700")
SPACE = Font("Space Grotesk Variable", "space-grotesk-latin-wght-normal.woff2", "300 700")


@dataclass(frozen=True)
class Theme:
    """A look: its name, what it suits, its own hue, fonts, corner radius and colours at that hue."""

    name: str
    label: str
    text: str | Promise
    hue: int
    heading: Font
    body: Font
    radius: str
    colours: Mapping[str, Oklch]
    serif: bool = False
    dark: bool = False

    @property
    def fonts(self) -> tuple[Font, ...]:
        """Return the files a visitor loads."""
        return (self.heading,) if self.heading is self.body else (self.heading, self.body)


def _colours(text: str) -> Mapping[str, Oklch]:
    found = {}
    for name, lightness, chroma, hue in re.findall(r"([a-z0-9-]+) ([\d.]+)% ([\d.]+) ([\d.]+)", text):
        found[name] = (float(lightness) / 100, float(chroma), float(hue))
    return found


THEMES: Mapping[str, Theme] = {
    theme.name: theme
    for theme in (
        Theme(
            "kade",
            "Kade",
            _("Clear and sturdy: trades, technology, services."),
            258,
            SCHIBSTED,
            FIGTREE,
            ".5rem",
            _colours(
                "bg 99.2% 0.002 250, sunken 96.5% 0.006 250, ink 24% 0.02 255, ink-2 44% 0.022 255, "
                "line 90% 0.008 250, brand 46% 0.13 258, on-brand 100% 0 0, brand-soft 95.5% 0.02 258, "
                "on-brand-soft 38% 0.12 258, accent 82% 0.15 85, on-accent 25% 0.04 85, deep 26% 0.055 258, "
                "on-deep 97.5% 0.006 250, on-deep-2 83% 0.03 255"
            ),
        ),
        Theme(
            "atelier",
            "Atelier",
            _("Quiet and made by hand: studios, interiors, crafts."),
            38,
            FRAUNCES,
            FIGTREE,
            "0rem",
            _colours(
                "bg 97.5% 0.012 85, sunken 94.5% 0.017 82, ink 22% 0.015 60, ink-2 43% 0.02 60, "
                "line 87% 0.02 80, brand 49% 0.135 38, on-brand 100% 0 0, brand-soft 93.5% 0.03 50, "
                "on-brand-soft 40% 0.115 38, accent 30% 0.02 60, on-accent 98% 0.008 85, deep 24% 0.018 55, "
                "on-deep 96.5% 0.012 85, on-deep-2 82% 0.022 80"
            ),
            serif=True,
        ),
        Theme(
            "tuin",
            "Tuin",
            _("Soft and green: gardens, coaching, childcare."),
            150,
            LITERATA,
            NUNITO,
            "1.25rem",
            _colours(
                "bg 98.8% 0.008 125, sunken 95.7% 0.016 130, ink 25% 0.03 150, ink-2 43% 0.032 150, "
                "line 89% 0.02 135, brand 46% 0.1 150, on-brand 100% 0 0, brand-soft 94.5% 0.035 145, "
                "on-brand-soft 37% 0.085 150, accent 80% 0.11 20, on-accent 25% 0.06 15, deep 28% 0.05 155, "
                "on-deep 97.2% 0.012 130, on-deep-2 84% 0.035 140"
            ),
            serif=True,
        ),
        Theme(
            "markt",
            "Markt",
            _("Bold and cheerful: shops, food, events."),
            30,
            BRICOLAGE,
            FIGTREE,
            ".875rem",
            _colours(
                "bg 100% 0 0, sunken 96.5% 0.012 75, ink 21% 0.01 40, ink-2 42% 0.014 45, line 90% 0.01 70, "
                "brand 54% 0.19 30, on-brand 100% 0 0, brand-soft 95% 0.025 40, on-brand-soft 43% 0.155 30, "
                "accent 87% 0.165 95, on-accent 26% 0.05 90, deep 36% 0.075 155, on-deep 98% 0.012 110, "
                "on-deep-2 88% 0.03 140"
            ),
        ),
        Theme(
            "praktijk",
            "Praktijk",
            _("Calm and trusted: care, therapy, advice."),
            205,
            SOURCE_SERIF,
            INSTRUMENT,
            ".625rem",
            _colours(
                "bg 99% 0.004 210, sunken 96% 0.011 205, ink 26% 0.025 225, ink-2 44% 0.026 225, "
                "line 89.5% 0.013 208, brand 46% 0.077 205, on-brand 100% 0 0, brand-soft 95% 0.025 200, "
                "on-brand-soft 38% 0.065 208, accent 90% 0.045 300, on-accent 30% 0.07 300, "
                "deep 29% 0.045 220, on-deep 97.5% 0.008 205, on-deep-2 85% 0.03 205"
            ),
            serif=True,
        ),
        Theme(
            "nacht",
            "Nacht",
            _("Dark and outspoken: music, film, technology."),
            125,
            SPACE,
            SPACE,
            ".25rem",
            _colours(
                "bg 17.5% 0.012 285, sunken 21.5% 0.016 285, ink 96% 0.006 100, ink-2 80% 0.014 285, "
                "line 32% 0.018 285, brand 86% 0.17 125, on-brand 20% 0.04 130, brand-soft 28% 0.045 130, "
                "on-brand-soft 89% 0.14 125, accent 74% 0.14 300, on-accent 18% 0.04 295, deep 13.5% 0.01 285, "
                "on-deep 96% 0.006 100, on-deep-2 78% 0.014 285"
            ),
            dark=True,
        ),
    )
}
DEFAULT_THEME = "kade"

# Every pair of (text, background) that the style sheets make, and the least contrast it has to have.
PAIRS: tuple[tuple[str, str, float], ...] = (
    ("ink", "bg", CONTRAST),
    ("ink", "sunken", CONTRAST),
    ("ink", "brand-soft", CONTRAST),
    ("ink-2", "bg", CONTRAST),
    ("ink-2", "sunken", CONTRAST),
    ("ink-2", "brand-soft", CONTRAST),
    ("brand", "bg", CONTRAST),
    ("brand", "sunken", CONTRAST),
    ("brand", "brand-soft", CONTRAST),
    ("on-brand", "brand", CONTRAST),
    ("on-brand", "brand-hover", CONTRAST),
    ("on-brand-soft", "brand-soft", CONTRAST),
    ("on-accent", "accent", CONTRAST),
    ("on-deep", "deep", CONTRAST),
    ("on-deep-2", "deep", CONTRAST),
    ("on-deep", "deep-2", CONTRAST),
    ("on-deep-2", "deep-2", CONTRAST),
    ("bad", "bg", CONTRAST),
    ("bad", "bad-soft", CONTRAST),
    ("ink", "bad-soft", CONTRAST),
    ("field-line", "bg", NON_TEXT),
)


def _to_linear(colour: Oklch) -> Rgb:
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def to_hex(colour: Oklch) -> str:
    """Return an OKLCH colour (lightness 0-1, chroma, hue in degrees) as #rrggbb, less vivid where sRGB needs it."""
    lightness, chroma, hue = colour
    low, high = 0.0, chroma
    rgb = _to_linear(colour)
    if not all(-1e-4 <= part <= 1.0001 for part in rgb):
        for _step in range(18):
            middle = (low + high) / 2
            if all(-1e-4 <= part <= 1.0001 for part in _to_linear((lightness, middle, hue))):
                low = middle
            else:
                high = middle
        rgb = _to_linear((lightness, low, hue))
    parts = []
    for part in rgb:
        part = min(1.0, max(0.0, part))
        encoded = 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
        parts.append(round(encoded * 255))
    return "#{:02x}{:02x}{:02x}".format(*parts)


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = []
    for index in (1, 3, 5):
        part = int(colour[index : index + 2], 16) / 255
        parts.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two #rrggbb colours, 1 to 21 (WCAG 2.2)."""
    a, b = sorted((luminance(one), luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def _mix(one: Oklch, other: Oklch, share: float) -> Oklch:
    """Return `one` with `share` of `other`, mixed in Oklab."""

    def lab(colour: Oklch) -> tuple[float, float, float]:
        angle = math.radians(colour[2])
        return colour[0], colour[1] * math.cos(angle), colour[1] * math.sin(angle)

    lightness, a, b = (x * (1 - share) + y * share for x, y in zip(lab(one), lab(other), strict=True))
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _move(colour: Oklch, grounds: list[str], least: float) -> Oklch:
    """Return the colour, darker or lighter by the smallest step that gives `least` contrast on every ground."""
    if all(contrast(to_hex(colour), ground) >= least for ground in grounds):
        return colour
    for step in range(1, 201):
        for way in (-1, 1):
            moved = (min(1.0, max(0.0, colour[0] + way * step / 200)), colour[1], colour[2])
            if all(contrast(to_hex(moved), ground) >= least for ground in grounds):
                return moved
    return colour


@cache
def palette(theme: str, hue: int, vividness: int) -> Mapping[str, str]:
    """Return a site's colours {token: #rrggbb}: the theme's, turned to the owner's hue (degrees) and vividness (1-3).

    Every pair of `PAIRS` has its contrast, whatever the hue. Raises KeyError for an unknown theme or vividness.
    """
    look, factor = THEMES[theme], CHROMA[vividness]
    turn = (hue - look.hue) % 360
    tones: dict[str, Oklch] = {
        name: (lightness, chroma * factor, (own + turn) % 360)
        for name, (lightness, chroma, own) in look.colours.items()
    }
    # Red keeps meaning "wrong" at every hue.
    tones["bad"], tones["bad-soft"] = (
        ((0.78, 0.13, 25), (0.27, 0.05, 25)) if look.dark else ((0.49, 0.175, 27), (0.965, 0.016, 25))
    )
    tones["field-line"] = _mix(tones["ink-2"], tones["bg"], 0.22)
    grounds = [to_hex(tones[name]) for name in ("bg", "sunken", "brand-soft")]
    for name in ("ink", "ink-2", "brand"):
        tones[name] = _move(tones[name], grounds, CONTRAST)
    tones["brand-hover"] = _mix(tones["brand"], tones["ink"], 0.18)
    tones["on-brand"] = _move(tones["on-brand"], [to_hex(tones["brand"]), to_hex(tones["brand-hover"])], CONTRAST)
    tones["deep-2"] = _mix(tones["deep"], tones["on-deep"], 0.09)
    deep = [to_hex(tones["deep"]), to_hex(tones["deep-2"])]
    for name in ("on-deep", "on-deep-2"):
        tones[name] = _move(tones[name], deep, CONTRAST)
    tones["on-brand-soft"] = _move(tones["on-brand-soft"], [grounds[2]], CONTRAST)
    tones["on-accent"] = _move(tones["on-accent"], [to_hex(tones["accent"])], CONTRAST)
    tones["bad"] = _move(tones["bad"], [grounds[0], to_hex(tones["bad-soft"])], CONTRAST)
    tones["field-line"] = _move(tones["field-line"], grounds[:1], NON_TEXT)
    return {name: to_hex(tone) for name, tone in tones.items()}


def shortfalls(colours: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """Return the (text, background, contrast) pairs below their minimum; empty for every palette this module makes."""
    found = [(one, other, contrast(colours[one], colours[other]), least) for one, other, least in PAIRS]
    return [(one, other, value) for one, other, value, least in found if value < least]


def lowest_contrast(theme: str, hue: int, vividness: int) -> float:
    """Return the lowest contrast of text on its background in a palette; 4.5 or more."""
    colours = palette(theme, hue, vividness)
    return min(contrast(colours[one], colours[other]) for one, other, least in PAIRS if least >= CONTRAST)


def theme_css(theme: str, hue: int, vividness: int, *, fonts: str = "fonts/") -> str:
    """Return a site's own style sheet: fonts and colours. `fonts` is where the files are, seen from the sheet."""
    look = THEMES[theme]
    faces = [
        f'@font-face{{font-family:"{font.family}";font-weight:{font.weights};font-display:swap;'
        f'src:url("{fonts}{font.file}") format("woff2")}}'
        for font in look.fonts
    ]
    fallback = SYSTEM_SERIF if look.serif else SYSTEM_SANS
    tokens = [f"--{name}:{value}" for name, value in palette(theme, hue, vividness).items()]
    tokens += [
        f'--font-heading:"{look.heading.family}",{fallback}',
        f'--font-body:"{look.body.family}",{SYSTEM_SANS}',
        f"--radius:{look.radius}",
    ]
    scheme = "dark" if look.dark else "light"
    return f"{''.join(faces)}:root{{color-scheme:{scheme};{';'.join(tokens)}}}\n"


@cache
def site_css() -> str:
    """Return the style sheet that all hosted sites share, without comments and line breaks."""
    sheets = [
        (FOLDER / "css" / name).read_text()
        for name in ("base.css", "blocks.css", "form.css", "themes.css", "drawings.css")
    ]
    text = re.sub(r"/\*.*?\*/", "", "".join(sheets), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"\s*([{};,>])\s*", r"\1", text).replace(";}", "}").strip() + "\n"


@cache
def site_js() -> str:
    """Return the script of pages with a form."""
    return (FOLDER / "form.js").read_text()


def font_file(name: str) -> Path:
    """Return the path of a font file; raise KeyError for a name no theme has."""
    names = {font.file for look in THEMES.values() for font in look.fonts}
    if name not in names:
        raise KeyError(name)
    return FOLDER / "fonts" / name


def font_manifest() -> list[dict[str, str]]:
    """Return what fonts/manifest.json records: file, family, version, licence, source."""
    manifest: list[dict[str, str]] = json.loads((FOLDER / "fonts" / "manifest.json").read_text())["fonts"]
    return manifest


def favicon(name: str, theme: str, hue: int, vividness: int) -> str:
    """Return a site's icon as SVG: its first letter on its own colour."""
    from html import escape

    colours = palette(theme, hue, vividness)
    letter = escape((name.strip() or "·")[0].upper())
    box = f'<rect width="64" height="64" rx="14" fill="{colours["brand"]}"/>'
    font = 'text-anchor="middle" font-family="system-ui,sans-serif" font-weight="700" font-size="38"'
    text = f'<text x="32" y="45" {font} fill="{colours["on-brand"]}">{letter}</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{box}{text}</svg>\n'
