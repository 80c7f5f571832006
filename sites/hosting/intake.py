"""Form intake: judge a post, answer in the site's own look, and hand what is good to storing.

Nothing typed is ever lost: every refusal shows the answers again. The hosting login adds a row and can read none.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterable

import psycopg2
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from sites.fields.definition import clean_submission
from sites.hosting import body, challenge, pages, store, uploads
from sites.hosting.intakekeys import NoSiteKey
from sites.hosting.pages import Environ, StartResponse
from sites.hosting.post import Post
from sites.hosting.versions import SECURITY, Pointer, Version
from webanizr.core import ratelimit
from webanizr.core.tally import tally

log = logging.getLogger(__name__)

HONEYPOT = "website"
PER_NETWORK = 30
WINDOW = 600  # seconds
# Names that the form itself sends: never part of what is shown or stored again.
OWN = (HONEYPOT, "challenge", "solution", "confirmed")


def handle(environ: Environ, start_response: StartResponse, pointer: Pointer, version: Version) -> Iterable[bytes]:
    """Answer /_f/<form>: POST takes a submission, GET .../c gives a challenge, GET .../bedankt the receipt."""
    parts = environ["PATH_INFO"].split("/")
    form_id = parts[2] if len(parts) > 2 else ""
    if form_id not in version.manifest["forms"]:
        return pages.not_found(environ, start_response, pointer, version)
    method = environ["REQUEST_METHOD"]
    language = version.manifest["site"]["language"]
    if translation.get_language() != language:  # a thread mostly answers in one; Django's own pages choose theirs
        translation.activate(language)
    if len(parts) == 3 and method == "POST":
        return take(Post(environ, start_response, pointer, version, form_id))
    if len(parts) == 4 and parts[3] == "c" and method == "GET":
        return give_challenge(start_response, form_id)
    if len(parts) == 4 and parts[3] == "bedankt" and method in ("GET", "HEAD"):
        html = pages.receipt_page(version, form_id, environ.get("QUERY_STRING", ""))
        return pages.html(environ, start_response, "200 OK", html)
    if len(parts) == 3 and method in ("GET", "HEAD"):
        return Post(environ, start_response, pointer, version, form_id).page("200 OK")
    return pages.not_found(environ, start_response, pointer, version)


def give_challenge(start_response: StartResponse, form_id: str) -> Iterable[bytes]:
    """Send a fresh challenge as JSON."""
    data = json.dumps(challenge.make(form_id)).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(data))),
        ("Cache-Control", "no-store"),
        *SECURITY,
    ]
    start_response("200 OK", headers)
    return (data,)


def same_origin(environ: Environ) -> bool:
    """Whether the browser says that the post comes from the very site it goes to."""
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return bool(site == "same-origin")
    return bool(environ.get("HTTP_ORIGIN") == f"{settings.HOSTING_SCHEME}://{environ.get('HTTP_HOST', '')}")


def take(post: Post) -> Iterable[bytes]:
    """Judge a post, store it, and send the visitor to the receipt."""
    environ = post.environ
    wait = tally.hit(
        "intake",
        f"{post.pointer.site_id}{ratelimit.ip_prefix(ratelimit.client_address(environ))}",
        limit=PER_NETWORK,
        seconds=WINDOW,
    )
    refused: dict[str, str] = {}
    try:
        if uploads.brings_files(environ, post):
            wanted = not wait and environ.get("HTTP_SEC_FETCH_SITE") != "cross-site"
            sent, refused = uploads.read(environ, post, wanted=wanted)
        else:
            sent = body.read(environ)
    except body.BodyError as error:
        return post.page(error.status, errors={"": _("We couldn't take this in: it is too large or damaged.")})
    token, solution = sent.get("challenge", [""])[0], sent.get("solution", [""])[0]
    trapped = any(value.strip() for value in sent.get(HONEYPOT, ()))
    post.values = uploads.own_notes(post, {name: values for name, values in sent.items() if name not in OWN})
    if wait:
        text = _("That is a lot of messages in a short time. Try again in a moment; what you typed is still here.")
        return post.page("429 Too Many Requests", errors={"": text, **refused}, headers=[("Retry-After", str(wait))])
    answers, errors = clean_submission(post.fields, post.values)
    errors |= refused
    if errors:
        return post.page("422 Unprocessable Content", errors=errors)
    verdict = challenge.check(token, solution, post.form_id)
    if not verdict.ok or not same_origin(environ):
        return post.confirm()
    try:
        store.submission(post, answers, submission_id=verdict.id, quarantined=trapped)
    except store.Stored:
        pass  # by the same post a moment ago: a double click, or going back and sending again
    except store.FileUsed:
        text = _("This file went along with an earlier message. Choose it again.")
        post.values, lost = uploads.without(post, store.used(post))
        return post.page("422 Unprocessable Content", errors=dict.fromkeys(lost or [""], text))
    except (DatabaseError, psycopg2.Error, NoSiteKey) as error:
        log.error("a submission could not be stored: %s", type(error).__name__)
        text = _("We can't take this in just now. Nothing is lost: try again in a minute with the button below.")
        return post.page("503 Service Unavailable", errors={"": text}, headers=[("Retry-After", "60")])
    return _receipt(post, verdict.id)


def _receipt(post: Post, submission_id: uuid.UUID) -> Iterable[bytes]:
    reference = submission_id.hex[:8].upper()
    location = f"/_f/{post.form_id}/bedankt?r={reference}&t={int(time.time())}"
    post.start_response(
        "303 See Other", [("Location", location), ("Content-Length", "0"), ("Cache-Control", "no-store"), *SECURITY]
    )
    return ()
