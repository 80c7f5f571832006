"""Addresses of the builder in the app service."""

from django.urls import include, path

from sites.inbox import overview

urlpatterns = [
    path("", overview.dashboard, name="dashboard"),
    path("", include("sites.inbox.urls")),
    path("", include("sites.editor.urls")),
]
