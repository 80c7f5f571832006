"""Pages: their drafts, their order, the trash."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base, Conflict, content_error
from sites.models import Page
from sites.schema.problems import ContentError
from sites.selectors import editor as selectors
from sites.services import drafts, pages


class Pages(Base):
    """The pages of a website."""

    required_level = {"GET": "editor", "POST": "editor"}

    @extend_schema(operation_id="pages_list", responses=shapes.PageSerializer(many=True))
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """List the pages."""
        site = selectors.access_site(site_id)
        return self.paged(Page.objects.filter(site=site, deleted_at=None), shapes.PageSerializer)

    @extend_schema(operation_id="pages_create", request=shapes.NewPage, responses={201: shapes.PageSerializer})
    def post(self, request: Request, site_id: uuid.UUID) -> Response:
        """Add a page."""
        site = selectors.access_site(site_id)
        try:
            page = pages.create_page(site=site, actor=self.actor, **self.checked(shapes.NewPage))
        except pages.PageError as error:
            raise ValidationError({error.field or "detail": [str(error)]}) from error
        except ContentError as error:
            content_error(error)
        return Response(shapes.PageSerializer(page).data, status=201)


class OnePage(Base):
    """One page's draft."""

    required_level = {"GET": "editor", "PATCH": "editor", "DELETE": "editor"}

    @extend_schema(operation_id="pages_get", responses=shapes.PageSerializer)
    def get(self, request: Request, site_id: uuid.UUID, page_id: uuid.UUID) -> Response:
        """Show a page."""
        return Response(shapes.PageSerializer(selectors.access_page(site_id, page_id)).data)

    @extend_schema(operation_id="pages_change", request=shapes.PageChange, responses=shapes.PageSerializer)
    def patch(self, request: Request, site_id: uuid.UUID, page_id: uuid.UUID) -> Response:
        """Change a page. With `content` goes `version`; 409 when somebody saved in between."""
        page = selectors.access_page(site_id, page_id)
        values = self.checked(shapes.PageChange)
        if "content" in values:
            if "version" not in values:
                raise ValidationError({"version": ["Name the version the content started from."]})
            try:
                page = drafts.save_draft(page=page, content=values["content"], base=values["version"], actor=self.actor)
            except ContentError as error:
                content_error(error)
            except drafts.Conflict as error:
                raise Conflict(f"This page is at version {error.page.version} now.") from error
        named = {
            name: values[name] for name in ("title", "slug", "description", "noindex", "in_menu") if name in values
        }
        if named:
            former = {name: getattr(page, name) for name in ("title", "slug", "description", "noindex")}
            former["in_menu"] = any(item.get("page") == str(page.id) for item in page.site.menu)
            try:
                page = pages.change_page(page=page, actor=self.actor, **former | named)
            except pages.PageError as error:
                raise ValidationError({error.field or "detail": [str(error)]}) from error
        return Response(shapes.PageSerializer(page).data)

    @extend_schema(operation_id="pages_delete", responses={204: None})
    def delete(self, request: Request, site_id: uuid.UUID, page_id: uuid.UUID) -> Response:
        """Delete a page; it can come back for 30 days."""
        try:
            pages.delete_page(page=selectors.access_page(site_id, page_id), actor=self.actor)
        except pages.PageError as error:
            raise ValidationError({"detail": [str(error)]}) from error
        return Response(status=204)


class MovePage(Base):
    """The order of pages."""

    required_level = {"POST": "editor"}

    @extend_schema(operation_id="pages_move", request=shapes.PageMove, responses=shapes.PageSerializer)
    def post(self, request: Request, site_id: uuid.UUID, page_id: uuid.UUID) -> Response:
        """Move a page one place up or down; at the end of the row nothing happens."""
        page = selectors.access_page(site_id, page_id)
        pages.move_page(page=page, step=self.checked(shapes.PageMove)["step"], actor=self.actor)
        page.refresh_from_db()
        return Response(shapes.PageSerializer(page).data)


class RestorePage(Base):
    """Deleted pages."""

    required_level = {"POST": "editor"}

    @extend_schema(operation_id="pages_restore", request=None, responses=shapes.PageSerializer)
    def post(self, request: Request, site_id: uuid.UUID, page_id: uuid.UUID) -> Response:
        """Bring a deleted page back."""
        page = selectors.access_page(site_id, page_id, deleted=True)
        try:
            pages.restore_page(page=page, actor=self.actor)
        except pages.PageError as error:
            raise ValidationError({error.field or "detail": [str(error)]}) from error
        return Response(shapes.PageSerializer(page).data)
