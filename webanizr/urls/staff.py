"""Addresses of the staff service."""

from django.urls import include, path

import billing.staff_admin  # noqa: F401  # registers before the admin lists its addresses

urlpatterns = [
    path("", include("newsletters.staff_urls")),
    path("", include("accounts.staff_urls")),
    path("", include("privacy.staff_urls")),
    path("", include("sites.support.urls")),
]

handler400 = "webanizr.core.errors.bad_request"
handler403 = "webanizr.core.errors.permission_denied"
handler404 = "webanizr.core.errors.not_found"
handler500 = "webanizr.core.errors.server_error"
