"""The intake keys of this process: one per site, at most ten minutes or a thousand submissions old.

A key is used only after its sealed copy was committed, so that no submission is ever stored without the key to it.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass

from django.db import connection

from sites.hosting.versions import Pointer
from webanizr.core import tenancy, vault

SECONDS = 600
USES = 1000
MOST = 2000  # sites at once

CURRENT = """
    SELECT id, public_key FROM sites_sitekey WHERE account_id = %s AND site_id = %s AND retired_at IS NULL
"""
INSERT = """
    INSERT INTO sites_intakekey (id, account_id, site_id, pair_id, sealed, created_at)
    VALUES (%s, %s, %s, %s, %s, clock_timestamp())
"""


class NoSiteKey(Exception):
    """The site has no public key yet: nothing can be sealed for it, so nothing may be taken in."""


@dataclass
class _Held:
    key: vault.IntakeKey
    uses: int = 0


class IntakeKeys:
    """The process's keys by site; safe for threads."""

    def __init__(self) -> None:
        self._held: vault.Brief[_Held] = vault.Brief(seconds=SECONDS, most=MOST)
        self._lock = threading.Lock()

    def of(self, pointer: Pointer) -> vault.IntakeKey:
        """Return the key for one more submission to a site; raises NoSiteKey, DatabaseError."""
        with self._lock:
            held = self._held.get(pointer.site_id)
            if held is None or held.uses >= USES:
                held = _Held(make(pointer))
                self._held.put(pointer.site_id, held)
            held.uses += 1
            return held.key

    def forget(self, site_id: uuid.UUID | None = None) -> None:
        """Forget a site's key, or all: the next submission makes a new one."""
        self._held.forget(site_id)


def make(pointer: Pointer) -> vault.IntakeKey:
    """Make an intake key and commit its sealed copy; raises NoSiteKey, DatabaseError."""
    with tenancy.tenant(pointer.account_id), connection.cursor() as cursor:
        cursor.execute(CURRENT, [pointer.account_id, pointer.site_id])
        row = cursor.fetchone()
        if row is None:
            raise NoSiteKey
        pair = vault.Pair(row[0], bytes(row[1]))
        key, sealed = vault.new_intake_key(account_id=pointer.account_id, site_id=pointer.site_id, pair=pair)
        cursor.execute(INSERT, [key.id, pointer.account_id, pointer.site_id, pair.id, sealed])
    return key


intake_keys = IntakeKeys()
