"""The API's views: find within the account, check, call the service, show."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.http import HttpResponse, HttpResponseRedirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from sites.api import serializers as shapes
from sites.blocks import content as blocks
from sites.fields import definition as fields
from sites.inbox.exports import access_export, download
from sites.models import Domain, Form, Page, Site, SiteVersion
from sites.schema.problems import ContentError
from sites.selectors import editor as selectors
from sites.selectors import inbox
from sites.services import drafts, export, forms, hosts, pages, publish
from sites.services import inbox as inbox_services
from sites.services import sites as site_services
from webanizr.core.pagination import CursorPages


class Conflict(APIException):
    """409: somebody saved in between."""

    status_code = status.HTTP_409_CONFLICT


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


def content_error(error: ContentError) -> NoReturn:
    """Raise 400 with each problem and its place."""
    raise ValidationError({"content": error.problems}) from error


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
        """Make a website with a finished first page."""
        return Response(shown(site_services.create_site(**self.checked(shapes.NewSite), actor=self.actor)), status=201)


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

    required_level = {"GET": "editor", "PATCH": "editor"}
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


class Publish(Base):
    """Putting a website online."""

    required_level = {"GET": "editor", "POST": "editor"}

    @extend_schema(operation_id="publish_check", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, site_id: uuid.UUID) -> Response:
        """Show what would change and what stops it."""
        site = selectors.access_site(site_id)
        return Response(
            {
                "changes": [change.__dict__ for change in publish.changes_since_publish(site)],
                "problems": [problem.__dict__ for problem in publish.publish_problems(site)],
            }
        )

    @extend_schema(operation_id="publish", request=None, responses={201: shapes.VersionSerializer})
    def post(self, request: Request, site_id: uuid.UUID) -> Response:
        """Put the draft online."""
        try:
            version = publish.publish_site(site=selectors.access_site(site_id), actor=self.actor)
        except publish.PublishError as error:
            raise ValidationError({"problems": [problem.__dict__ for problem in error.problems]}) from error
        return Response(shapes.VersionSerializer(version).data, status=201)


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
        publish.restore_version(site=selectors.access_site(site_id), version=version, actor=self.actor)
        return Response(shapes.VersionSerializer(version).data)


class Submissions(Base):
    """What visitors sent."""

    required_level = {"GET": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="submissions_list", responses=shapes.SubmissionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List messages, newest first. Query: folder (all, unread, trash, quarantine), form (its id)."""
        query = {name: request.query_params[name] for name in ("form", "folder") if name in request.query_params}
        serializer = shapes.NewExport(data=query)
        serializer.is_valid(raise_exception=True)
        chosen = inbox.Filter(serializer.validated_data["folder"], serializer.validated_data.get("form"))
        pager = CursorPages()
        pager.ordering = ("-received_at", "-id")
        found = pager.paginate_queryset(inbox.submissions(chosen).select_related("form"), request, view=self)
        return pager.get_paginated_response(shapes.SubmissionSerializer(found, many=True).data)


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


class Exports(Base):
    """Exports as CSV."""

    required_level = {"POST": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="exports_create", request=shapes.NewExport, responses={202: shapes.JobSerializer})
    def post(self, request: Request) -> Response:
        """Start an export."""
        values = self.checked(shapes.NewExport)
        job = export.start_export(chosen=inbox.Filter(values["folder"], values.get("form")), actor=self.actor)
        return Response(shapes.JobSerializer(job).data, status=202)


class OneExport(Base):
    """How far an export is."""

    required_level = {"GET": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="exports_get", responses=shapes.JobSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """Show an export's progress."""
        return Response(shapes.JobSerializer(access_export(job_id)).data)


class ExportFile(Base):
    """An export's file."""

    required_level = {"GET": "reader"}
    scope = "submissions"

    @extend_schema(operation_id="exports_download", responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, job_id: uuid.UUID) -> HttpResponse | Response:
        """Fetch the file; 409 while it isn't ready, or when it is no longer kept."""
        response = download(request._request, job_id)
        if isinstance(response, HttpResponseRedirect):
            raise Conflict("This export isn't ready, or is no longer kept.")
        assert isinstance(response, HttpResponse)
        return response


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
