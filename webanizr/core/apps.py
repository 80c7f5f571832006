"""Django's entry to this application."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Settings of the application "core"."""

    name = "webanizr.core"
    label = "core"

    def ready(self) -> None:
        """Register the system checks, and make our Celery application the one that tasks are sent by."""
        from webanizr import celery  # noqa: F401
        from webanizr.core import checks  # noqa: F401
