"""Exports as CSV."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base, Conflict
from sites.api.submissions import chosen_by
from sites.inbox.exports import download
from sites.services import export
from webanizr.core.models import Job


def kept() -> QuerySet[Job]:
    """Return the exports of messages: a token for those gives nothing of what is known of its owner."""
    return Job.objects.filter(kind=export.KIND).exclude(params__content__in=export.OWN)


def one(job_id: uuid.UUID) -> Job:
    """Return one of them; raises Http404."""
    job = kept().filter(id=job_id).first()
    if job is None:
        raise Http404
    return job


class Exports(Base):
    """Exports as CSV."""

    required_level = {"GET": "reader", "POST": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="exports_list", responses=shapes.JobSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the exports that are kept."""
        return self.paged(kept(), shapes.JobSerializer)

    @extend_schema(operation_id="exports_create", request=shapes.NewExport, responses={202: shapes.JobSerializer})
    def post(self, request: Request) -> Response:
        """Start an export."""
        values = self.checked(shapes.NewExport)
        job = export.start_export(chosen=chosen_by(values), actor=self.actor)
        return Response(shapes.JobSerializer(job).data, status=202)


class OneExport(Base):
    """How far an export is."""

    required_level = {"GET": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="exports_get", responses=shapes.JobSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """Show an export's progress."""
        return Response(shapes.JobSerializer(one(job_id)).data)


class ExportFile(Base):
    """An export's file."""

    required_level = {"GET": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="exports_download", responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, job_id: uuid.UUID) -> HttpResponse | Response:
        """Fetch the file; 409 while it isn't ready, or when it is no longer kept."""
        response = download(request._request, one(job_id).id)
        if isinstance(response, HttpResponseRedirect):
            raise Conflict("This export isn't ready, or is no longer kept.")
        assert isinstance(response, HttpResponse)
        return response
