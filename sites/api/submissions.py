"""What visitors sent."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base
from sites.inbox.views import download
from sites.selectors import inbox, search
from sites.selectors.shown import shown, within
from sites.services import inbox as inbox_services
from sites.services import uploads
from webanizr.core import alarms, storage, vault
from webanizr.core.pagination import CursorPages


def chosen_by(values: dict[str, Any]) -> search.Filter:
    """Return the filter that checked values name."""
    return search.Filter(values["folder"], values.get("form"), search.asked_for(values["q"]))


class Submissions(Base):
    """What visitors sent."""

    required_level = {"GET": "reader", "POST": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="submissions_list", responses=shapes.SubmissionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List messages, newest first.

        Query: folder (all, unread, trash, quarantine), form (its id), q (whole words, addresses, telephone numbers in
        any spelling; all must match). `hidden` says how many older ones the plan doesn't show; exports hold them.
        """
        query = {name: request.query_params[name] for name in ("form", "folder", "q") if name in request.query_params}
        serializer = shapes.NewExport(data=query)
        serializer.is_valid(raise_exception=True)
        chosen = chosen_by(serializer.validated_data)
        pager = CursorPages()
        pager.ordering = ("-received_at", "-id")
        rows = within(inbox.submissions(chosen), chosen.folder).select_related("form")
        found = pager.paginate_queryset(rows, request, view=self)
        answer = pager.get_paginated_response(shapes.SubmissionSerializer(found, many=True).data)
        answer.data["hidden"] = shown().hidden
        return answer

    @extend_schema(operation_id="submissions_bulk", request=shapes.BulkChange, responses=shapes.BulkResult)
    def post(self, request: Request) -> Response:
        """Mark, delete or restore several messages; answers how many of them were yours."""
        values = self.checked(shapes.BulkChange)
        changed = inbox_services.change(ids=values["ids"], action=values["action"], actor=self.actor)
        return Response({"changed": changed})


class OneSubmission(Base):
    """One message."""

    required_level = {"GET": "reader", "POST": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="submissions_get", responses=shapes.SubmissionSerializer)
    def get(self, request: Request, submission_id: uuid.UUID) -> Response:
        """Show a message; that doesn't mark it as read."""
        return Response(shapes.SubmissionSerializer(inbox.access_submission(submission_id)).data)

    @extend_schema(
        operation_id="submissions_change", request=shapes.SubmissionChange, responses=shapes.SubmissionSerializer
    )
    def post(self, request: Request, submission_id: uuid.UUID) -> Response:
        """Mark, delete or restore a message."""
        row = inbox.access_submission(submission_id)
        inbox_services.change(ids=[row.id], action=self.checked(shapes.SubmissionChange)["action"], actor=self.actor)
        return Response(shapes.SubmissionSerializer(inbox.access_submission(submission_id)).data)


class OneFile(Base):
    """A file that came with a message."""

    required_level = {"GET": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="submissions_file", responses={(200, "application/octet-stream"): bytes})
    def get(self, request: Request, submission_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
        """Download a file; its number stands at the answer. 404 as well for one that can't be opened."""
        upload, sent = inbox.access_upload(submission_id, file_id)
        try:
            return download(uploads.open_file(upload), sent)
        except (storage.Missing, vault.Unreadable):
            alarms.ring("unreadable: file", upload.id)
            raise Http404 from None
