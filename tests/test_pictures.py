"""The page of a website's pictures: adding and describing without script, deleting what is nowhere in use."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sites.models import Asset, Page
from sites.tasks import delete_picture
from tests import cast
from webanizr.core import storage, tenancy
from webanizr.core.models import Outbox

pytestmark = pytest.mark.django_db


def upload(someone: cast.Person, site_id: uuid.UUID, data: bytes | None = None) -> int:
    """Send a picture as the page's form does; return the answer's status."""
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(picture, "JPEG")
    file = SimpleUploadedFile("winkel.jpg", data or picture.getvalue(), "image/jpeg")
    return int(someone.client.post(f"/sites/{site_id}/pictures/", {"file": file}).status_code)


def test_a_picture_is_added_described_and_deleted_with_its_files() -> None:
    alice = cast.owner("Alice")
    site, page, _form = cast.site_of(alice)
    base = f"/sites/{site.id}/pictures/"
    assert upload(alice, site.id, b"no picture") == 422
    assert upload(alice, site.id) == 302
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        asset = Asset.objects.get()
    alice.client.post(f"{base}{asset.id}/", {"alt": "De winkel van buiten"})
    shown = alice.client.get(base).content.decode()
    assert "De winkel van buiten" in shown
    assert "Not in use" in shown

    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        blocks = [{**b, "image": str(asset.id)} if b["type"] == "hero" else b for b in page.content["blocks"]]
        Page.objects.filter(id=page.id).update(content={**page.content, "blocks": blocks})
    alice.client.post(f"{base}{asset.id}/delete/")
    assert "in use" in alice.client.get(base).content.decode()

    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        Page.objects.filter(id=page.id).update(content=page.content)
    alice.client.post(f"{base}{asset.id}/delete/")
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        assert not Asset.objects.exists()
        row = Outbox.objects.get(task="sites.tasks.delete_picture")
        assert row.args == {"asset_id": str(asset.id)}
    prefix = f"assets/{alice.account.pk}/{asset.id}/"
    assert list(storage.keys(prefix))
    for _again in range(2):
        delete_picture.run(account_id=alice.account.pk, asset_id=str(asset.id))
    assert not list(storage.keys(prefix))
