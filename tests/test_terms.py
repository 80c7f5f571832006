"""How long each form keeps messages: seen by every member, set by who may edit, for one's own account only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from accounts.models import Role
from sites.models import Form
from tests import cast
from webanizr.core import tenancy

pytestmark = pytest.mark.django_db(transaction=True)


def term_of(form: Form) -> int:
    with tenancy.tenant(form.account_id):
        return Form.objects.get(id=form.id).retention_days


def test_the_terms_of_all_forms_are_on_one_page_and_are_set_there(
    as_role: Callable[[str], AbstractContextManager[Any]],
) -> None:
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    cast.send(as_role, site, form, name="Vera")
    assert 'href="/consent/terms/"' in alice.client.get("/consent/data/").content.decode()
    page = alice.client.get("/consent/terms/").content.decode()
    assert form.name in page
    assert '<option value="365" selected>' in page
    assert "<time datetime=" in page  # when the first message goes
    answer = alice.client.post(f"/consent/terms/{form.id}/", {"retention_days": "90"})
    assert answer.headers["Location"] == "/consent/terms/"
    assert term_of(form) == 90
    assert '<option value="90" selected>' in alice.client.get("/consent/terms/").content.decode()


def test_a_term_that_is_none_changes_nothing_and_says_so() -> None:
    alice = cast.owner("Alice")
    _site, _page, form = cast.site_of(alice)
    answer = alice.client.post(f"/consent/terms/{form.id}/", {"retention_days": "100000"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert term_of(form) == 365


def test_a_reader_looks_and_a_stranger_finds_nothing() -> None:
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    _site, _page, form = cast.site_of(alice)
    rita = cast.colleague("Rita", alice, Role.READER)
    page = rita.client.get("/consent/terms/").content.decode()
    assert form.name in page
    assert "<select" not in page
    assert rita.client.post(f"/consent/terms/{form.id}/", {"retention_days": "7"}).status_code == 403
    assert charlie.client.post(f"/consent/terms/{form.id}/", {"retention_days": "7"}).status_code == 404
    assert form.name not in charlie.client.get("/consent/terms/").content.decode()
    assert term_of(form) == 365
