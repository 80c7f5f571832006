"""Members, roles and invitations by mail, through the front door under the app's own login."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Membership, Role
from accounts.services import members
from tests import cast
from webanizr.core import mail, tenancy, vault
from webanizr.local import testing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> cast.Person:
    return cast.owner("Alice")


def invite(alice: cast.Person, email: str, role: str = "editor") -> str:
    """Invite somebody on the team page; return the link from the mail."""
    letters: list[str] = []
    send = mail.send

    def keep(**given: object) -> object:
        letters.append(str(given["context"]["link"]))  # type: ignore[index]  # what mail.send was given
        return send(**given)  # type: ignore[arg-type]  # what mail.send was given

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "send", keep)
        answer = alice.client.post("/settings/team/", {"email": email, "role": role})
    assert answer.status_code == 302
    return re.sub(r"^https?://[^/]+", "", letters[-1])


def test_an_invited_person_joins_with_the_role_of_the_invitation(alice: cast.Person) -> None:
    bob = cast.person("Bob")
    link = invite(alice, bob.email, Role.READER)
    client = Client()
    client.force_login(bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert alice.account.name in client.get(link).content.decode()
    assert client.post(link).status_code == 302
    with tenancy.tenant(alice.account.pk):
        assert Membership.objects.get(user=bob).role == Role.READER
        assert not Invitation.objects.exists()
    assert client.get(link).status_code == 404


def test_the_link_is_for_one_address_only(alice: cast.Person) -> None:
    link = invite(alice, "bob@example.nl")
    charlie = cast.owner("Charlie")
    assert charlie.client.post(link).status_code == 422
    with tenancy.tenant(alice.account.pk):
        assert not Membership.objects.filter(user=charlie.user).exists()


def test_a_withdrawn_or_old_invitation_no_longer_works(alice: cast.Person) -> None:
    link = invite(alice, "bob@example.nl")
    with tenancy.tenant(alice.account.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(link).status_code == 404
    again = invite(alice, "bob@example.nl")
    assert Client().get(again).status_code == 200
    assert Client().get(link).status_code == 404
    with tenancy.tenant(alice.account.pk):
        row = Invitation.objects.get()
    alice.client.post(f"/settings/team/invitations/{row.id}/", {"action": "withdraw"})
    assert Client().get(again).status_code == 404


def test_the_last_owner_stays(alice: cast.Person) -> None:
    with tenancy.tenant(alice.account.pk):
        own = Membership.objects.get(user=alice.user)
    for data in ({"role": "editor"}, {"action": "remove"}):
        alice.client.post(f"/settings/team/members/{own.id}/", data)
    alice.client.post("/settings/team/leave/")
    with tenancy.tenant(alice.account.pk):
        assert Membership.objects.get(user=alice.user).role == Role.OWNER


def test_a_removed_member_is_out_with_the_next_click(alice: cast.Person) -> None:
    bob = cast.colleague("Bob", alice, Role.EDITOR)
    with tenancy.tenant(alice.account.pk):
        row = Membership.objects.get(user=bob.user)
    assert bob.client.get("/inbox/").status_code == 200
    alice.client.post(f"/settings/team/members/{row.id}/", {"action": "remove"})
    assert bob.client.get("/inbox/").status_code == 302


def test_a_waiting_mail_is_sealed(alice: cast.Person) -> None:
    with tenancy.tenant(alice.account.pk):
        mail.send(to="vera@example.nl", template="mail/welcome", context={"name": "Vera"}, language="nl")

    connection = testing.current().connect("worker")
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('webanizr.account_id', %s, true)", [str(alice.account.pk)])
        cursor.execute("SELECT sealed FROM core_mail")
        rows = [bytes(row[0]) for row in cursor.fetchall()]
    connection.close()
    assert rows
    assert all(b"vera" not in row.lower() for row in rows)
    opened = [vault.unseal_note(row, purpose="mail") for row in rows]
    assert "vera@example.nl" in [each["to"] for each in opened]


def test_nobody_signs_in_to_the_account_of_a_stranger(alice: cast.Person) -> None:
    """The role of a member can't be set from outside the account."""
    charlie = cast.owner("Charlie")
    with tenancy.tenant(alice.account.pk):
        own = Membership.objects.get(user=alice.user)
    assert charlie.client.post(f"/settings/team/members/{own.id}/", {"role": "reader"}).status_code == 404
    with pytest.raises(members.MemberError), tenancy.tenant(charlie.account.pk):
        members.accept(account_id=alice.account.pk, secret="guess", actor=charlie.user)
