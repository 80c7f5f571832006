"""Mail about the account and what it bought: stored in the transaction that causes it, rendered and sent by a worker.

Serves promises 01 and 02. A mail's address and words are sealed while they wait, and its row goes when it was sent.
"""

from __future__ import annotations

import uuid
from typing import Any

import css_inline
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from webanizr.core import outbox, tenancy, vault
from webanizr.core.models import Mail
from webanizr.core.tasks import TenantTask


def send(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    language: str | None = None,
    account_id: uuid.UUID | None = None,
    headers: dict[str, str] | None = None,
) -> uuid.UUID:
    """Queue one mail; return its id, which is also its idempotency key.

    Args: to: address; template: e.g. "mail/code" for mail/code.{subject.txt,txt,html}; context: JSON values only;
    language: nl or en-gb, default the active one; account_id: PLATFORM_ACCOUNT for somebody who has no account yet;
    headers: more of them, as List-Unsubscribe.
    """
    if account_id == tenancy.PLATFORM_ACCOUNT:
        with tenancy.context(account_id=tenancy.PLATFORM_ACCOUNT, user_id=tenancy.current_user_id()):
            return send(to=to, template=template, context=context, language=language, headers=headers)
    mail = Mail.objects.create(
        template=template,
        language=language or translation.get_language() or settings.LANGUAGE_CODE,
        sealed=vault.seal_note({"to": to, "context": context, "headers": headers or {}}, purpose="mail"),
    )
    outbox.add("webanizr.core.mail.deliver", mail_id=mail.id)
    return mail.id


def build(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    language: str,
    key: str,
    headers: dict[str, str] | None = None,
) -> EmailMultiAlternatives:
    """Render a mail: HTML with its styles inlined, and the hand-written text twin."""
    words = {**context, "app_url": settings.APP_URL, "language": language}
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}.subject.txt", words).split())
        text = render_to_string(f"{template}.txt", words).strip() + "\n"
        # the rules for dark screens can't be inlined: they stay in the head
        html = css_inline.inline(
            render_to_string(f"{template}.html", words), load_remote_stylesheets=False, keep_at_rules=True
        )
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    message.attach_alternative(html, "text/html")
    message.extra_headers["Message-ID"] = f"<{key}@webanizr.nl>"  # the same on every attempt
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    message.extra_headers |= headers or {}
    return message


@shared_task(base=TenantTask, name="webanizr.core.mail.deliver")
def deliver(*, mail_id: str) -> None:
    """Send one stored mail and delete its row."""
    mail = Mail.objects.filter(id=mail_id).first()
    if mail is None:
        return
    content = vault.unseal_note(mail.sealed, purpose="mail")
    build(
        to=content["to"],
        template=mail.template,
        context=content["context"],
        language=mail.language,
        key=str(mail.id),
        headers=content.get("headers"),
    ).send()
    mail.delete()
