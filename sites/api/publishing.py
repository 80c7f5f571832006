"""Putting a website online, taking it offline, going back to an older version."""

from __future__ import annotations

import uuid
from dataclasses import asdict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base, Conflict
from sites.models import SiteVersion
from sites.selectors import editor as selectors
from sites.services import changes, drafts, pages, publish


class Publish(Base):
    """Putting a website online."""

    required_level = {"GET": "editor", "POST": "editor", "DELETE": "editor"}

    @extend_schema(operation_id="publish_check", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """Show what would change and what stops it."""
        site = selectors.access_site(site_id)
        return Response(
            {
                "changes": [asdict(change) for change in changes.changes_since_publish(site)],
                "problems": [asdict(problem) for problem in publish.publish_problems(site)],
            }
        )

    @extend_schema(operation_id="publish", request=None, responses={201: shapes.VersionSerializer})
    def post(self, request: Request, site_id: uuid.UUID) -> Response:
        """Put the draft online."""
        try:
            version = publish.publish_site(site=selectors.access_site(site_id), actor=self.actor)
        except publish.PublishError as error:
            raise ValidationError({"problems": [asdict(problem) for problem in error.problems]}) from error
        return Response(shapes.VersionSerializer(version).data, status=201)

    @extend_schema(operation_id="unpublish", responses={204: None})
    def delete(self, request: Request, site_id: uuid.UUID) -> Response:
        """Take the website offline; its pages and versions stay."""
        publish.unpublish_site(site=selectors.access_site(site_id), actor=self.actor)
        return Response(status=204)


class TakeBack(Base):
    """Taking one change back."""

    required_level = {"POST": "editor"}

    @extend_schema(operation_id="publish_take_back", request=shapes.TakeBack, responses={204: None})
    def post(self, request: Request, site_id: uuid.UUID) -> Response:
        """Make one thing in the draft again as it is online; `what`, `id` and `key` are those of the change."""
        try:
            changes.take_back(site=selectors.access_site(site_id), actor=self.actor, **self.checked(shapes.TakeBack))
        except drafts.Conflict as error:
            raise Conflict from error
        except (changes.NothingToTakeBack, pages.PageError) as error:
            raise ValidationError({"change": [str(error)]}) from error
        return Response(status=204)


class Versions(Base):
    """Everything that was ever online."""

    required_level = {"GET": "editor"}

    @extend_schema(operation_id="versions_list", responses=shapes.VersionSerializer(many=True))
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """List the versions, newest first."""
        rows = SiteVersion.objects.filter(site=selectors.access_site(site_id)).defer("manifest", "source")
        return self.paged(rows, shapes.VersionSerializer)


class RestoreVersion(Base):
    """Going back."""

    required_level = {"POST": "editor"}

    @extend_schema(operation_id="versions_restore", request=None, responses=shapes.VersionSerializer)
    def post(self, request: Request, site_id: uuid.UUID, version_id: uuid.UUID) -> Response:
        """Put an older version online again."""
        version = selectors.access_version(site_id, version_id)
        try:
            publish.restore_version(site=selectors.access_site(site_id), version=version, actor=self.actor)
        except publish.PublishError as error:
            raise ValidationError({"problems": [asdict(problem) for problem in error.problems]}) from error
        return Response(shapes.VersionSerializer(version).data)
