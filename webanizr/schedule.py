"""What beat asks for, and how often. A task that nobody took up before `expires` is left to the next time."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

EVERYWHERE: dict[str, Any] = {
    "relay-outbox": {"task": "webanizr.core.tasks.relay", "schedule": 1.0, "options": {"expires": 5}},
    "delete-expired": {"task": "sites.tasks.delete_expired", "schedule": 3600.0, "options": {"expires": 600}},
    "sweep-uploads": {"task": "sites.tasks.sweep_uploads", "schedule": 3600.0, "options": {"expires": 600}},
    "mend-keys": {"task": "sites.tasks.mend_keys", "schedule": 3600.0, "options": {"expires": 600}},
    "erasures": {
        "task": "privacy.tasks.advance_erasures",
        "schedule": 5.0,
        "options": {"expires": 10, "queue": "erase"},
    },
    "erasure-alarms": {"task": "privacy.tasks.sound_alarms", "schedule": 600.0, "options": {"expires": 500}},
    "erasure-letters": {
        "task": "privacy.tasks.tell_people",
        "schedule": 60.0,
        "options": {"expires": 50, "queue": "erase"},
    },
    "terms": {
        "task": "privacy.tasks.keep_terms",
        "schedule": crontab(hour="*/6", minute="20"),  # a clock that was restarted forgets when it last asked
        "options": {"expires": 3600, "queue": "erase"},
    },
    "evidence": {"task": "privacy.tasks.gather_evidence", "schedule": 600.0, "options": {"expires": 300}},
    "statement": {"task": "privacy.tasks.publish_statement", "schedule": 600.0, "options": {"expires": 300}},
    "expire-consents": {"task": "privacy.tasks.expire_consents", "schedule": 30.0, "options": {"expires": 25}},
    "keep-log-heads": {
        "task": "privacy.tasks.keep_log_heads",
        "schedule": crontab(hour="2", minute="50"),
        "options": {"expires": 3600},
    },
    "forget-questions": {
        "task": "privacy.tasks.forget_questions",
        "schedule": crontab(hour="4", minute="10"),
        "options": {"expires": 3600},
    },
    "send-statistics": {"task": "privacy.statistics.send", "schedule": 5.0, "options": {"expires": 4}},
    "check-systems": {"task": "privacy.health.check", "schedule": 60.0, "options": {"expires": 50}},
    "billing-daily": {"task": "billing.tasks.daily", "schedule": 300.0, "options": {"expires": 240}},
    "billing-retention": {"task": "billing.tasks.retention", "schedule": 3600.0, "options": {"expires": 600}},
    "sweep": {"task": "webanizr.core.tasks.sweep", "schedule": 3600.0, "options": {"expires": 600}},
    "newsletter-tidy": {
        "task": "newsletters.tasks.tidy",
        "schedule": crontab(hour="3", minute="10"),
        "options": {"expires": 3600},
    },
}
WITH_A_PLATFORM: dict[str, Any] = {
    "newsletter-drain": {"task": "newsletters.tasks.drain", "schedule": 60.0, "options": {"expires": 50}},
    "newsletter-look": {"task": "newsletters.tasks.look_round", "schedule": 600.0, "options": {"expires": 500}},
    "newsletter-reconcile": {
        "task": "newsletters.tasks.reconcile_nightly",
        "schedule": crontab(hour="1", minute="30"),
        "options": {"expires": 3600},
    },
}


def schedule(*, mailing: bool) -> dict[str, Any]:
    """Return Celery's beat schedule; without a mailing platform there is nothing to keep in step with."""
    return {**EVERYWHERE, **(WITH_A_PLATFORM if mailing else {})}
