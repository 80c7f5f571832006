"""The newsletter in the settings of somebody who is signed in: their own state, and changing it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from newsletters import scope
from newsletters.models import Contact
from newsletters.selectors import Standing, standing
from newsletters.services import contacts, preferences, subscribe
from newsletters.tokens import Purpose
from webanizr.core.permissions import requires


@requires("reader")
@require_http_methods(["GET", "POST"])
def newsletter(request: HttpRequest) -> HttpResponse:
    """Show which topics somebody gets and why; turn them on and off."""
    user = request.user
    assert isinstance(user, User)
    now = timezone.now()
    if request.method == "POST":
        wanted = request.POST.getlist("topics")
        _save(user, wanted, request)
        return redirect("newsletters:settings")
    contact_id = scope.find(user.email)
    if contact_id is None:
        state, link = standing(None, address=user.email), ""
    else:
        with scope.contact(contact_id):
            contact = Contact.objects.filter(id=contact_id).first()
            state = standing(contact, address=user.email)
        link = subscribe.link(Purpose.PREFERENCES, contact_id)
    paused = state.contact is not None and state.contact.paused_until is not None and state.contact.paused_until > now
    context = {
        "standing": state,
        "link": link,
        "paused": paused,
        "form_url": settings.MAILING_FORM_URL,
        "nav": "settings",
        "section": "newsletter",
    }
    return render(request, "newsletters/settings.html", context)


def _save(user: User, wanted: list[str], request: HttpRequest) -> None:
    now = timezone.now()
    contact_id = scope.find(user.email)
    state: Standing = standing(None, address=user.email)
    if contact_id is None and {each.topic.key for each in state.topics if each.on} == set(wanted):
        messages.success(request, _("Saved."))
        return
    language = request.account.language  # type: ignore[attr-defined]  # set by TenantMiddleware
    contact_id = contact_id or contacts.find_or_create(user.email, language=language, user_id=user.pk)
    saved = preferences.set_topics(contact_id=contact_id, wanted=wanted, source="settings", now=now)
    if saved.asked:
        messages.success(request, _("We have sent you a mail. Press the button in it to confirm."))
    else:
        messages.success(request, _("Saved."))
