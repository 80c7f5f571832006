"""JSON Schema of what goes into pages and forms."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sites.api.base import Base
from sites.blocks import content as blocks
from sites.fields import definition as fields


class BlocksSchema(Base):
    """The JSON Schema of a page's content."""

    required_level = {"GET": "public"}

    @extend_schema(operation_id="schema_blocks", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Show the schema."""
        return Response(blocks.json_schema())


class FieldsSchema(Base):
    """The JSON Schema of a form's fields."""

    required_level = {"GET": "public"}

    @extend_schema(operation_id="schema_fields", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Show the schema."""
        return Response(fields.json_schema())
