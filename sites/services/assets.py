"""Pictures: checked, re-encoded without EXIF, stored in the widths that pages need."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import User
from accounts.services import audit
from billing.selectors import limits_of
from sites.models import Asset, Site
from sites.selectors.editor import uses
from sites.services import uploads
from webanizr.core import outbox, storage, tenancy

DELETE_TASK = "sites.tasks.delete_picture"
LIMITS_TASK = "sites.tasks.follow_limits"
WIDTHS = (480, 960, 1600)
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = {"JPEG", "PNG", "WEBP", "GIF"}
# Pillow's own guard against decompression bombs warns at this many pixels and refuses at twice that.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class AssetError(ValueError):
    """The file can't be used; the message says why, for the person who uploads it."""


def open_image(data: bytes) -> Image.Image:
    """Return the decoded picture, turned upright; raises AssetError for anything that isn't a safe picture."""
    if len(data) > MAX_BYTES:
        raise AssetError(_("This file is larger than 10 MB. Make it smaller first."))
    try:
        with Image.open(io.BytesIO(data), formats=sorted(FORMATS)) as probe:
            if probe.width * probe.height > MAX_PIXELS:
                raise AssetError(_("This picture has too many pixels. Make it smaller first."))
            probe.verify()
        picture = Image.open(io.BytesIO(data), formats=sorted(FORMATS))
        picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        if isinstance(error, AssetError):
            raise
        raise AssetError(_("This is not a picture we can read. Use JPEG, PNG, WebP or GIF.")) from error
    return ImageOps.exif_transpose(picture)


def encode(picture: Image.Image, width: int, kind: str) -> tuple[bytes, int]:
    """Return (bytes, height) of the picture at `width` pixels as "WEBP" or "JPEG", without any metadata."""
    height = max(1, round(picture.height * width / picture.width))
    scaled = picture.resize((width, height), Image.Resampling.LANCZOS) if width != picture.width else picture
    out = io.BytesIO()
    if kind == "JPEG":
        flat = Image.new("RGB", scaled.size, "white")
        flat.paste(scaled, mask=scaled.getchannel("A") if "A" in scaled.getbands() else None)
        flat.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    else:
        scaled.save(out, "WEBP", quality=80, method=4)
    return out.getvalue(), height


def store_asset(*, site: Site, name: str, data: bytes, actor: User, alt: str = "") -> Asset:
    """Store a picture in the site's library; raises AssetError."""
    picture = open_image(data).convert("RGBA" if _has_alpha(data) else "RGB")
    asset_id = uuid.uuid4()
    widths = [width for width in WIDTHS if width < picture.width] + [min(picture.width, WIDTHS[-1])]
    variants: list[dict[str, Any]] = []
    made: list[tuple[str, bytes, str]] = []
    for width in dict.fromkeys(widths):
        for kind, content_type, ending in (("WEBP", "image/webp", "webp"), ("JPEG", "image/jpeg", "jpg")):
            encoded, height = encode(picture, width, kind)
            key = f"assets/{tenancy.current_account_id()}/{asset_id}/{width}.{ending}"
            made.append((key, encoded, content_type))
            variants.append({"width": width, "height": height, "type": content_type, "key": key, "bytes": len(encoded)})
    room = limits_of(tenancy.current_account_id()).storage_bytes - uploads.stored_bytes()
    if sum(len(encoded) for _key, encoded, _type in made) > room:
        raise AssetError(_("Your plan has no room left for this picture. Delete something, or choose a larger plan."))
    for key, encoded, content_type in made:
        storage.put(key, encoded, content_type=content_type)
    asset = Asset.objects.create(
        id=asset_id,
        site=site,
        name=" ".join(name.split())[:120] or _("Picture"),
        alt=alt,
        width=picture.width,
        height=picture.height,
        variants=variants,
    )
    outbox.add(LIMITS_TASK)
    audit.record("asset.stored", actor_id=actor.pk, target_id=asset.id)
    return asset


def _has_alpha(data: bytes) -> bool:
    with Image.open(io.BytesIO(data), formats=sorted(FORMATS)) as probe:
        return probe.mode in ("RGBA", "LA", "PA") or "transparency" in probe.info


def describe_asset(*, asset: Asset, alt: str, actor: User) -> Asset:
    """Change what a picture shows in words."""
    asset.alt = " ".join(alt.split())[:200]
    asset.save(update_fields=["alt"])
    audit.record("asset.described", actor_id=actor.pk, target_id=asset.id)
    return asset


def delete_asset(*, asset: Asset, actor: User) -> None:
    """Delete a picture and, after the commit, its files. Raises AssetError while a page or what is online shows it.

    Older versions that showed it lose it, too: what somebody deletes is gone.
    """
    if str(asset.id) in uses(asset.site):
        raise AssetError(_("This picture is in use. Take it off the page, and put that online, first."))
    asset_id = asset.id
    with transaction.atomic():
        asset.delete()
        outbox.add(DELETE_TASK, asset_id=asset_id)
        outbox.add(LIMITS_TASK)
        audit.record("asset.deleted", actor_id=actor.pk, target_id=asset_id)


def delete_files(*, account_id: uuid.UUID, asset_id: uuid.UUID) -> None:
    """Delete a deleted picture's files; again is no error. Outside any transaction. Raises storage.Away."""
    storage.delete(*storage.keys(f"assets/{account_id}/{asset_id}/"))


def asset_bytes(asset: Asset, *, width: int) -> tuple[bytes, str]:
    """Return (bytes, content type) of the smallest variant of at least `width` pixels, for the library."""
    fitting = [v for v in asset.variants if v["type"] == "image/webp" and v["width"] >= width]
    variant = fitting[0] if fitting else asset.variants[-1]
    return storage.get(variant["key"]), variant["type"]
