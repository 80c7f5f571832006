"""Websites."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.services.limits import LimitReached
from sites.api import serializers as shapes
from sites.api.base import Base, Full
from sites.models import Domain, Site
from sites.selectors import editor as selectors
from sites.services import hosts
from sites.services import sites as site_services


def domains() -> dict[uuid.UUID, Domain]:
    """Return the account's host names by site."""
    return {domain.site_id: domain for domain in Domain.objects.order_by("-created_at")}


def shown(site: Site) -> dict[str, Any]:
    """Return a website as JSON."""
    return dict(shapes.SiteSerializer(site, context={"domains": domains()}).data)


class Sites(Base):
    """Your websites."""

    required_level = {"GET": "editor", "POST": "editor"}

    @extend_schema(operation_id="sites_list", responses=shapes.SiteSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the websites."""
        return self.paged(Site.objects.all(), shapes.SiteSerializer, domains=domains())

    @extend_schema(operation_id="sites_create", request=shapes.NewSite, responses={201: shapes.SiteSerializer})
    def post(self, request: Request) -> Response:
        """Make a website with a finished first page; 402 when the plan has no room for one more."""
        try:
            site = site_services.create_site(**self.checked(shapes.NewSite), actor=self.actor)
        except LimitReached as error:
            raise Full(str(error)) from error
        return Response(shown(site), status=201)


class OneSite(Base):
    """One website."""

    required_level = {"GET": "editor", "PATCH": "editor"}

    @extend_schema(operation_id="sites_get", responses=shapes.SiteSerializer)
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """Show a website."""
        return Response(shown(selectors.access_site(site_id)))

    @extend_schema(operation_id="sites_change", request=shapes.SiteChange, responses=shapes.SiteSerializer)
    def patch(self, request: Request, site_id: uuid.UUID) -> Response:
        """Change name, address, language or look."""
        site = selectors.access_site(site_id)
        domain = selectors.domain_of(site)
        values = {name: getattr(site, name) for name in ("name", "language", "theme", "hue", "vividness")}
        values["label"] = domain.host.partition(".")[0]
        try:
            site_services.change_site(
                site=site, domain=domain, actor=self.actor, **values | self.checked(shapes.SiteChange)
            )
        except hosts.HostError as error:
            raise ValidationError({"label": [str(error)]}) from error
        return Response(shown(site))
