"""Addresses of the hosting service that Django answers; published pages and form posts never get this far."""

from django.urls import include, path

urlpatterns = [path("", include("sites.hosting.urls"))]

handler400 = "webanizr.core.errors.bad_request"
handler403 = "webanizr.core.errors.permission_denied"
handler404 = "webanizr.core.errors.not_found"
handler500 = "webanizr.core.errors.server_error"
