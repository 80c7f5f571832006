"""Why something sealed can't be opened. A record is opened whole or not at all."""

from __future__ import annotations


class VaultError(Exception):
    """Something sealed can't be opened. `code` is for logs and staff: it holds nothing of what was sealed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unreadable(VaultError):
    """It can't be opened, now or later: another format, a moved row, damaged bytes, or a key that is gone."""


class Unavailable(VaultError):
    """The key service or the key store doesn't answer; nothing is lost, and it may be asked again."""


class Forbidden(VaultError):
    """It isn't for this process: another service, another account, or no open access session."""
