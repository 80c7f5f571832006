"""Fetching the registers of article 30 GDPR, as CSV or PDF."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from privacy import registers
from webanizr.core import pdf
from webanizr.core.permissions import requires

STYLE = (
    "@page { size: A4 landscape; margin: 14mm 16mm 16mm } body { font-size: 8.2pt }"
    " header { margin-block-end: 4mm } .list td:first-child { width: 26mm }"
)


def answer(request: HttpRequest, kind: str, *, processor: bool, name: str) -> HttpResponse:
    """Return the register. Args: kind: csv or pdf; name: of the controller, for the processor's register."""
    file = "verwerkersregister" if processor else "verwerkingsregister"
    if kind == "csv":
        found = HttpResponse(registers.as_csv(processor=processor), content_type="text/csv; charset=utf-8")
    elif kind == "pdf":
        context = {
            "rows": registers.rows(processor=processor),
            "headings": registers.headings(),
            "processor": processor,
            "name": name,
            "about": registers.about(),
            "made_at": timezone.now(),
        }
        html = render_to_string("print/register.html", context, request)
        found = HttpResponse(pdf.render(html, style=STYLE), content_type="application/pdf")
    else:
        raise Http404
    found.headers["Content-Disposition"] = f'attachment; filename="{file}.{kind}"'
    return found


@requires("owner")
@require_safe
def ours(request: HttpRequest, kind: str) -> HttpResponse:
    """What Webanizr does for this customer, as its processor (article 30.2)."""
    return answer(request, kind, processor=True, name=request.account.name)  # type: ignore[attr-defined]  # middleware


@require_safe
def controller(request: HttpRequest, kind: str) -> HttpResponse:
    """What Webanizr does on its own account (article 30.1): for staff."""
    return answer(request, kind, processor=False, name="Webanizr")
