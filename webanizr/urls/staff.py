"""Addresses of the staff service."""

from typing import Any

from django.urls import include, path

import billing.staff_admin  # noqa: F401  # registers before the admin lists its addresses
from accounts.staff_admin import site
from privacy.views import board, registers


def staff(view: Any) -> Any:
    """Let people of the staff table in, and nobody else."""
    guarded = site.admin_view(view)
    guarded.admin_site = site  # as Django marks its own, for who lists the addresses
    return guarded


urlpatterns = [
    path("", include("newsletters.staff_urls")),
    path("", include("accounts.staff_urls")),
    path("", include("billing.staff_urls")),
    path("", include("privacy.staff_urls")),
    path("", include("sites.support.urls")),
    path("register.<str:kind>", staff(registers.controller), name="register"),
    path("erasures/", board.board, name="erasures"),
    path("erasures/overview.csv", board.overview, name="erasures_csv"),
    path("erasures/<uuid:request_id>/", board.erasure, name="erasure_page"),
    path("erasures/<uuid:request_id>/retry/", board.retry, name="erasure_retry"),
    path("erasures/<uuid:request_id>/extend/", board.extend, name="erasure_extend"),
]

handler400 = "webanizr.core.errors.bad_request"
handler403 = "webanizr.core.errors.permission_denied"
handler404 = "webanizr.core.errors.not_found"
handler500 = "webanizr.core.errors.server_error"
