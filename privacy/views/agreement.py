"""The processing agreement and the list of processors: read, accept, download, follow."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from privacy import agreement, people
from privacy.selectors import agreement as selectors
from privacy.services.agreement import accept_agreement
from privacy.services.refusals import ConsentError
from privacy.subprocessors import processors_url
from privacy.views.shared import may_decide, person
from webanizr.core import tenancy
from webanizr.core.permissions import requires


def language_of(request: HttpRequest) -> str:
    """Return the language of the text to show."""
    return get_language() or agreement.LANGUAGES[0]


@requires("reader")
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The agreement: whether it was accepted, its words, and the button."""
    customer = people.account_name(tenancy.current_account_id())
    context = {
        "version": agreement.CURRENT,
        "text": agreement.text(agreement.CURRENT, language_of(request), customer=customer),
        "fingerprint": agreement.fingerprint(agreement.CURRENT, language_of(request)).hex(),
        "accepted": selectors.accepted(),
        "earlier": selectors.acceptances().exclude(version=agreement.CURRENT),
        "may_decide": may_decide(request),
        "nav": "privacy",
        "tab": "agreement",
    }
    return render(request, "privacy/agreement.html", context)


@requires("owner")
@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Accept the version that was on the page."""
    try:
        accept_agreement(actor=person(request), language=language_of(request), version=request.POST.get("version", ""))
    except KeyError:
        messages.warning(request, _("There is a newer version. Read it, then accept it."))
    except ConsentError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Accepted. You can fetch your copy here at any moment."))
    return redirect("consent:agreement")


@requires("reader")
@require_safe
def download(request: HttpRequest, version: str) -> HttpResponse:
    """The agreement as PDF: the accepted one in the language in which it was accepted, else the current text."""
    row = selectors.accepted(version)
    if row is None and version != agreement.CURRENT:
        row = selectors.access_acceptance(version)  # a stranger's version is a 404
    customer = row.customer if row else people.account_name(tenancy.current_account_id())
    accepted = agreement.Accepted(timezone.localtime(row.accepted_at), row.accepted_name, row.id) if row else None
    language = row.language if row else language_of(request)
    made = agreement.as_pdf(version, language, customer=customer, accepted=accepted)
    response = HttpResponse(made, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="webanizr-verwerkersovereenkomst-{version}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@requires("public")
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The announcements as an Atom feed."""
    dutch = language_of(request) == "nl"
    made = Atom1Feed(
        title=_("Webanizr: changes of who processes data"),
        link=processors_url(),
        description=_("Announced at least thirty days beforehand"),
        language="nl" if dutch else "en",
        feed_url=f"{processors_url()}feed/",
    )
    for row in selectors.changes()[:50]:
        made.add_item(
            title=f"{row.party}: {row.get_kind_display()}",
            link=processors_url(),
            description=row.summary_nl if dutch else row.summary_en,
            pubdate=row.announced_at,
            updateddate=row.announced_at,
            unique_id=f"urn:uuid:{row.id}",
            categories=[datetime.combine(row.effective_on, time(), UTC).date().isoformat()],
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
