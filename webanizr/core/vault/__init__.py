"""The one way in and the one way out for what customers collect. Serves promises 10, 13 and 16; see docs/encryption.md.

`records` seals and opens answers, `streams` files, `blind` makes what can be searched; `keys` decides which process may
unwrap a private key, `wrapping` and `keystore` keep those keys outside the database. `notes` is for our own small ones.
"""

from webanizr.core.vault.brief import Brief
from webanizr.core.vault.errors import Forbidden, Unavailable, Unreadable, VaultError
from webanizr.core.vault.keys import (
    Pair,
    access_session,
    account_key,
    destroy_account_keys,
    destroy_pair,
    guard_sessions,
    make_account_key,
    make_pair,
)
from webanizr.core.vault.notes import note_key, seal_note, unseal_note
from webanizr.core.vault.records import (
    PLAIN,
    IntakeKey,
    new_intake_key,
    open_intake_key,
    seal,
    seal_intake_key,
    unseal,
    unseal_bound,
)
from webanizr.core.vault.streams import as_file, open_stream, seal_stream, sealed_size

__all__ = [
    "PLAIN",
    "Brief",
    "Forbidden",
    "IntakeKey",
    "Pair",
    "Unavailable",
    "Unreadable",
    "VaultError",
    "access_session",
    "account_key",
    "as_file",
    "destroy_account_keys",
    "destroy_pair",
    "guard_sessions",
    "make_account_key",
    "make_pair",
    "new_intake_key",
    "note_key",
    "open_intake_key",
    "open_stream",
    "seal",
    "seal_intake_key",
    "seal_note",
    "seal_stream",
    "sealed_size",
    "unseal",
    "unseal_bound",
    "unseal_note",
]
