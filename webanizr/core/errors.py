"""Error answers for people (HTML, in their language) and programs (JSON), with a reference and no personal data."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from webanizr.core.context import theme

log = logging.getLogger("webanizr.errors")

# Read at start: it is what people get when even the templates can't be rendered.
PLAIN = (settings.BASE_DIR / "templates" / "errors" / "plain.html").read_text()


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: the API, or an Accept header without HTML."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("application/json" in accept and "text/html" not in accept)


def page(request: HttpRequest, status: int, *, message: str = "", retry_after: int | None = None) -> HttpResponse:
    """Return the error page for `status`; it needs no database, session or user.

    Args: status: 400, 403, 404, 429, 500 or 503; message: one sentence more, translated; retry_after: seconds.
    """
    reference = getattr(request, "reference", "")
    if wants_json(request):
        body: dict[str, Any] = {
            "error": status,
            "message": message or _("Something went wrong."),
            "reference": reference,
        }
        response: HttpResponse = JsonResponse(body, status=status)
    else:
        try:
            language = get_language_from_request(request)
        except Exception:  # a damaged request must still get its page
            language = settings.LANGUAGE_CODE
        html: str
        words = {"reference": reference, "message": message, "retry_after": retry_after, "language": language}
        try:
            with translation.override(language):
                html = render_to_string(f"errors/{status}.html", {**words, "theme": theme(request)})
        except Exception:
            log.exception("the error page failed, reference %s", reference)
            html = PLAIN.replace("REFERENCE", reference)
        response = HttpResponse(html, status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    return page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return page(request, 403, message=str(exception) if exception.args else "")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500. The place in the code goes to the log under the reference; what was typed doesn't."""
    log.error("500 reference %s\n%s", getattr(request, "reference", ""), _places())
    return page(request, 500)


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 503: the database or the file store can't be reached just now."""
    log.error("503 reference %s %s", getattr(request, "reference", ""), type(exception).__name__)
    return page(request, 503, retry_after=10)


def too_many(request: HttpRequest, *, seconds: int, message: str = "") -> HttpResponse:
    """Answer 429 with the seconds to wait."""
    return page(request, 429, retry_after=seconds, message=message)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was open for too long: what to do, and that nothing was changed."""
    return page(
        request,
        403,
        message=_("This page was open for too long, or cookies are blocked. Go back, reload it and try again."),
    )


def _places() -> str:
    import sys

    kind, _value, trace = sys.exc_info()
    places = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-12:]]
    return "\n".join([getattr(kind, "__name__", "error"), *places])


def api_exception(exception: Exception, context: dict[str, Any]) -> Any:
    """DRF's exception handler: one shape for every error: {"error", "message", "fields"?, "reference"}."""
    from rest_framework.exceptions import APIException, ValidationError
    from rest_framework.views import exception_handler

    response = exception_handler(exception, context)
    if response is None:
        return None
    reference = getattr(context["request"], "reference", "")
    body: dict[str, Any] = {"error": response.status_code, "reference": reference}
    if isinstance(exception, ValidationError):
        body["message"] = _("Some fields need another look.")
        body["fields"] = response.data
    else:
        detail = exception.detail if isinstance(exception, APIException) else None
        body["message"] = str(detail) if detail else _("Not found.") if response.status_code == 404 else str(exception)
    response.data = body
    return response
