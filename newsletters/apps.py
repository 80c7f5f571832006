"""Django's entry to this application."""

from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    """Settings of the application "newsletters"."""

    name = "newsletters"
    label = "newsletters"

    def ready(self) -> None:
        """Follow what happens below: accounts that start or stop paying, people who change address or role, bounces."""
        from accounts import following
        from billing import paying, questions
        from newsletters.services import suppression
        from newsletters.services.customers import OBJECTION
        from webanizr.core import mail_events

        paying.LISTENERS.append("newsletters.tasks.follow_account")
        following.LISTENERS.append("newsletters.tasks.follow_person")
        questions.QUESTIONS.append(OBJECTION)
        mail_events.listeners.append(suppression.heed_mail)
