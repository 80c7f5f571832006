"""The registers of article 30 GDPR come from the data map, for the right people."""

from __future__ import annotations

import pytest

from accounts.models import Role
from privacy import registers
from tests import cast


def test_each_personal_declaration_is_in_one_of_the_two() -> None:
    ours, theirs = registers.rows(processor=False), registers.rows(processor=True)
    assert len(ours) > 10
    assert [row for row in [*ours, *theirs] if not all(row)] == []
    assert any("article 28" in row[3] or "artikel 28" in row[3] for row in theirs)
    assert not any("article 28" in row[3] or "artikel 28" in row[3] for row in ours)


@pytest.mark.django_db
def test_a_customer_fetches_what_is_done_for_them() -> None:
    alice = cast.owner("Alice")
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    csv = alice.client.get("/consent/register.csv")
    assert csv.status_code == 200
    assert "article 28" in csv.content.decode()
    assert alice.client.get("/consent/register.pdf").content[:5] == b"%PDF-"
    assert alice.client.get("/consent/register.txt").status_code == 404
    assert bob.client.get("/consent/register.csv").status_code == 403
