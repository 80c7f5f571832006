"""What strangers type is shown as text and turns nothing around it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_direction_marks_and_markup_do_nothing(as_role: Any) -> None:
    alice = cast.owner("Alice")
    site, _page, form = cast.site_of(alice)
    row = cast.send(as_role, site, form, message="<b>factuur</b>\u202egpj.exe\u2066 einde")
    for address in ("/inbox/", f"/inbox/{row.id}/"):
        page = alice.client.get(address).content.decode()
        assert "&lt;b&gt;factuur&lt;/b&gt;gpj.exe einde" in page, address
        assert not set("\u202e\u2066") & set(page)
