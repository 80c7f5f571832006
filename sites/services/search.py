"""Making submissions findable: after intake, by the worker; again whenever their answers change."""

from __future__ import annotations

import hashlib
import uuid

from sites.models import SearchEntry, Submission
from sites.selectors.sealed import open_content
from webanizr.core import outbox
from webanizr.core.vault import blind

TASK = "sites.tasks.index_submission"
BATCH = 1000


def index_later(submission_id: uuid.UUID) -> None:
    """Have the worker index a submission once this transaction has committed."""
    outbox.add(TASK, submission_id=submission_id)


def index(submission: Submission) -> int:
    """Store what a submission can be found by, in place of what was stored before; return how many terms.

    Idempotent. Raises vault.VaultError.
    """
    content = open_content(submission)
    terms = blind.terms_of(blind.texts_in(content.get("values", {})))
    tokens = blind.tokens(submission.account_id, terms)
    SearchEntry.objects.filter(submission_id=submission.id).delete()
    SearchEntry.objects.bulk_create(
        [
            SearchEntry(
                id=uuid.UUID(bytes=hashlib.sha256(token + submission.id.bytes).digest()[:16]),
                account_id=submission.account_id,
                submission_id=submission.id,
                token=token,
            )
            for token in tokens
        ],
        batch_size=BATCH,
    )
    return len(tokens)
