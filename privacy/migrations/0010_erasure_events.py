"""What people did about erasures and what they were told."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

KINDS = [
    ("alarm_3", "Staff told: 3 days"),
    ("alarm_14", "Staff told: 14 days"),
    ("alarm_21", "Staff told: 21 days"),
    ("reminded", "Person reminded that it is about to begin"),
    ("retried", "Tried again at once"),
    ("extended", "Term extended by two months"),
    ("told", "Person told of the longer term, and why"),
]
REASONS = [
    ("system", "A system outside Webanizr doesn't let us erase yet, and we don't skip it."),
    ("complex", "Your request covers unusually many data in unusually many places."),
    ("many", "We have to handle several requests of yours at the same time."),
]


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("privacy", "0009_protect_export")]
    operations = [
        migrations.CreateModel(
            name="ErasureEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("reason", models.CharField(blank=True, choices=REASONS, max_length=10)),
                ("actor_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "request",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="privacy.erasurerequest",
                    ),
                ),
            ],
            options={
                "ordering": ["at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "retried"), _negated=True),
                        fields=("request", "kind"),
                        name="erasure_event_once",
                    )
                ],
            },
        ),
    ]
