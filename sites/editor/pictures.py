"""A website's pictures: adding, describing and deleting them, from the editor (JSON) and on a page of their own."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views.settings import person
from sites.hosting.frame import draft_image_url
from sites.schema.problems import ContentError
from sites.selectors import editor as selectors
from sites.services import assets
from webanizr.core.errors import wants_json
from webanizr.core.middleware import CSP, FRAME_ORIGIN
from webanizr.core.permissions import requires


def shown(response: HttpResponse) -> HttpResponse:
    """Let a page show pictures of the draft, which come from the frame's origin."""
    response.headers["Content-Security-Policy"] = CSP.replace("img-src 'self'", f"img-src 'self' {FRAME_ORIGIN}")
    return response


def body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request; raises ContentError for anything else."""
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ContentError([{"loc": [], "message": _("This could not be read.")}])
    return data


def refused(error: ContentError) -> JsonResponse:
    """Return the problems of content that can't be stored, each with its place."""
    return JsonResponse({"errors": error.problems}, status=422)


@requires("editor")
@require_http_methods(["GET", "POST"])
def library(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Show the pictures; POST adds one. The editor asks for JSON and gets the picture, or 422 with what is wrong."""
    site = selectors.access_site(site_id)
    problem = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise assets.AssetError(_("Choose a file first."))
            data = file.read(assets.MAX_BYTES + 1)
            asset = assets.store_asset(site=site, name=file.name or "", data=data, actor=person(request))
        except assets.AssetError as error:
            problem = str(error)
            if wants_json(request):
                return JsonResponse({"message": problem}, status=422)
        else:
            if wants_json(request):
                url = draft_image_url(asset.variants[0]["key"])
                return JsonResponse({"id": str(asset.id), "name": asset.name, "alt": asset.alt, "url": url})
            messages.success(request, _("Say in words what can be seen, then the picture can go online."))
            return redirect("sites:pictures", site.id)
    context = {
        "site": site,
        "pictures": selectors.library(site, draft_image_url),
        "problem": problem,
        "nav": "website",
    }
    return shown(render(request, "sites/pictures.html", context, status=422 if problem else 200))


@requires("editor")
@require_POST
def picture(request: HttpRequest, site_id: uuid.UUID, asset_id: uuid.UUID) -> HttpResponse:
    """Store what can be seen in a picture, in words."""
    asset = selectors.access_asset(site_id, asset_id)
    try:
        alt = str((body(request) if wants_json(request) else request.POST).get("alt", ""))
    except ContentError as error:
        return refused(error)
    assets.describe_asset(asset=asset, alt=alt.replace("\x00", ""), actor=person(request))
    if wants_json(request):
        return JsonResponse({"alt": asset.alt})
    messages.success(request, _("Saved. Put your website online to show it to visitors."))
    return redirect("sites:pictures", site_id)


@requires("editor")
@require_POST
def picture_delete(request: HttpRequest, site_id: uuid.UUID, asset_id: uuid.UUID) -> HttpResponse:
    """Delete a picture that is nowhere in use."""
    asset = selectors.access_asset(site_id, asset_id)
    try:
        assets.delete_asset(asset=asset, actor=person(request))
    except assets.AssetError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The picture is deleted."))
    return redirect("sites:pictures", site_id)
