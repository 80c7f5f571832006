"""Django's entry to this application."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Settings of the application "billing"."""

    name = "billing"
    label = "billing"
