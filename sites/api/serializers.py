"""The shapes of the API. Writing goes through `sites.services`; these only check and show."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from rest_framework import serializers

from sites import themes
from sites.models import Asset, Form, Page, Site, SiteVersion, Submission
from sites.selectors.inbox import Message, open_message
from webanizr.core import vault
from webanizr.core.models import Job


class Line(serializers.CharField):
    """One line of text: no NUL and no other control characters, white space trimmed."""

    def to_internal_value(self, data: Any) -> str:
        """Return the line, normalised."""
        return " ".join(super().to_internal_value(data).split())


class SiteSerializer(serializers.ModelSerializer[Site]):
    """A website."""

    url = serializers.SerializerMethodField()
    online = serializers.SerializerMethodField()

    class Meta:
        model = Site
        fields = ["id", "name", "language", "theme", "hue", "vividness", "menu", "url", "online", "created_at"]

    def _domain(self, site: Site) -> Any:
        return self.context["domains"].get(site.id)

    def get_url(self, site: Site) -> str:
        """The address of the website."""
        domain = self._domain(site)
        return domain.url if domain else ""

    def get_online(self, site: Site) -> bool:
        """Whether visitors see it."""
        domain = self._domain(site)
        return bool(domain and domain.version_id)


class NewSite(serializers.Serializer[Any]):
    """What a new website is made from."""

    kind = serializers.CharField(max_length=20, default="other")
    name = Line(max_length=80)
    place = Line(max_length=60, default="", allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, default="nl")


class TakeBack(serializers.Serializer[Any]):
    """A change to take back, as `publish` lists it."""

    what = serializers.ChoiceField(choices=["site", "page", "form"])
    id = serializers.UUIDField()
    key = serializers.RegexField(r"^[a-z0-9]{0,26}$", allow_blank=True, default="")

    def validate_id(self, value: Any) -> str:
        """Return the id as changes carry it."""
        return str(value)


class SiteChange(serializers.Serializer[Any]):
    """What can be changed about a website."""

    name = Line(max_length=80, required=False)
    label = serializers.CharField(max_length=63, required=False)  # type: ignore[assignment]  # the host name's first part
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    theme = serializers.ChoiceField(choices=sorted(themes.THEMES), required=False)
    hue = serializers.IntegerField(min_value=0, max_value=360, required=False)
    vividness = serializers.IntegerField(min_value=1, max_value=3, required=False)


class PageSerializer(serializers.ModelSerializer[Page]):
    """A page's draft. `content` is a list of blocks; its schema is at /api/v1/schema/blocks/."""

    class Meta:
        model = Page
        fields = ["id", "title", "slug", "description", "noindex", "position", "content", "version", "updated_at"]


class NewPage(serializers.Serializer[Any]):
    """A new page."""

    title = Line(max_length=80)
    slug = serializers.SlugField(max_length=80, required=False)
    content = serializers.JSONField(required=False)


class PageChange(serializers.Serializer[Any]):
    """A page's name and address, or its content together with the version it started from."""

    title = Line(max_length=80, required=False)
    slug = serializers.SlugField(max_length=80, required=False, allow_blank=True)
    description = Line(max_length=200, required=False, allow_blank=True)
    noindex = serializers.BooleanField(required=False)
    in_menu = serializers.BooleanField(required=False)
    content = serializers.JSONField(required=False)
    version = serializers.IntegerField(required=False, help_text="The version the content started from.")


class PageMove(serializers.Serializer[Any]):
    """One place up (-1) or down (1)."""

    step = serializers.ChoiceField(choices=[-1, 1])


class PictureSerializer(serializers.ModelSerializer[Asset]):
    """A picture in the website's library; blocks name it by `id`."""

    class Meta:
        model = Asset
        fields = ["id", "name", "alt", "width", "height", "created_at"]


class NewPicture(serializers.Serializer[Any]):
    """A picture to add."""

    file = serializers.FileField()
    alt = Line(max_length=200, default="", allow_blank=True, help_text="What can be seen on it.")


class PictureChange(serializers.Serializer[Any]):
    """What can be changed about a picture."""

    alt = Line(max_length=200, allow_blank=True)


class FormSerializer(serializers.ModelSerializer[Form]):
    """A form; the schema of its fields is at /api/v1/schema/fields/."""

    name = Line(max_length=80)
    definition = serializers.JSONField(source="fields", help_text="The fields, in order.")

    class Meta:
        model = Form
        fields = ["id", "name", "button", "thanks", "notify", "retention_days", "definition"]


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """What one visitor sent. A damaged one has no answers and `damaged` is true."""

    form_name = serializers.CharField(source="form.name", read_only=True)
    answers = serializers.SerializerMethodField()
    damaged = serializers.SerializerMethodField()
    _last: Message | None = None

    class Meta:
        model = Submission
        fields = [
            "id", "site", "form", "form_name", "received_at", "expires_at", "read_at", "deleted_at", "quarantined",
            "answers", "damaged",
        ]  # fmt: skip

    def get_answers(self, row: Submission) -> list[dict[str, Any]]:
        """Each question with its answer in words, and the files that went along: {"id", "name", "size", "kind"}."""
        return [
            {
                "id": answer.id,
                "label": answer.label,
                "answer": answer.text,
                "purpose": answer.purpose,
                "files": [asdict(file) for file in answer.files],
            }
            for answer in self._opened(row).answers
        ]

    def get_damaged(self, row: Submission) -> bool:
        """Whether the stored bytes could not be read."""
        return self._opened(row).damaged

    def _opened(self, row: Submission) -> Message:
        """Open each row once."""
        if self._last is None or self._last.row is not row:
            self._last = open_message(row)
            if self._last.away:
                raise vault.Unavailable("api")
        return self._last


class SubmissionChange(serializers.Serializer[Any]):
    """Mark a message, delete it or bring it back."""

    action = serializers.ChoiceField(choices=["read", "unread", "delete", "restore", "release"])


class BulkChange(SubmissionChange):
    """The same for several messages."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class BulkResult(serializers.Serializer[Any]):
    """How many messages changed."""

    changed = serializers.IntegerField()


class VersionSerializer(serializers.ModelSerializer[SiteVersion]):
    """A version that is or was online."""

    class Meta:
        model = SiteVersion
        fields = ["id", "number", "created_at"]


class JobSerializer(serializers.ModelSerializer[Job]):
    """An export and how far it is."""

    class Meta:
        model = Job
        fields = ["id", "state", "done", "total", "message", "result_bytes", "created_at", "finished_at", "expires_at"]


class NewExport(serializers.Serializer[Any]):
    """What to export."""

    form = serializers.UUIDField(required=False, allow_null=True)
    folder = serializers.ChoiceField(choices=["all", "unread", "trash", "quarantine"], default="all")
    q = Line(max_length=200, default="", allow_blank=True, help_text="Words, addresses, numbers: all must match.")


class PersonAsked(serializers.Serializer[Any]):
    """Whom an export is about: an address or number, or the sender of a message."""

    q = Line(max_length=200, default="", allow_blank=True)
    of = serializers.CharField(max_length=36, default="", allow_blank=True)


class FoundSerializer(serializers.Serializer[Any]):
    """A message of a person, and what it was found on: address, phone or both."""

    found_on = serializers.ListField(child=serializers.CharField())
    message = SubmissionSerializer()


class PersonSerializer(serializers.Serializer[Any]):
    """Somebody by their addresses and numbers, and everything that was found on those."""

    addresses = serializers.ListField(child=serializers.CharField())
    numbers = serializers.ListField(child=serializers.CharField())
    found = FoundSerializer(many=True)
