"""Addresses of the hosting service that Django answers: the editor's frame. The rest never gets this far."""

from django.urls import path

from sites.hosting import frame

urlpatterns = [
    path("", frame.shell, name="frame"),
    path("_theme/<slug:theme>-<int:hue>-<int:vividness>.css", frame.theme, name="frame_theme"),
    path("_site/site.css", frame.site_css, name="frame_site_css"),
    path("_site/fonts/<str:name>", frame.font, name="frame_font"),
    path("_static/<str:name>", frame.script, name="frame_script"),
    path("_draft/<str:signature>/<path:key>", frame.draft_image, name="frame_image"),
]
