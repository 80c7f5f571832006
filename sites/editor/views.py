"""A website's pages and settings, outside the page editor. Works without JavaScript."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.settings import person
from sites import themes
from sites.editor.forms import NewPageForm, PageForm, SiteForm
from sites.models import Asset, Form, Page, Site
from sites.selectors import dashboard
from sites.selectors import editor as selectors
from sites.selectors.keys import lock_of
from sites.services import hosts, pages
from sites.services.changes import changes_since_publish
from sites.services.publish import latest_version
from sites.services.sites import change_site
from webanizr.core.permissions import requires


@requires("editor")
@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """Your websites; with one, that one."""
    rows = dashboard.sites()
    if not rows:
        return redirect("sites:start")
    if len(rows) == 1 and "all" not in request.GET:
        return redirect("sites:overview", rows[0].site.id)
    return render(request, "sites/list.html", {"sites": rows, "nav": "website"})


@requires("editor")
@require_safe
def overview(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """A website's pages and forms, what is online and what changed."""
    return _overview(request, selectors.access_site(site_id), NewPageForm())


def _overview(request: HttpRequest, site: Site, new_page: NewPageForm, *, status: int = 200) -> HttpResponse:
    online = latest_version(site)
    changes = changes_since_publish(site)
    published = {page["id"] for page in online.source["pages"]} if online else set()
    changed = {change.id for change in changes}
    rows = [
        {
            "page": page,
            "state": "draft" if str(page.id) not in published else "changed" if str(page.id) in changed else "online",
            "in_menu": any(item.get("page") == str(page.id) for item in site.menu),
        }
        for page in Page.objects.filter(site=site, deleted_at=None).order_by("position", "created_at")
    ]
    context = {
        "site": site,
        "domain": selectors.domain_of(site),
        "online": online,
        "changes": len(changes),
        "rows": rows,
        "forms": Form.objects.filter(site=site, deleted_at=None).order_by("created_at"),
        "pictures": Asset.objects.filter(site=site).count(),
        "new_page": new_page,
        "undo": request.session.pop("undo_page", None),
        "undo_form": request.session.pop("undo_form", None),
        "nav": "website",
    }
    return render(request, "sites/overview.html", context, status=status)


@requires("editor")
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Name, address, language and look."""
    site = selectors.access_site(site_id)
    domain = selectors.domain_of(site)
    initial = {
        "name": site.name,
        "label": domain.host.partition(".")[0],
        "language": site.language,
        "theme": site.theme,
        "hue": site.hue,
        "vividness": site.vividness,
    }
    form = SiteForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_site(site=site, domain=domain, actor=person(request), **form.cleaned_data)
        except hosts.HostError as error:
            form.add_error("label", str(error))
        else:
            messages.success(request, _("Saved. Put your website online to show it to visitors."))
            return redirect("sites:settings", site.id)
    context = {
        "site": site,
        "domain": domain,
        "form": form,
        "looks": [look_of(theme) for theme in themes.THEMES.values()],
        "contrast": themes.lowest_contrast(site.theme, site.hue, site.vividness),
        "source": reverse("sites:preview", args=[site.id]),
        "host": domain.url.partition("://")[2],
        "changes": len(changes_since_publish(site)),
        "online": domain.version_id is not None,
        "lock": lock_of(site),
        "nav": "website",
    }
    return render(request, "sites/settings.html", context, status=422 if request.method == "POST" else 200)


def look_of(theme: themes.Theme) -> dict[str, Any]:
    """Return what the card of a theme shows: its name, hue and colours."""
    colours = themes.palette(theme.name, theme.hue, 2)
    named = {name: colours[name] for name in ("bg", "ink", "brand", "accent")}
    font = "Georgia, serif" if theme.serif else "system-ui, sans-serif"
    return {"name": theme.name, "label": theme.label, "text": theme.text, "hue": theme.hue, "font": font, **named}


@requires("editor")
@require_POST
def page_new(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Add a page and open it in the editor."""
    site = selectors.access_site(site_id)
    form = NewPageForm(request.POST)
    if not form.is_valid():
        return _overview(request, site, form, status=422)
    made = pages.create_page(site=site, title=form.cleaned_data["title"], actor=person(request))
    return redirect("sites:edit", site.id, made.id)


@requires("editor")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """A page's name, address, description and place in the menu."""
    found = selectors.access_page(site_id, page_id)
    initial = {
        "title": found.title,
        "slug": found.slug,
        "description": found.description,
        "noindex": found.noindex,
        "in_menu": any(item.get("page") == str(found.id) for item in found.site.menu),
    }
    form = PageForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            pages.change_page(page=found, actor=person(request), **form.cleaned_data)
        except pages.PageError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Saved. The old address leads to the new one."))
            return redirect("sites:overview", site_id)
    context = {"site": found.site, "page": found, "form": form, "nav": "website"}
    return render(request, "sites/page.html", context, status=422 if request.method == "POST" else 200)


@requires("editor")
@require_POST
def page_move(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """Move a page one place."""
    found = selectors.access_page(site_id, page_id)
    pages.move_page(page=found, step=-1 if request.POST.get("step") == "up" else 1, actor=person(request))
    return redirect("sites:overview", site_id)


@requires("editor")
@require_POST
def page_delete(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """Delete a page, with a way back."""
    found = selectors.access_page(site_id, page_id)
    try:
        pages.delete_page(page=found, actor=person(request))
    except pages.PageError as error:
        messages.error(request, str(error))
    else:
        request.session["undo_page"] = {"id": str(found.id), "title": found.title}
    return redirect("sites:overview", site_id)


@requires("editor")
@require_POST
def page_restore(request: HttpRequest, site_id: uuid.UUID, page_id: uuid.UUID) -> HttpResponse:
    """Bring a deleted page back."""
    found = selectors.access_page(site_id, page_id, deleted=True)
    try:
        pages.restore_page(page=found, actor=person(request))
    except pages.PageError as error:
        messages.error(request, str(error))
    return redirect("sites:overview", site_id)
