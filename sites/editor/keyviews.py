"""Replacing the key pair that a website's messages are sealed to, by an owner (docs/encryption.md)."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.views.settings import person
from sites.selectors import editor as selectors
from sites.services import keys
from webanizr.core.permissions import requires


@requires("owner")
@require_POST
def rotate_key(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Make a new pair; the worker moves what is stored, and destroys the old one an hour later."""
    site = selectors.access_site(site_id)
    try:
        keys.rotate_site_key(site=site, actor=person(request))
    except keys.TooSoon:
        messages.warning(request, _("The key was replaced less than an hour ago. Wait until the old one is gone."))
    else:
        messages.success(
            request, _("There is a new key. Within an hour the old one is destroyed; your messages stay readable.")
        )
    return redirect("sites:settings", site.id)
