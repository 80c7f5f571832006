"""Forms."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base
from sites.models import Form
from sites.schema.problems import ContentError
from sites.selectors import editor as selectors
from sites.services import forms


class Forms(Base):
    """The forms of a website."""

    required_level = {"GET": "editor", "POST": "editor"}
    scope = "forms"

    @extend_schema(operation_id="forms_list", responses=shapes.FormSerializer(many=True))
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """List the forms."""
        site = selectors.access_site(site_id)
        return self.paged(Form.objects.filter(site=site, deleted_at=None), shapes.FormSerializer)

    @extend_schema(operation_id="forms_create", request=shapes.FormSerializer, responses={201: shapes.FormSerializer})
    def post(self, request: Request, site_id: uuid.UUID) -> Response:
        """Add a form."""
        site = selectors.access_site(site_id)
        values = self.checked(shapes.FormSerializer)
        try:
            form = forms.create_form(site=site, name=values.pop("name"), fields=values.pop("fields"), actor=self.actor)
            forms.change_form(form=form, actor=self.actor, **values)
        except ContentError as error:
            raise ValidationError({"definition": error.problems}) from error
        return Response(shapes.FormSerializer(form).data, status=201)


class OneForm(Base):
    """One form."""

    required_level = {"GET": "editor", "PATCH": "editor", "DELETE": "editor"}
    scope = "forms"

    @extend_schema(operation_id="forms_get", responses=shapes.FormSerializer)
    def get(self, request: Request, site_id: uuid.UUID, form_id: uuid.UUID) -> Response:
        """Show a form."""
        return Response(shapes.FormSerializer(selectors.access_form(site_id, form_id)).data)

    @extend_schema(
        operation_id="forms_change", request=shapes.FormSerializer(partial=True), responses=shapes.FormSerializer
    )
    def patch(self, request: Request, site_id: uuid.UUID, form_id: uuid.UUID) -> Response:
        """Change a form."""
        form = selectors.access_form(site_id, form_id)
        serializer = shapes.FormSerializer(form, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        try:
            forms.change_form(form=form, actor=self.actor, **serializer.validated_data)
        except ContentError as error:
            raise ValidationError({"definition": error.problems}) from error
        return Response(shapes.FormSerializer(form).data)

    @extend_schema(operation_id="forms_delete", responses={204: None})
    def delete(self, request: Request, site_id: uuid.UUID, form_id: uuid.UUID) -> Response:
        """Delete a form; what came in through it stays in the inbox."""
        forms.delete_form(form=selectors.access_form(site_id, form_id), actor=self.actor)
        return Response(status=204)


class RestoreForm(Base):
    """Deleted forms."""

    required_level = {"POST": "editor"}
    scope = "forms"

    @extend_schema(operation_id="forms_restore", request=None, responses=shapes.FormSerializer)
    def post(self, request: Request, site_id: uuid.UUID, form_id: uuid.UUID) -> Response:
        """Bring a deleted form back."""
        form = selectors.access_form(site_id, form_id, deleted=True)
        forms.restore_form(form=form, actor=self.actor)
        return Response(shapes.FormSerializer(form).data)
