"""Where the mailing platform tells that something happened: verified, stored, and looked at by a worker."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletters.connectors.base import WebhookRefused
from newsletters.services import events
from webanizr.core.permissions import requires

LARGEST = 1 << 20  # bytes


@requires("public")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mailing(request: HttpRequest, secret: str) -> HttpResponse:
    """Take a webhook in. GET is answered too: platforms try the address before they use it."""
    if request.method != "POST":
        return HttpResponse(content_type="text/plain")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        return HttpResponse(status=413, content_type="text/plain")
    try:
        events.take_in(headers=request.headers, body=request.body, secret=secret, now=timezone.now())
    except WebhookRefused:
        return HttpResponse(status=403, content_type="text/plain")
    return HttpResponse(content_type="text/plain")
