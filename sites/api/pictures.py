"""Pictures of a website."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api import serializers as shapes
from sites.api.base import Base
from sites.models import Asset
from sites.selectors import editor as selectors
from sites.services import assets


class Pictures(Base):
    """The pictures of a website."""

    required_level = {"GET": "editor", "POST": "editor"}

    @extend_schema(operation_id="pictures_list", responses=shapes.PictureSerializer(many=True))
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """List the pictures."""
        return self.paged(Asset.objects.filter(site=selectors.access_site(site_id)), shapes.PictureSerializer)

    @extend_schema(
        operation_id="pictures_create",
        request={"multipart/form-data": shapes.NewPicture},
        responses={201: shapes.PictureSerializer},
    )
    def post(self, request: Request, site_id: uuid.UUID) -> Response:
        """Add a picture (multipart): at most 10 MB; JPEG, PNG, WebP or GIF; its metadata is left out."""
        site = selectors.access_site(site_id)
        values = self.checked(shapes.NewPicture)
        file = values["file"]
        try:
            asset = assets.store_asset(
                site=site, name=file.name, data=file.read(assets.MAX_BYTES + 1), actor=self.actor, alt=values["alt"]
            )
        except assets.AssetError as error:
            raise ValidationError({"file": [str(error)]}) from error
        return Response(shapes.PictureSerializer(asset).data, status=201)


class OnePicture(Base):
    """One picture."""

    required_level = {"GET": "editor", "PATCH": "editor", "DELETE": "editor"}

    @extend_schema(operation_id="pictures_get", responses=shapes.PictureSerializer)
    def get(self, request: Request, site_id: uuid.UUID, asset_id: uuid.UUID) -> Response:
        """Show a picture's facts."""
        return Response(shapes.PictureSerializer(selectors.access_asset(site_id, asset_id)).data)

    @extend_schema(operation_id="pictures_change", request=shapes.PictureChange, responses=shapes.PictureSerializer)
    def patch(self, request: Request, site_id: uuid.UUID, asset_id: uuid.UUID) -> Response:
        """Say what can be seen on it."""
        asset = selectors.access_asset(site_id, asset_id)
        assets.describe_asset(asset=asset, alt=self.checked(shapes.PictureChange)["alt"], actor=self.actor)
        return Response(shapes.PictureSerializer(asset).data)

    @extend_schema(operation_id="pictures_delete", responses={204: None})
    def delete(self, request: Request, site_id: uuid.UUID, asset_id: uuid.UUID) -> Response:
        """Delete a picture that no page and nothing online shows."""
        try:
            assets.delete_asset(asset=selectors.access_asset(site_id, asset_id), actor=self.actor)
        except assets.AssetError as error:
            raise ValidationError({"detail": [str(error)]}) from error
        return Response(status=204)
