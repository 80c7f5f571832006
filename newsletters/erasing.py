"""What the newsletter adds to an erasure (`privacy.erasure.hooks`): who the person is there, and to stay gone."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsletters.addresses import key_of
from newsletters.models import Contact, Suppression, SyncState
from privacy.datamap import Scope
from privacy.erasure.subjects import Subject


def identify(subject: Subject) -> None:
    """Find each person's contact, by which the mailing platform knows them. Runs as the eraser, within the plan."""
    if subject.scope is Scope.SUBSCRIBER:
        for person in subject.people:
            person.contact_id = person.id
            person.emails = list(Contact.objects.filter(id=person.id).values_list("address", flat=True))
        return
    for person in subject.people:
        keys = [key_of(address) for address in person.emails]
        person.contact_id = Contact.objects.filter(address_key__in=keys).values_list("id", flat=True).first()


def former_platform(subject: Subject) -> str:
    """Say whether a platform that is no longer used may still hold somebody: then nobody can look there, or erase."""
    ids = [person.contact_id for person in subject.people if person.contact_id]
    there = SyncState.objects.filter(contact_id__in=ids).exclude(provider=settings.MAILING_PLATFORM)
    return "former_platform" if there.exclude(there=SyncState.There.ABSENT).exists() else ""


def anew(address: str, since: datetime) -> bool:
    """Say whether the owner of an address subscribed, and confirmed it, after `since`. Runs as the eraser."""
    found = Contact.objects.filter(address_key=key_of(address), verified_at__gt=since, erase_asked_at=None)
    return found.exists()


def suppress(subject: Subject) -> None:
    """Keep an old list from adding the person again: a keyed hash of each address stays, until they subscribe anew."""
    with transaction.atomic():
        for person in subject.people:
            Suppression.objects.bulk_create(
                [
                    Suppression(address_key=key_of(address), reason=Suppression.Reason.ERASED, at=timezone.now())
                    for address in person.emails
                ],
                ignore_conflicts=True,
            )
