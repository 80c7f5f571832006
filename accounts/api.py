"""What the views of every application's API share: the actor, the checked body, pages of rows, refusals."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from webanizr.core.pagination import CursorPages


class Conflict(APIException):
    """409: somebody saved in between, or it can't be done as things are."""

    status_code = status.HTTP_409_CONFLICT


class Full(APIException):
    """402: the plan has no room for one more; the message names the limit and the way on."""

    status_code = status.HTTP_402_PAYMENT_REQUIRED


class Base(APIView):
    """What all views share."""

    required_level: dict[str, str] = {}  # DRF's way: each view names its own
    scope = "sites"
    pagination_class = CursorPages

    @property
    def actor(self) -> User:
        """The person whose session or token this is."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    def checked(self, shape: Any) -> dict[str, Any]:
        """Return the validated body; raises ValidationError with a message per field."""
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def paged(self, rows: Any, shape: Any, **context: Any) -> Response:
        """Return a page of rows, with cursors to the next and the previous one."""
        pager = CursorPages()
        found: Any = pager.paginate_queryset(rows, self.request, view=self)
        return pager.get_paginated_response(shape(found, many=True, context=context).data)
