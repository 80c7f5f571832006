"""Addresses that exist in local runs only: the mailbox and the style guide."""

from django.conf import settings
from django.urls import URLPattern, path

urlpatterns: list[URLPattern] = []
if settings.LOCAL:
    from webanizr.core.styleguide import styleguide
    from webanizr.local import mailbox

    urlpatterns = [
        path("dev/mail/", mailbox.index, name="mailbox"),
        path("dev/mail/<str:name>/", mailbox.show, name="mailbox_show"),
        path("styleguide/", styleguide, name="styleguide"),
    ]
