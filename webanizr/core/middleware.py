"""What every request passes through: security headers, error pages, health, and the one transaction around it.

Serves promise 13 (nothing from others, nothing to others) and tenancy: the response is made inside the transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from webanizr.core import errors, health, storage, tenancy, vault

Handler = Callable[[HttpRequest], HttpResponseBase]

FRAME_ORIGIN = f"{settings.HOSTING_SCHEME}://frame.{settings.SITES_DOMAIN}{settings.HOSTING_ORIGIN_SUFFIX}"

# Strict: nothing inline, nothing from others. The editor alone may show the frame on the hosting origin.
CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        f"frame-src {FRAME_ORIGIN}",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "X-Frame-Options": "DENY",
}
if settings.SECURE:
    HEADERS["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"


class SecurityHeadersMiddleware:
    """Adds the headers that a view didn't set itself, answers the health addresses, gives the request a reference."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        request.reference = secrets.token_hex(4).upper()  # type: ignore[attr-defined]  # shown on error pages and in logs
        response = health.answer(request) or self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
            if not response.headers[name]:
                del response.headers[name]  # a view that must do without one sets it empty
        return response


class ErrorPageMiddleware:
    """Turns an unexpected error into our own page with a reference code; logs the code without personal data."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Let Django handle 403 and 404; what it needs is away (database, keys, files): 503; anything else 500."""
        if isinstance(exception, OperationalError | vault.Unavailable | storage.Away):
            return errors.unavailable(request, exception)
        return None


class TransactionMiddleware:
    """One transaction around sessions, view and rendering, so that row-level security covers all of it.

    ATOMIC_REQUESTS would not do: it wraps the view alone. An answer of 500 or more rolls everything back. Streaming
    while an account's rows are visible is refused: the stream would run after the transaction's end.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        if request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if getattr(response, "streaming", False) and getattr(request, "account", None) is not None:
                    raise RuntimeError("A streamed answer would outlive the tenant's transaction: let a job write it.")
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                return response
        except OperationalError as error:
            connection.close()
            return errors.unavailable(request, error)
        finally:
            tenancy.forget()


def attach(request: HttpRequest, **values: Any) -> None:
    """Set attributes on the request that views and templates read (`account`, `membership`, ...)."""
    for name, value in values.items():
        setattr(request, name, value)
