"""The page editor: its page, and the four addresses its script talks to."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views.settings import person
from sites.blocks.base import REGISTRY
from sites.editor import pictures
from sites.editor.pictures import body, refused
from sites.hosting.frame import draft_image_url
from sites.models import Form, Page
from sites.schema.problems import ContentError
from sites.selectors import editor as selectors
from sites.services import drafts, pages
from sites.services.changes import changes_since_publish
from webanizr.core.middleware import FRAME_ORIGIN
from webanizr.core.permissions import requires


def sentences() -> dict[str, str]:
    """Return the words that the editor's script says."""
    return {
        "saving": _("Saving…"),
        "saved": _("Saved %s"),
        "offline": _("Offline: not saved yet. We keep trying; leave this tab open."),
        "signedout": _("Not saved: you are signed out."),
        "signin": _("Sign in in a new tab"),
        "conflict": _("Not saved: somebody else changed this page."),
        "invalid": _("Not saved: something needs another look."),
        "recovered": _("We put back what was not saved yet."),
        "up": _("up"),
        "down": _("down"),
        "moveup": _("Move up"),
        "movedown": _("Move down"),
        "place": _("block %n of %m"),
        "moved": _("%s is now at place %n of %m"),
        "added": _("%s is added"),
        "removed": _("%s is deleted"),
        "remove": _("Delete"),
        "close": _("Close"),
        "duplicate": _("Duplicate"),
        "add": _("Add"),
        "addblock": _("Block"),
        "under": _("Comes under “%s”."),
        "bar": _("Block"),
        "choose": _("Choose a block to change it."),
        "onpage": _("Click on the page to write this."),
        "none": _("None"),
        "upload": _("Upload a picture"),
        "replace": _("Replace"),
        "picture": _("Picture"),
        "alt": _("What can be seen?"),
        "althelp": _("Read out to people who can't see the picture."),
        "content": _("Content"),
        "look": _("Look"),
        "item": _("Item %n"),
    }


@requires("editor")
@require_safe
def edit(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """The editor of one page."""
    page = selectors.access_page(site_id, page_id)
    site = page.site
    all_pages = list(Page.objects.filter(site=site, deleted_at=None).order_by("position", "created_at"))
    names = ("save", "render", "copy")
    data: dict[str, Any] = {
        "page": str(page.id),
        "content": page.content,
        "version": page.version,
        "blocks": selectors.block_types(),
        "images": selectors.pictures(site, draft_image_url),
        "tones": selectors.tones(site),
        "forms": [
            [str(key), name] for key, name in Form.objects.filter(site=site, deleted_at=None).values_list("id", "name")
        ],
        "theme": f"{FRAME_ORIGIN}/_theme/{site.theme}-{site.hue}-{site.vividness}.css",
        "bodyClass": f"site site-{site.theme}",
        "lang": site.language,
        "csrf": get_token(request),
        "words": sentences(),
        "urls": {
            **{name: reverse(f"sites:{name}", args=[site.id, page.id]) for name in names},
            "frame": f"{FRAME_ORIGIN}/",
            "upload": reverse("sites:pictures", args=[site.id]),
            "login": f"{reverse('account_login')}?next={quote(request.path)}",
            "publish": f"{reverse('sites:publish', args=[site.id])}?page={page.id}",
        },
    }
    domain = selectors.domain_of(site)
    context = {
        "site": site,
        "page": page,
        "pages": all_pages,
        "data": data,
        "blocks": [
            {"key": key, "title": cls.title, "summary": cls.summary, "icon": cls.icon, "thumb": cls.thumb()}
            for key, cls in REGISTRY.items()
        ],
        "changes": len(changes_since_publish(site)),
        "live": f"{domain.url}/{page.slug}" if domain.version_id else "",
        "published": "online" in request.GET,
    }
    return pictures.shown(render(request, "sites/edit.html", context))


@requires("editor")
@require_POST
def render_draft(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """Return the HTML of a page, or of one of its blocks, as the editor holds it."""
    page = selectors.access_page(site_id, page_id)
    try:
        sent = body(request)
        answer = selectors.render_edit(
            page=page,
            content=sent.get("content"),
            only=str(sent.get("block") or ""),
            image_url=draft_image_url,
            language=get_language() or settings.LANGUAGE_CODE,
        )
    except ContentError as error:
        return refused(error)
    return JsonResponse(answer)


@requires("editor")
@require_POST
def save(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """Store the draft: 200 with the new version, 409 with what somebody else saved, 422 with what is wrong."""
    page = selectors.access_page(site_id, page_id)
    try:
        sent = body(request)
        base = sent.get("base")
        if type(base) is not int:
            raise ContentError([{"loc": ["base"], "message": _("This could not be read.")}])
        stored = drafts.save_draft(page=page, content=sent.get("content"), base=base, actor=person(request))
    except ContentError as error:
        return refused(error)
    except drafts.Conflict as conflict:
        return JsonResponse({"version": conflict.page.version, "content": conflict.page.content}, status=409)
    return JsonResponse({"version": stored.version})


@requires("editor")
@require_POST
def copy(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """Store what the editor holds as a new page, after a conflict: both versions are kept."""
    page = selectors.access_page(site_id, page_id)
    title = _("%(title)s (copy)") % {"title": page.title[:70]}
    try:
        made = pages.create_page(
            site=page.site, title=title, actor=person(request), content=body(request).get("content")
        )
    except ContentError as error:
        return refused(error)
    return JsonResponse({"url": reverse("sites:edit", args=[page.site_id, made.id])})
