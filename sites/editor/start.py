"""Starting a website: three questions, a finished first page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.services.accounts import default_name, rename_account
from accounts.views.settings import account_of, person
from billing.services.limits import LimitReached, no_room
from sites.editor.forms import StartForm
from sites.models import Page, Site
from sites.services.hosts import host_of
from sites.services.kinds import KINDS
from sites.services.sites import create_site
from webanizr.core.permissions import requires


@requires("editor")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask what, who and where; every question may be skipped."""
    form = StartForm(request.POST or None)
    site, full = None, no_room("sites", account_id=account_of(request).pk, used=Site.objects.count())
    if request.method == "POST" and form.is_valid():
        try:
            site = create_site(
                kind=form.cleaned_data["kind"],
                name=form.cleaned_data["name"] or account_of(request).name,
                place=form.cleaned_data["place"],
                actor=person(request),
                language=get_language() or "nl",
            )
        except LimitReached as error:
            full = str(error)
    if site is not None:
        account, user = account_of(request), person(request)
        if form.cleaned_data["name"] and account.name == default_name(user):
            rename_account(account=account, name=form.cleaned_data["name"], language=account.language, actor=user)
        messages.success(request, _("Your first page is ready. Change what you like, and put it online when you are."))
        page = Page.objects.get(site=site, slug="")
        return redirect("sites:edit", site.id, page.id)
    context = {
        "form": form,
        "kinds": KINDS,
        "chosen": request.POST.get("kind", ""),
        "full": full,
        "host": host_of(_("your-business")),
    }
    return render(request, "sites/start.html", context, status=422 if request.method == "POST" else 200)
