"""Putting online: what changes, what still needs a look, and going back to an older version."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.settings import person
from sites.models import SiteVersion
from sites.selectors import editor as selectors
from sites.services import publish as services
from webanizr.core.permissions import requires


@requires("editor")
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Show what changes and what stops it; POST puts the site online."""
    site = selectors.access_site(site_id)
    domain = selectors.domain_of(site)
    problems = []
    if request.method == "POST":
        try:
            services.publish_site(site=site, actor=person(request))
        except services.PublishError as error:
            problems = error.problems
        else:
            messages.success(request, _("Your website is online."))
            return redirect("sites:overview", site.id)
    context = {
        "site": site,
        "domain": domain,
        "page_id": request.GET.get("page", ""),
        "changes": services.changes_since_publish(site),
        "problems": problems or services.publish_problems(site),
        "nav": "website",
    }
    return render(request, "sites/publish.html", context, status=422 if request.method == "POST" else 200)


@requires("editor")
@require_safe
def versions(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Everything that was ever online."""
    site = selectors.access_site(site_id)
    found = SiteVersion.objects.filter(site=site).defer("manifest", "source").order_by("-number")[:100]
    context = {"site": site, "versions": found, "online": selectors.domain_of(site).version_id, "nav": "website"}
    return render(request, "sites/versions.html", context)


@requires("editor")
@require_POST
def restore(request: HttpRequest, site_id: uuid.UUID, version_id: uuid.UUID) -> HttpResponse:
    """Put an older version online again."""
    site = selectors.access_site(site_id)
    version = selectors.access_version(site_id, version_id)
    services.restore_version(site=site, version=version, actor=person(request))
    messages.success(request, _("Version %(number)s is online. Your draft is as it was.") % {"number": version.number})
    return redirect("sites:versions", site.id)


@requires("editor")
@require_POST
def unpublish(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Take the site offline."""
    site = selectors.access_site(site_id)
    services.unpublish_site(site=site, actor=person(request))
    messages.success(request, _("Your website is offline. Nothing is lost: put it online again when you like."))
    return redirect("sites:overview", site.id)
