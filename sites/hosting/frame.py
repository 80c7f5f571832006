"""The editor's frame: an empty public page on the hosting origin. Its HTML arrives from the editor over a channel.

Sandboxed to an opaque origin, without network, cookies or storage: what a draft holds can reach nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from sites import themes
from webanizr.core import storage
from webanizr.core.middleware import FRAME_ORIGIN
from webanizr.core.permissions import requires

SALT = "draft-image"
HOUR = 3600
BUNDLES = {"frame.js": "application/javascript; charset=utf-8", "frame.css": "text/css; charset=utf-8"}

CSP = "; ".join(
    [
        "sandbox allow-scripts",
        "default-src 'none'",
        f"script-src {FRAME_ORIGIN}",
        f"style-src {FRAME_ORIGIN}",
        f"img-src {FRAME_ORIGIN}",
        f"font-src {FRAME_ORIGIN}",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        f"frame-ancestors {settings.APP_URL}",
        "require-trusted-types-for 'script'",
        "trusted-types wz-server-html ProseMirrorClipboard",
    ]
)
SHELL = (
    '<!doctype html><html lang="nl"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Webanizr</title>'
    '<link rel="stylesheet" href="/_site/site.css"><link rel="stylesheet" href="/_static/frame.css">'
    '<script src="/_static/frame.js" defer></script></head><body class="site"></body></html>'
)


def _public(response: HttpResponse, seconds: int) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=seconds)
    # the frame's own origin is opaque, so what it loads counts as cross-origin
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@requires("public")
def shell(request: HttpRequest) -> HttpResponse:
    """The empty page; the same for everybody."""
    response = HttpResponse(SHELL)
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Frame-Options"] = ""
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return _public(response, 300)


@requires("public")
def theme(request: HttpRequest, theme: str, hue: int, vividness: int) -> HttpResponse:
    """A look's colours and fonts."""
    if theme not in themes.THEMES or hue > 360 or vividness not in (1, 2, 3):
        raise Http404
    css = themes.theme_css(theme, hue, vividness, fonts="/_site/fonts/")
    return _public(HttpResponse(css, content_type="text/css; charset=utf-8"), HOUR)


@requires("public")
def site_css(request: HttpRequest) -> HttpResponse:
    """The sheet that all hosted sites share."""
    return _public(HttpResponse(themes.site_css(), content_type="text/css; charset=utf-8"), HOUR)


@requires("public")
def font(request: HttpRequest, name: str) -> HttpResponse:
    """A font of the themes."""
    try:
        data = themes.font_file(name).read_bytes()
    except KeyError:
        raise Http404 from None
    return _public(HttpResponse(data, content_type="font/woff2"), 30 * 24 * HOUR)


@requires("public")
def script(request: HttpRequest, name: str) -> HttpResponse:
    """The frame's own bundle."""
    if name not in BUNDLES:
        raise Http404
    data = (settings.BASE_DIR / "static" / "editor" / name).read_bytes()
    return _public(HttpResponse(data, content_type=BUNDLES[name]), 0 if settings.LOCAL else HOUR)


def draft_image_url(key: str) -> str:
    """Return an address for an hour by which the frame may show a picture of a draft."""
    signature = signing.TimestampSigner(key=settings.FRAME_KEY, salt=SALT).sign(key).removeprefix(f"{key}:")
    return f"{FRAME_ORIGIN}/_draft/{signature}/{key}"


@requires("public")
def draft_image(request: HttpRequest, signature: str, key: str) -> HttpResponse:
    """A picture of a draft, for who has the signed address."""
    try:
        signing.TimestampSigner(key=settings.FRAME_KEY, salt=SALT).unsign(f"{key}:{signature}", max_age=2 * HOUR)
        data = storage.get(key)
    except (signing.BadSignature, storage.Missing):
        raise Http404 from None
    kind = "image/webp" if key.endswith(".webp") else "image/jpeg"
    return _public(HttpResponse(data, content_type=kind), HOUR)
