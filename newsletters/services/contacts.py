"""Making and finding contacts: one row for one address."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from newsletters import scope
from newsletters.addresses import key_of, normalised
from newsletters.models import Contact


def find_or_create(address: str, *, language: str, user_id: uuid.UUID | None = None) -> uuid.UUID:
    """Return the id of the contact with this address, made if there is none.

    Args: address: as it was typed; language: nl or en-gb, for a new contact.
    """
    address = normalised(address)
    found = scope.find(address)
    if found is not None:
        return found
    contact_id = uuid.uuid4()
    try:
        with transaction.atomic(), scope.contact(contact_id):
            Contact.objects.create(
                id=contact_id, address=address, address_key=key_of(address), language=language, user_id=user_id
            )
    except IntegrityError:  # somebody else was just ahead
        found = scope.find(address)
        assert found is not None
        return found
    return contact_id


def locked(contact_id: uuid.UUID) -> Contact | None:
    """Return the contact, locked until the transaction ends, so that its ledger's lines follow each other."""
    return Contact.objects.select_for_update().filter(id=contact_id).first()
