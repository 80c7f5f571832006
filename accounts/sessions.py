"""Sessions of the staff service, in a table of their own: no staff login can read a customer's session key."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts.models import StaffSession


class SessionStore(DatabaseStore):
    """Django's database sessions over `StaffSession`."""

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        """Return the table."""
        return StaffSession
