"""Making, naming, ordering and deleting pages, and the menu that leads to them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from sites.blocks import content as blocks
from sites.blocks.base import REGISTRY
from sites.models import Page, Redirect, Site

RESERVED_SLUGS = frozenset({"sitemap-xml", "robots-txt", "favicon-svg"})


class PageError(ValueError):
    """The page can't be made or changed that way; `field` is where, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def slug_of(title: str) -> str:
    """Return an address for a title: "Over ons" gives "over-ons"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")


def create_page(
    *, site: Site, title: str, actor: User, slug: str | None = None, content: dict[str, Any] | None = None
) -> Page:
    """Add a page at the end and to the menu.

    Args: slug: default made from the title, with a number when it is taken; content: default one text block with the
    title as heading. Raises PageError for a slug that is taken.
    """
    wanted = slug_of(title) if slug is None else slug
    taken = set(Page.objects.filter(site=site, deleted_at=None).values_list("slug", flat=True))
    if slug is None:
        base, number = wanted or _("page"), 2
        wanted = base
        while wanted in taken or wanted in RESERVED_SLUGS:
            wanted, number = f"{base}-{number}", number + 1
    elif wanted in taken or wanted in RESERVED_SLUGS:
        raise PageError("slug", _("Another page has this address."))
    if content is None:
        text = REGISTRY["text"].new()
        content = blocks.dump([text.model_copy(update={"heading": title})])
    with transaction.atomic():
        page = Page.objects.create(
            site=site, title=title, slug=wanted, position=len(taken), content=blocks.validate(content)
        )
        Redirect.objects.filter(site=site, slug=wanted).delete()
        site.menu = [*site.menu, {"label": title[:40], "page": str(page.id)}]
        site.save(update_fields=["menu", "updated_at"])
        audit.record("page.created", actor_id=actor.pk, target_id=page.id)
    return page


def change_page(
    *, page: Page, title: str, slug: str, description: str, noindex: bool, in_menu: bool, actor: User
) -> Page:
    """Change a page's name, address and what search engines see; the old address leads to the new one."""
    if page.slug == "" and slug != "":
        raise PageError("slug", _("This is your home page; its address stays empty."))
    if page.slug != "" and not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
        raise PageError("slug", _("Use small letters, digits and hyphens."))
    former = page.slug
    page.title, page.slug, page.description, page.noindex = title, slug, description, noindex
    page.updated_at = timezone.now()
    try:
        with transaction.atomic():
            page.save(update_fields=["title", "slug", "description", "noindex", "updated_at"])
    except IntegrityError as error:
        raise PageError("slug", _("Another page has this address.")) from error
    if former != slug:
        Redirect.objects.update_or_create(
            site=page.site, slug=former, defaults={"page": page, "account_id": page.account_id}
        )
        Redirect.objects.filter(site=page.site, slug=slug).delete()
    _set_menu(page.site, page, title if in_menu else "")
    audit.record("page.changed", actor_id=actor.pk, target_id=page.id)
    return page


def _set_menu(site: Site, page: Page, label: str) -> None:
    rest = [item for item in site.menu if item.get("page") != str(page.id)]
    place = next((i for i, item in enumerate(site.menu) if item.get("page") == str(page.id)), len(rest))
    if label:
        rest.insert(place, {"label": label[:40], "page": str(page.id)})
    site.menu = rest
    site.save(update_fields=["menu", "updated_at"])


def move_page(*, page: Page, step: int, actor: User) -> None:
    """Move a page one place up (-1) or down (1), in the list and in the menu; at the end nothing happens."""
    pages = list(
        Page.objects.select_for_update().filter(site=page.site, deleted_at=None).order_by("position", "created_at")
    )
    here = next(index for index, each in enumerate(pages) if each.id == page.id)
    there = here + step
    if not 0 <= there < len(pages):
        return
    pages[here], pages[there] = pages[there], pages[here]
    for index, each in enumerate(pages):
        each.position = index
    Page.objects.bulk_update(pages, ["position"])
    order = {str(each.id): index for index, each in enumerate(pages)}
    page.site.menu = sorted(page.site.menu, key=lambda item: order.get(item.get("page", ""), len(order)))
    page.site.save(update_fields=["menu", "updated_at"])
    audit.record("page.moved", actor_id=actor.pk, target_id=page.id)


def delete_page(*, page: Page, actor: User, now: datetime | None = None) -> None:
    """Delete a page; it can come back for 30 days. Raises PageError for the home page."""
    if page.slug == "":
        raise PageError("", _("A website needs its home page."))
    page.deleted_at = now or timezone.now()
    page.save(update_fields=["deleted_at"])
    _set_menu(page.site, page, "")
    audit.record("page.deleted", actor_id=actor.pk, target_id=page.id)


def restore_page(*, page: Page, actor: User) -> None:
    """Bring a deleted page back; raises PageError when another page has its address now."""
    page.deleted_at = None
    try:
        with transaction.atomic():
            page.save(update_fields=["deleted_at"])
    except IntegrityError as error:
        raise PageError("slug", _("Another page has this address.")) from error
    audit.record("page.restored", actor_id=actor.pk, target_id=page.id)
