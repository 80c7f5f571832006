"""Mail about the account and what it bought: stored in the transaction that causes it, rendered and sent by a worker.

Serves promises 01 and 02. A mail's address and words are sealed while they wait, and its row goes when it was sent.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import css_inline
from anymail.exceptions import AnymailAPIError
from celery import shared_task
from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from webanizr.core import mail_events, net, outbox, storage, tenancy, vault
from webanizr.core.models import Mail
from webanizr.core.processors import Field, Processor, declare
from webanizr.core.tasks import Later, TenantTask

log = logging.getLogger(__name__)

# Anymail speaks with SES through boto3 and not through `net`, but what it sends is declared and recorded all the same.
SES = declare(
    Processor(
        key="ses",
        name="Amazon SES",
        base_url=lambda: "" if settings.LOCAL else f"https://email.{settings.AWS_REGION}.amazonaws.com",
        does=_("Delivers our mail about your account and your products. Amazon may not read it or use it."),
        purposes={
            "mail": _("Sending you a mail about your account or what you bought"),
            "look_up": _("Looking whether Amazon keeps your address as one that mail bounces from"),
            "export": _("Collecting your data for your download"),
            "erase": _("Erasing your data there"),
            "verify": _("Looking whether your data is really gone there"),
        },
        fields=(
            Field("email", _("e-mail address"), ("to",), ("accounts.User.email",)),
            Field("words", _("the mail's words"), ("content",)),
        ),
        technical=frozenset(),
        location=_("Amazon Web Services, Ireland"),
        agreement="https://aws.amazon.com/service-terms/",
    )
)

# A stored file that goes along: (key in the storage, name that the reader sees, media type).
File = tuple[str, str, str]


def send(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    language: str | None = None,
    account_id: uuid.UUID | None = None,
    headers: dict[str, str] | None = None,
    files: list[File] | None = None,
) -> uuid.UUID:
    """Queue one mail; return its id, which is also its idempotency key.

    Args: to: address; template: e.g. "mail/code" for mail/code.{subject.txt,txt,html}; context: JSON values only;
    language: nl or en-gb, default the active one; account_id: PLATFORM_ACCOUNT for somebody who has no account yet;
    headers: more of them, as List-Unsubscribe; files: stored files to attach.
    """
    if account_id == tenancy.PLATFORM_ACCOUNT:
        with tenancy.context(account_id=tenancy.PLATFORM_ACCOUNT, user_id=tenancy.current_user_id()):
            return send(to=to, template=template, context=context, language=language, headers=headers, files=files)
    content = {"to": to, "context": context, "headers": headers or {}, "files": files or []}
    mail = Mail.objects.create(
        template=template,
        language=language or translation.get_language() or settings.LANGUAGE_CODE,
        sealed=vault.seal_note(content, purpose="mail"),
    )
    outbox.add("webanizr.core.mail.deliver", mail_id=mail.id)
    return mail.id


def _as_text(template: str, words: dict[str, Any]) -> str:
    """Render a template whose words are read as they are: an ampersand in a name stays one."""
    return str(Engine.get_default().get_template(template).render(Context(words, autoescape=False)))


def build(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    language: str,
    key: str,
    headers: dict[str, str] | None = None,
    files: Sequence[File] = (),
) -> EmailMultiAlternatives:
    """Render a mail: HTML with its styles inlined, the hand-written text twin, and stored files."""
    words = {**context, "app_url": settings.APP_URL, "language": language}
    with translation.override(language):
        subject = " ".join(_as_text(f"{template}.subject.txt", words).split())
        text = _as_text(f"{template}.txt", words).strip() + "\n"
        # the rules for dark screens can't be inlined: they stay in the head
        html = css_inline.inline(
            render_to_string(f"{template}.html", words), load_remote_stylesheets=False, keep_at_rules=True
        )
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    message.attach_alternative(html, "text/html")
    for stored, name, media_type in files:
        message.attach(name, storage.get(stored), media_type)
    message.extra_headers["Message-ID"] = f"<{key}@webanizr.nl>"  # the same on every attempt
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    message.extra_headers |= headers or {}
    return message


class DeliverTask(TenantTask):
    """Sending is HTTP, so it happens outside any transaction; the steps around it are one each."""

    atomic = False
    abstract = True


@shared_task(base=DeliverTask, name="webanizr.core.mail.deliver")
def deliver(*, account_id: uuid.UUID, mail_id: str) -> None:
    """Send one stored mail and delete its row.

    SES knows no idempotency key, so the row says that an attempt was made before it is made. An attempt whose end
    nobody saw (a killed worker, no answer) waits for SES's own report, which deletes the row (`mail_events.arrived`);
    only when none came within settings.MAIL_DOUBT_SECONDS is it sent again.
    """
    with tenancy.tenant(account_id):
        mail = Mail.objects.filter(id=mail_id).first()
        if mail is None:
            return
        content = vault.unseal_note(mail.sealed, purpose="mail")
        if mail_events.stopped(content["to"]):
            log.warning("mail %s isn't sent: its address bounced for good", mail.id)
            mail.delete()
            return
        now = timezone.now()
        doubt = timedelta(seconds=settings.MAIL_DOUBT_SECONDS)
        if mail.attempted_at is not None and now < mail.attempted_at + doubt:
            raise Later((mail.attempted_at + doubt - now).total_seconds())
        person_id = person_of(content["to"])
    message = build(
        to=content["to"],
        template=mail.template,
        context=content["context"],
        language=mail.language,
        key=str(mail.id),
        headers=content.get("headers"),
        files=[(stored, name, media_type) for stored, name, media_type in content.get("files", ())],
    )
    with tenancy.tenant(account_id):
        Mail.objects.filter(id=mail_id).update(attempted_at=now)
    if settings.EMAIL_BACKEND.startswith("anymail."):
        message.metadata = {"mail": str(mail.id), "account": str(account_id)}  # type: ignore[attr-defined]  # anymail's
        if person_id:
            net.record(SES, why="mail", about=[person_id], fields=["email", "words"])
    try:
        message.send()
    except AnymailAPIError as error:
        if not_sent(error.__cause__):
            with tenancy.tenant(account_id):
                Mail.objects.filter(id=mail_id).update(attempted_at=None)
        raise
    with tenancy.tenant(account_id):
        Mail.objects.filter(id=mail_id).delete()


def not_sent(cause: BaseException | None) -> bool:
    """Return whether it is certain that SES didn't take the mail: it said so itself, or couldn't be reached.

    Args: cause: boto3's error, which only core/storage.py may import: known by what it carries, or by its name.
    """
    answered = isinstance(getattr(cause, "response", None), dict)
    return answered or type(cause).__name__ in ("EndpointConnectionError", "ConnectTimeoutError")


def person_of(address: str) -> uuid.UUID | None:
    """Return whose list of transfers a mail to `address` belongs to; None for somebody without an account."""
    user = apps.get_model(settings.AUTH_USER_MODEL)
    found: uuid.UUID | None = user.objects.filter(email=address.lower()).values_list("pk", flat=True).first()
    return found
