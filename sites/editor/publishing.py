"""Putting online: what changes, what still needs a look, and going back to an older version."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.settings import person
from sites.models import Page
from sites.selectors import editor as selectors
from sites.services import changes, pages
from sites.services import publish as services
from sites.services.drafts import Conflict
from webanizr.core import storage
from webanizr.core.permissions import requires


@requires("editor")
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Show what changes and what stops it; POST puts the site online."""
    site = selectors.access_site(site_id)
    domain = selectors.domain_of(site)
    problems = []
    page_id, status = page_of(request), 422
    if request.method == "POST":
        try:
            services.publish_site(site=site, actor=person(request))
        except services.PublishError as error:
            problems = error.problems
        except storage.Away:
            status = 503  # the whole request is rolled back
            messages.error(
                request, _("Our file store can't be reached just now. Nothing changed; try again in a minute.")
            )
        else:
            if page_id is not None:
                return redirect(f"{reverse('sites:edit', args=[site.id, page_id])}?online")
            messages.success(request, _("Your website is online."))
            return redirect("sites:overview", site.id)
    found = changes.changes_since_publish(site)
    context = {
        "site": site,
        "domain": domain,
        "page_id": page_id,
        "changes": found,
        "online": domain.version_id is not None,
        "pages": len({change.id for change in found if change.what == "page"}),
        "problems": problems or services.publish_problems(site),
        "checks": services.publish_checks(site),
        "nav": "website",
    }
    part = request.headers.get("X-Part") == "dialog"  # the editor shows it without the page around it
    template = "sites/publish_body.html" if part else "sites/publish.html"
    return render(request, template, context, status=status if request.method == "POST" else 200)


def page_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the page of the editor that this came from and leads back to."""
    try:
        return uuid.UUID(request.GET.get("page", ""))
    except ValueError:
        return None


@requires("editor")
@require_POST
def take_back(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Make one thing in the draft again as it is online."""
    site = selectors.access_site(site_id)
    what, key = request.POST.get("what", ""), request.POST.get("key", "")
    try:
        changes.take_back(site=site, what=what, id=request.POST.get("id", ""), key=key, actor=person(request))
    except (changes.NothingToTakeBack, pages.PageError) as error:
        messages.error(request, str(error))
    except Conflict:
        messages.error(request, _("Somebody else changed this page just now. Look again."))
    page_id = page_of(request)
    if page_id is None or not Page.objects.filter(id=page_id, site=site, deleted_at=None).exists():
        return redirect("sites:publish", site.id)
    return redirect(f"{reverse('sites:edit', args=[site.id, page_id])}#publish")


@requires("editor")
@require_safe
def versions(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Everything that was ever online."""
    site = selectors.access_site(site_id)
    domain = selectors.domain_of(site)
    context = {
        "site": site,
        "versions": selectors.versions(site),
        "online": domain.version_id,
        "url": domain.url,
        "changes": len(changes.changes_since_publish(site)),
        "nav": "website",
    }
    return render(request, "sites/versions.html", context)


@requires("editor")
@require_POST
def restore(request: HttpRequest, site_id: uuid.UUID, version_id: uuid.UUID) -> HttpResponse:
    """Put an older version online again."""
    site = selectors.access_site(site_id)
    version = selectors.access_version(site_id, version_id)
    try:
        services.restore_version(site=site, version=version, actor=person(request))
    except services.PublishError as error:
        messages.error(request, error.problems[0].message)
        return redirect("sites:versions", site.id)
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
