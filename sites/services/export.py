"""Exports of what came in: under the exporter's login, sealed before they are stored, started over when killed.

Serves promises 12 and 16: the customer gets everything, and a copy of the file store holds nothing readable.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Account, Role, User
from accounts.services import audit
from privacy import package
from sites.selectors import inbox, search
from sites.services import export_all, export_csv, export_person
from sites.services.keys import make_account_key
from webanizr.core import jobs, mail, results, tenancy, vault
from webanizr.core.models import Job

KIND = "export"
TASK = "sites.export_tasks.export_submissions"
READY = "sites.tasks.tell_export_ready"
PURPOSE = "export"
CSV, PERSON, EVERYTHING, ME = "csv", "person", "everything", "me"
OWN = (EVERYTHING, ME)  # hold what is known of who asked: theirs alone to fetch
WAITED = timedelta(minutes=1)  # who waited longer than this is mailed

# What writes the file: (account, filter, progress to call with the number done) -> pieces
Writer = Callable[[uuid.UUID, search.Filter, Callable[[int], None]], Iterator[bytes]]
WRITERS: dict[str, Writer] = {CSV: export_csv.write, PERSON: export_person.write}


def start_export(*, chosen: search.Filter, actor: User, content: str = CSV) -> Job:
    """Queue an export of what the filter names; return the job.

    Args: content: CSV for a spreadsheet, or PERSON: a zip to hand over to the person that all of it is about;
    EVERYTHING: the whole account, with its websites as plain files; ME: what we have of who asks.
    """
    if content != ME:
        audit.record("submissions.exported", actor_id=actor.pk, target_id=chosen.form)
    make_account_key(tenancy.current_account_id())  # an account without a website has none yet
    params = chosen.params() | {"content": content}
    return jobs.start(kind=KIND, task=TASK, actor_id=actor.pk, params=params)


def retry_export(*, job: Job, actor: User) -> Job:
    """Queue a failed export again, as a new job."""
    return start_export(chosen=search.Filter.of(job.params), actor=actor, content=job.params.get("content", CSV))


def visible_to(user_id: uuid.UUID, role: str) -> Q:
    """Return the condition on jobs that somebody may see and fetch: what holds their own data is nobody else's."""
    others = ~Q(params__content__in=OWN)
    own = Q(created_by=user_id) & (~Q(params__content=EVERYTHING) if role != Role.OWNER else Q())
    return Q(kind=KIND) & (others | own)


def owner_of(job: Job) -> uuid.UUID:
    """Return with whose erasure an export goes: the account's, or the person's whose own data it holds."""
    owner: uuid.UUID = job.created_by if job.params.get("content") == ME else job.account_id
    return owner


def run_export(account_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Write the export of a job and mark it done. Every step has its own transaction; idempotent."""
    with tenancy.tenant(account_id):
        job = Job.objects.filter(id=job_id).first()
        if job is None or job.finished:
            return
        chosen = search.Filter.of(job.params)
        content = job.params.get("content", CSV)
        total = 0 if content == ME else inbox.submissions(chosen).count()
        language = Account.objects.get(id=account_id).language
        key = vault.account_key(account_id, PURPOSE)

    def steps(step: int, of: int, doing: str) -> None:
        done, all_of_it = (step - 1, of) if content == ME else (0, total)
        jobs.progress(account_id, job_id, done=done, total=all_of_it, message=package.step_words(step, of, doing))

    def progress(done: int) -> None:
        jobs.progress(account_id, job_id, done=min(done, total), total=total, message=_("Reading the messages"))

    with translation.override(language):
        if content == ME:
            pieces = package.of_member(account_id, job.created_by, steps)
        elif content == EVERYTHING:
            pieces = export_all.write(account_id, chosen, progress, steps, user_id=job.created_by)
        else:
            progress(0)
            pieces = WRITERS[content](account_id, chosen, progress)
        size = results.store(owner_of(job), job_id, pieces, key)
    waited = timezone.now() - job.created_at > WAITED
    then = READY if waited or content in OWN else ""
    jobs.finish(account_id, job_id, result_key=results.key_of(owner_of(job), job_id), result_bytes=size, then=then)


def tell_ready(job_id: uuid.UUID) -> None:
    """Mail who asked that the export is there to fetch: a link to sign in with, no file. In the account's context."""
    job = Job.objects.filter(id=job_id, state=Job.State.DONE).first()
    who = User.objects.filter(pk=job.created_by).first() if job else None
    if job is None or who is None or job.expires_at is None:
        return
    account = Account.objects.get(pk=job.account_id)
    own = job.params.get("content") in OWN
    with translation.override(account.language):
        until = date_format(timezone.localtime(job.expires_at), "j F Y, H:i")
    words = {
        "name": who.name,
        "account": account.name,
        "until": until,
        "path": "/consent/data/" if own else "/exports/",
        "own": own,
    }
    mail.send(to=who.email, template="mail/export_ready", context=words, language=account.language)


def read_export(job: Job) -> bytes:
    """Return a finished export's file; raises storage.Missing, vault.VaultError."""
    return results.read(owner_of(job), job.id, vault.account_key(job.account_id, PURPOSE))
