"""Addresses that exist in local runs only: the mailbox, the external systems and the style guide."""

from django.conf import settings
from django.urls import URLPattern, path

urlpatterns: list[URLPattern] = []
if settings.LOCAL:
    from webanizr.core.styleguide import styleguide
    from webanizr.local import mailbox, overview

    urlpatterns = [
        path("dev/mail/", mailbox.index, name="mailbox"),
        path("dev/mail/<str:name>/", mailbox.show, name="mailbox_show"),
        path("dev/systems/", overview.systems, name="systems"),
        path("styleguide/", styleguide, name="styleguide"),
    ]
