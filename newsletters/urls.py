"""Addresses of the newsletter in the app service. Dutch, since they stand in mails and on paper."""

from django.urls import include, path

from newsletters.views import hooks, preferences, public, settings

patterns = (
    [
        path("nieuwsbrief/", public.subscribe_page, name="subscribe"),
        path("nieuwsbrief/link/", public.link_page, name="link"),
        path("nieuwsbrief/bevestigen/<str:token>/", public.confirm_page, name="confirm"),
        path("nieuwsbrief/voorkeuren/<str:token>/", preferences.preferences_page, name="preferences"),
        path("nieuwsbrief/afmelden/<str:token>/", preferences.unsubscribe_page, name="unsubscribe"),
        path("nieuwsbrief/ongedaan/<str:token>/", preferences.undo, name="undo"),
        path("nieuwsbrief/gegevens/<str:token>/", preferences.download_page, name="download"),
        path("nieuwsbrief/pakket/<str:token>/", preferences.package_page, name="package"),
        path("nieuwsbrief/pakket/<str:token>/webanizr-nieuwsbrief.zip", preferences.package_file, name="package_file"),
        path("nieuwsbrief/wissen/<str:token>/", preferences.erase_page, name="erase"),
        path("settings/newsletter/", settings.newsletter, name="settings"),
        path("hooks/mailing/<str:secret>/", hooks.mailing, name="hook"),
    ],
    "newsletters",
)

urlpatterns = [path("", include(patterns))]
