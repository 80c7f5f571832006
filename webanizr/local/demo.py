"""Demo content for local runs: Alice's bakery, online, with its form; and Bob, who works there.

Made once per database, through the product's own services. Sign in as alice@example.nl: the code is at /dev/mail/.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import User

ALICE, BOB = "alice@example.nl", "bob@example.nl"


def main() -> int:
    """Make the demo account unless it is there; print the site's address as the last line. Runs as the app login."""
    import django

    django.setup()
    from accounts.models import Membership, Role, User
    from accounts.services.accounts import create_account
    from sites.models import Domain
    from sites.services.publish import publish_site
    from sites.services.sites import create_site
    from webanizr.core import tenancy

    if User.objects.filter(email=ALICE).exists():
        return 0
    alice, bob = person(ALICE, "Alice de Bakker"), person(BOB, "Bob Jansen")
    account = create_account(actor=alice, name="Bakkerij Het Hoekje").account
    with tenancy.tenant(account.pk, user_id=alice.pk):
        Membership.objects.create(account=account, user=bob, role=Role.EDITOR)
        site = create_site(kind="shop", name="Bakkerij Het Hoekje", place="Rotterdam", actor=alice)
        publish_site(site=site, actor=alice)
        print(Domain.objects.get(site_id=site.id).url)
    return 0


def person(email: str, name: str) -> User:
    """Store somebody whose address is confirmed."""
    from allauth.account.models import EmailAddress

    from accounts.models import User as People

    user = People.objects.create_user(email, name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


if __name__ == "__main__":
    sys.exit(main())
