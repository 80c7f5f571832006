"""Everything about one person, in every form."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base
from sites.inbox.person import everything, person_of
from sites.selectors.search import Person
from sites.services import export

WHO = [
    OpenApiParameter("q", str, description="An e-mail address or telephone number, in any spelling."),
    OpenApiParameter("of", str, description="The id of a message: its sender."),
]


class OnePerson(Base):
    """Everything about one person, in every form, trash and quarantine included."""

    required_level = {"GET": "reader", "POST": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="person_get", parameters=WHO, responses=shapes.PersonSerializer)
    def get(self, request: Request) -> Response:
        """List what was found on an address or number; 404 when that is nothing."""
        found = self._found(request.query_params)
        return Response(
            {
                "addresses": found.addresses,
                "numbers": found.numbers,
                "found": [
                    {"found_on": each.by, "message": shapes.SubmissionSerializer(each.row).data} for each in found.found
                ],
            }
        )

    @extend_schema(operation_id="person_export", request=shapes.PersonAsked, responses={202: shapes.JobSerializer})
    def post(self, request: Request) -> Response:
        """Start an export of all of it: one zip, to read, and as JSON and CSV."""
        found = self._found(self.checked(shapes.PersonAsked))
        job = export.start_export(chosen=everything(found), actor=self.actor, content=export.PERSON)
        return Response(shapes.JobSerializer(job).data, status=202)

    @staticmethod
    def _found(asked: Any) -> Person:
        found = person_of(asked)
        if not found.found:
            raise NotFound
        return found
