"""Addresses of the app's pages that mails lead to: a worker writes them too."""

from __future__ import annotations

import uuid

from django.conf import settings


def consent_page() -> str:
    """Return the address of the page where requests are answered and consent is withdrawn."""
    return f"{settings.APP_URL}/consent/"


def grant_page(grant_id: uuid.UUID) -> str:
    """Return the address of one consent: to withdraw it with one click there."""
    return f"{settings.APP_URL}/consent/grants/{grant_id}/"


def question_page(question_id: uuid.UUID) -> str:
    """Return the address of a question."""
    return f"{settings.APP_URL}/help/{question_id}/"
