"""Django's entry to this application."""

from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    """Settings of the application "newsletters"."""

    name = "newsletters"
    label = "newsletters"
