"""Django's entry to this application."""

from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    """Settings of the application "newsletters"."""

    name = "newsletters"
    label = "newsletters"

    def ready(self) -> None:
        """Follow what happens below: who starts or stops paying, changes address or role, bounces, or is erased."""
        from accounts import following
        from billing import paying, questions
        from newsletters import erasing, scope, wording
        from newsletters.services import stops, suppression
        from newsletters.services.customers import OBJECTION
        from privacy import export, words
        from privacy.erasure import hooks
        from webanizr.core import mail_events

        words.name_codes("source", wording.SOURCES)
        hooks.IDENTIFY.append(erasing.identify)
        hooks.SUPPRESS.append(erasing.suppress)
        hooks.ANEW.append(erasing.anew)
        hooks.REPLAYS[stops.STOPPED] = hooks.Replay(stops.stop_again, "newsletter stopped again")
        hooks.REPLAYS[stops.PAUSED] = hooks.Replay(stops.pause_again, "newsletter paused again")
        hooks.REPLAYS[stops.SUPPRESSED] = hooks.Replay(stops.suppress_again, "address suppressed again")
        hooks.GUARDS["newsletters.SyncState"] = erasing.former_platform
        export.SUBSCRIBERS.append(scope.of_address)

        paying.LISTENERS.append("newsletters.tasks.follow_account")
        following.LISTENERS.append("newsletters.tasks.follow_person")
        questions.QUESTIONS.append(OBJECTION)
        mail_events.listeners.append(suppression.heed_mail)
