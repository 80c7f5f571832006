"""The devices somebody is signed in with: kept without IP address, ended one by one or all at once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import SignIn, User
from webanizr.core import tenancy

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return "Firefox, Windows" for a browser's string; nothing finer than that is kept."""
    browser = next((name for mark, name in BROWSERS if re.search(rf"\b{mark}", user_agent)), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)


def _end_session(key: str) -> None:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    store(key).delete()


def note_sign_in(*, user: User, session_key: str, user_agent: str) -> None:
    """Store a new sign-in; those whose session has run out are forgotten."""
    with tenancy.context(account_id=None, user_id=user.pk):
        SignIn.objects.filter(user=user, seen_at__lt=timezone.now() - timedelta(days=31)).delete()
        SignIn.objects.update_or_create(
            session_key=session_key, defaults={"user": user, "device": device_name(user_agent)}
        )


def touch(*, user: User, session_key: str, now: datetime | None = None) -> bool:
    """Note that a session is in use, at most once an hour; return whether the sign-in still exists."""
    moment = now or timezone.now()
    sign_in = SignIn.objects.filter(user=user, session_key=session_key).only("seen_at").first()
    if sign_in is None:
        return False
    if moment - sign_in.seen_at > timedelta(hours=1):
        SignIn.objects.filter(pk=sign_in.pk).update(seen_at=moment)
    return True


def end(*, sign_in: SignIn, actor: User) -> None:
    """Sign one device out."""
    _end_session(sign_in.session_key)
    sign_in.delete()


def end_others(*, actor: User, keep: str | None) -> int:
    """Sign all devices out but the one with session key `keep`; return how many."""
    others = list(SignIn.objects.filter(user=actor).exclude(session_key=keep or ""))
    for sign_in in others:
        end(sign_in=sign_in, actor=actor)
    return len(others)
