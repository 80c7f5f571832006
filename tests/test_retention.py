"""Every term of the data map is kept by a job: what has had its time goes, with its file, and nothing else does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import AuditEvent, SignIn
from privacy.datamap import data_map
from privacy.services.retention import delete_expired
from tests import cast
from webanizr.core import storage, tenancy
from webanizr.core.models import Job, Transfer

AsRole = Callable[[str], AbstractContextManager[Any]]


@pytest.mark.django_db(transaction=True)
def test_what_has_had_its_time_goes(as_role: AsRole) -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    now = timezone.now()
    storage.put("exports/old.csv", b"old")
    storage.put("exports/new.csv", b"new")
    with as_role("worker"):
        for days in (1, 800):
            Transfer.objects.create(
                person_id=alice.user.pk, processor="x", purpose="x", fields=[], at=now - timedelta(days)
            )
    for who in (alice, charlie):
        with tenancy.tenant(who.account.pk, user_id=who.user.pk):
            for days in (1, 800):
                AuditEvent.objects.create(action=f"made.{days}", actor_id=who.user.pk, at=now - timedelta(days=days))
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        for name, ends in (("old", now - timedelta(hours=1)), ("new", now + timedelta(days=1))):
            Job.objects.create(
                kind="export", state="done", result_key=f"exports/{name}.csv", created_by=alice.user.pk, expires_at=ends
            )
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        SignIn.objects.create(user=alice.user, session_key=uuid.uuid4().hex[:32], seen_at=now - timedelta(days=40))
    Session.objects.create(session_key="old", session_data="x", expire_date=now - timedelta(days=1))
    with as_role("eraser"):
        gone = delete_expired(now=now)
    assert gone["accounts.AuditEvent"] == 2
    assert gone["core.Transfer"] == 1
    assert gone["core.Job"] == 1
    assert gone["sessions.Session"] >= 1
    assert gone["accounts.SignIn"] == 1
    assert list(storage.keys("exports/old")) == []
    assert list(storage.keys("exports/new")) == ["exports/new.csv"]
    storage.delete("exports/new.csv")
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert AuditEvent.objects.filter(action="made.1").exists()
        assert Job.objects.count() == 1
    with as_role("eraser"):
        assert delete_expired(now=now) == {}


def test_every_term_has_a_job_that_exists() -> None:
    """A term that "another job" keeps names one that the clock starts."""
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    terms = [term for terms in data_map.load().terms.values() for term in terms]
    assert len(terms) >= 12
    assert {term.by for term in terms} - {""} <= scheduled
    assert "privacy.tasks.keep_terms" in scheduled
    for label in data_map.terms:
        assert apps.get_model(label)
