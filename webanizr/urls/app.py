"""Addresses of the app service: customers in the browser, and the API."""

from django.urls import include, path

from webanizr.core.mail_events import Webhook
from webanizr.core.permissions import requires

mail_hook = requires("public")(Webhook.as_view())

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("billing.urls")),
    path("", include("privacy.urls")),
    path("", include("newsletters.urls")),
    path("", include("privacy.sharing.urls")),
    path("webhooks/mail/", mail_hook, name="mail_webhook"),
    path("", include("sites.urls")),
    path("api/v1/", include("billing.api.urls")),
    path("api/v1/", include("sites.api.urls")),
    path("", include("webanizr.urls.local")),
]

handler400 = "webanizr.core.errors.bad_request"
handler403 = "webanizr.core.errors.permission_denied"
handler404 = "webanizr.core.errors.not_found"
handler500 = "webanizr.core.errors.server_error"
