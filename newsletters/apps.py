"""Django's entry to this application."""

from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    """Settings of the application "newsletters"."""

    name = "newsletters"
    label = "newsletters"

    def ready(self) -> None:
        """Follow what happens below: accounts that start or stop paying, people who change address or role."""
        from accounts import following
        from billing import paying, questions
        from newsletters.services.customers import OBJECTION

        paying.LISTENERS.append("newsletters.tasks.follow_account")
        following.LISTENERS.append("newsletters.tasks.follow_person")
        questions.QUESTIONS.append(OBJECTION)
