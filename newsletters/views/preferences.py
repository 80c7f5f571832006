"""What somebody does with a link from a newsletter: unsubscribe, choose, download, be erased."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from newsletters import scope, tokens
from newsletters.addresses import masked
from newsletters.forms import RhythmForm
from newsletters.models import FOREVER, Consent, Contact, Topic
from newsletters.selectors import Standing, standing
from newsletters.services import erasure, package, preferences, subscribe
from newsletters.tokens import BadToken, Purpose
from newsletters.views.public import private
from privacy.erasure import certificate
from webanizr.core import storage, vault
from webanizr.core.models import Job
from webanizr.core.permissions import requires


def access_contact(contact_id: uuid.UUID) -> tuple[Contact, Standing]:
    """Return the contact of a link and how it stands; raises BadToken when it is gone or being erased."""
    with scope.contact(contact_id):
        contact = Contact.objects.filter(id=contact_id, erase_asked_at=None).first()
        if contact is None:
            raise BadToken("gone")
        return contact, standing(contact, address=contact.address)


@requires("public")
@csrf_exempt  # a mail program's one click has no cookie; the token is the proof, and it can only unsubscribe
@private
@require_http_methods(["GET", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe: one click of the mail program (RFC 8058), or the button on this page. A GET changes nothing."""
    contact_id = tokens.read(Purpose.UNSUBSCRIBE, token)
    if request.method == "GET":
        contact, state = access_contact(contact_id)
        context = {"contact": contact, "masked": masked(contact.address), "standing": state, "own_page": True}
        return render(request, "newsletters/unsubscribe.html", context)
    lines = subscribe.unsubscribe(contact_id=contact_id, source="mail", now=timezone.now(), token=token)
    if request.POST.get("List-Unsubscribe") == "One-Click":
        return HttpResponse(content_type="text/plain")  # no redirect, no cookie, and the same when it was so already
    contact, state = access_contact(contact_id)
    context = {
        "masked": masked(contact.address),
        "undo": _undo_token(contact_id, lines),
        "preferences": subscribe.link(Purpose.PREFERENCES, contact_id),
        "own_page": True,
    }
    return render(request, "newsletters/unsubscribed.html", context)


def _undo_token(contact_id: uuid.UUID, lines: list[Consent]) -> str:
    return tokens.make(Purpose.UNDO, contact_id, lines=[line.id for line in lines]) if lines else ""


@requires("public")
@private
@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Take an unsubscribe back, within half an hour."""
    contact = subscribe.take_back(token=token, now=timezone.now())
    return redirect("newsletters:preferences", tokens.make(Purpose.PREFERENCES, contact.id))


@requires("public")
@private
@require_http_methods(["GET", "POST"])
def preferences_page(request: HttpRequest, token: str) -> HttpResponse:
    """The preference centre."""
    contact_id = tokens.read(Purpose.PREFERENCES, token)
    contact, _state = access_contact(contact_id)
    now = timezone.now()
    saved = stopped = mailed = ""
    asked: list[Topic] = []
    resumed: list[Topic] = []
    undo_token = ""
    form = RhythmForm(initial=_rhythm(contact))
    action = request.POST.get("action", "")
    status = 200
    if action in ("topics", "stop"):
        wanted = request.POST.getlist("topics") if action == "topics" else []
        result = preferences.set_topics(contact_id=contact_id, wanted=wanted, source="preferences", now=now)
        undo_token = _undo_token(contact_id, result.stopped)
        stopped = ", ".join(line.topic.name for line in result.stopped)
        saved, asked, resumed = "topics", result.asked, result.resumed
    elif action == "rhythm":
        form = RhythmForm(request.POST)
        if form.is_valid():
            preferences.set_language(contact_id=contact_id, language=form.cleaned_data["language"], now=now)
            if form.cleaned_data["pause"] != _rhythm(contact)["pause"]:
                preferences.pause(contact_id=contact_id, length=form.cleaned_data["pause"], now=now)
            saved = "rhythm"
        else:
            status = 422
    elif action in ("download", "erase"):
        erasure.mail_link(contact_id=contact_id, purpose=Purpose[action.upper()])
        mailed = action
    contact, state = access_contact(contact_id)
    context = {
        "contact": contact,
        "masked": masked(contact.address),
        "standing": state,
        "form_url": settings.MAILING_FORM_URL,
        "form": form if status == 422 else RhythmForm(initial=_rhythm(contact)),
        "saved": saved,
        "stopped": stopped,
        "asked": asked,
        "resumed": resumed,
        "undo": undo_token,
        "mailed": mailed,
        "paused": contact.paused_until is not None and contact.paused_until > now,
        "endless": contact.paused_until == FOREVER,
        "own_page": True,
    }
    return render(request, "newsletters/preferences.html", context, status=status)


def _rhythm(contact: Contact) -> dict[str, str]:
    """Return the form's values: a running pause shows as the choice that is nearest to it."""
    until, now = contact.paused_until, timezone.now()
    if until is None or until <= now:
        pause = ""
    elif until == FOREVER:
        pause = "open"
    else:
        pause = "month" if (until - now).days <= 31 else "quarter"
    return {"pause": pause, "language": contact.language}


@requires("public")
@private
@require_http_methods(["GET", "POST"])
def download_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for everything the newsletter holds about somebody: made in the background (articles 15 and 20 GDPR)."""
    contact_id = tokens.read(Purpose.DOWNLOAD, token)
    contact, _state = access_contact(contact_id)
    if request.method == "GET":
        return render(request, "newsletters/download.html", {"masked": masked(contact.address), "own_page": True})
    package.start(contact_id=contact_id)
    return redirect("newsletters:package", tokens.make(Purpose.PACKAGE, contact_id))


@requires("public")
@private
@require_safe
def package_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far the package is, and the way to fetch it; the part that changes is asked again by the page itself."""
    contact_id = tokens.read(Purpose.PACKAGE, token)
    contact, _state = access_contact(contact_id)
    job = package.latest(contact_id)
    if job is None:
        raise BadToken("package")
    context = {"job": job, "token": token, "masked": masked(contact.address), "own_page": True}
    part = request.headers.get("HX-Request") == "true"
    return render(request, f"newsletters/package{'_job' if part else ''}.html", context)


@requires("public")
@private
@require_safe
def package_file(request: HttpRequest, token: str) -> HttpResponse:
    """The zip, opened whole before any of it is sent."""
    contact_id = tokens.read(Purpose.PACKAGE, token)
    access_contact(contact_id)
    job = package.latest(contact_id)
    try:
        if job is None or job.state != Job.State.DONE:
            raise BadToken("package")
        data = package.read(job)
    except (storage.Missing, vault.Unreadable) as error:
        raise BadToken("package") from error
    response = HttpResponse(data, content_type="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="webanizr-nieuwsbrief.zip"'
    return response


@requires("public")
@private
@require_http_methods(["GET", "POST"])
def erase_page(request: HttpRequest, token: str) -> HttpResponse:
    """Be erased, here and at the mailing platform; the button does it."""
    contact_id = tokens.read(Purpose.ERASE, token)
    contact, _state = access_contact(contact_id)
    context = {"masked": masked(contact.address), "own_page": True}
    if request.method == "POST":
        asked = erasure.erase(token=token, now=timezone.now())
        context["progress"] = certificate.link(asked) if asked else ""
        return render(request, "newsletters/erased.html", context)
    return render(request, "newsletters/erase.html", context)
