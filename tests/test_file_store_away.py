"""A file store that is away stops what needs it, in words, and nothing else: what is online stays online."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sites.models import Domain, SiteVersion
from sites.services.publish import publish_site
from tests import cast
from webanizr.core import storage, tenancy
from webanizr.core.storage import clients
from webanizr.local.place import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(settings: object) -> Iterator[None]:
    """Let the store's address lead nowhere."""
    clients.s3.cache_clear()
    settings.AWS_S3_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"  # type: ignore[attr-defined]  # pytest-django's
    yield
    clients.s3.cache_clear()


def test_publishing_says_so_and_leaves_everything_as_it_was(away: None) -> None:
    alice = cast.owner("Alice")
    site, _page, _form = cast.site_of(alice)
    answer = alice.client.post(f"/sites/{site.id}/publish/")
    assert answer.status_code == 503
    assert "Nothing changed" in answer.content.decode()
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert not SiteVersion.objects.exists()
        assert Domain.objects.get(site_id=site.id).version_id is None
        with pytest.raises(storage.Away):
            publish_site(site=site, actor=alice.user)


def test_every_other_page_gets_an_error_page_that_says_when_to_try_again(away: None) -> None:
    alice = cast.owner("Alice")
    site, _page, _form = cast.site_of(alice)
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(picture, "PNG")
    file = SimpleUploadedFile("punt.png", picture.getvalue(), "image/png")
    answer = alice.client.post(f"/sites/{site.id}/pictures/", {"file": file}, headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert answer.json()["reference"]
