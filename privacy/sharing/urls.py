"""Addresses of the page "Shared with"."""

from django.urls import path

from privacy.sharing import views

app_name = "sharing"

urlpatterns = [
    path("privacy/shared/", views.shared, name="shared"),
    path("privacy/shared/statistics/", views.statistics, name="statistics"),
]
