"""What billing's API views share: owners only, for the purpose of billing, never cached; refusals become 409."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.exceptions import ValidationError

from accounts.api import Base as ApiBase
from accounts.api import Conflict
from billing import purpose
from billing.services.errors import BillingError
from webanizr.core import tenancy


class Base(ApiBase):
    """A view that runs for the purpose of billing: the database shows this account's rows while it does."""

    scope = "billing"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request."""
        with purpose.billing():
            response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    @property
    def account_id(self) -> uuid.UUID:
        """The account of the session or token."""
        return tenancy.current_account_id()

    def form_checked(self, form: Any) -> dict[str, Any]:
        """Return what a form of the browser's makes of the same words; raises ValidationError by field."""
        if not form.is_valid():
            raise ValidationError(dict(form.errors))
        return dict(form.cleaned_data)


@contextmanager
def refusing() -> Iterator[None]:
    """Answer 409 with the words for the person when billing can't do what was asked."""
    try:
        yield
    except BillingError as error:
        raise Conflict(str(error)) from error
