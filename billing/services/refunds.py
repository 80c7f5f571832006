"""Money that goes back: collecting where to, the file for the bank (pain.001), and forgetting the account after."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from sepaxml import SepaTransfer

from accounts.models import User
from accounts.services import audit
from billing import purpose, seller
from billing.identifiers import clean_text
from billing.models import BankLine, Refund
from billing.selectors import AMSTERDAM
from billing.services.credits import REFUND_DAYS, SEAL, iban_of
from billing.services.errors import BillingError
from webanizr.core import outbox, tenancy, vault

State = Refund.State


def end_to_end(refund: Refund) -> str:
    """Return what the bank shows of a refund on our statement, by which it is recognised as paid."""
    return f"WR{refund.id.hex}"[:35]


def of_line(line: BankLine, *, now: datetime) -> Refund:
    """Store that a whole bank line goes back to its payer."""
    day = now.astimezone(AMSTERDAM).date()
    known = line.payer is not None and bool(iban_of(line))
    return Refund.objects.create(
        line=line,
        cents=line.cents,
        reason=Refund.Reason.DUPLICATE,
        state=State.OPEN if known else State.NEEDS_IBAN,
        sealed=line.payer if known else None,
        made_on=day,
        due_on=day + timedelta(days=REFUND_DAYS),
    )


def give_iban(*, refund: Refund, name: str, iban: str, actor: User) -> None:
    """Say where the money goes, where we no longer know it: by the customer. Raises BillingError.

    Args: iban: as `identifiers.clean_iban` returns it.
    """
    account_id = tenancy.current_account_id()
    with purpose.tenant(account_id, user_id=actor.pk):
        sealed = vault.seal_note({"name": clean_text(name)[:70], "iban": iban}, purpose=SEAL)
        if not Refund.objects.filter(id=refund.id, state=State.NEEDS_IBAN).update(sealed=sealed, state=State.OPEN):
            raise BillingError(_("This refund is on its way already."))
        audit.record("refund.account_given", actor_id=actor.pk, target_id=refund.id)


def export(*, actor: User, now: datetime) -> tuple[bytes, int]:
    """Return the file that pays all open refunds (pain.001.001.09, checked against its schema), and how many.

    Raises BillingError when there is none. One that the bank refuses is taken out by `put_back`.
    """
    with purpose.desk(actor.pk):
        open_ones = list(Refund.objects.select_for_update().filter(state=State.OPEN).order_by("due_on", "id"))
        if not open_ones:
            raise BillingError(_("There is nothing to pay back."))
        transfer = SepaTransfer(
            {
                "name": clean_text(seller.account_name())[:70],
                "IBAN": seller.iban(),
                "BIC": seller.bic(),
                "batch": False,
                "currency": "EUR",
            },
            schema="pain.001.001.09",
            clean=True,
        )
        for refund in open_ones:
            transfer.add_payment(_payment(refund, now.astimezone(AMSTERDAM).date()))
        data = bytes(transfer.export(validate=True))
        Refund.objects.filter(id__in=[one.id for one in open_ones]).update(state=State.EXPORTED)
    return data, len(open_ones)


def _payment(refund: Refund, day: date) -> dict[str, Any]:
    assert refund.sealed is not None
    where = vault.unseal_note(refund.sealed, purpose=SEAL)
    return {
        "name": clean_text(where.get("name") or "Customer")[:70],
        "IBAN": where["iban"],
        "amount": refund.cents,
        "execution_date": day,
        "description": "Webanizr refund",
        "endtoend_id": end_to_end(refund),
    }


def mark_paid(*, refund_id: uuid.UUID, actor: User, now: datetime) -> None:
    """Note by hand that the bank has paid a refund. Raises BillingError."""
    with purpose.desk(actor.pk):
        if not _paid(Refund.objects.filter(id=refund_id, state=State.EXPORTED), now=now):
            raise BillingError(_("Only a refund that is in a file for the bank can be marked as paid."))


def put_back(*, refund_id: uuid.UUID, ask: bool, actor: User) -> None:
    """Take a refund out of a file that the bank refused or that got lost: it goes into the next one, or the customer
    is asked first.

    Args: ask: the account number was wrong, so its owner is asked for another. Raises BillingError.
    """
    with purpose.desk(actor.pk):
        found = Refund.objects.select_for_update().filter(id=refund_id, state=State.EXPORTED).first()
        if found is None:
            raise BillingError(_("Only a refund that is in a file for the bank can be taken out of it."))
        if ask and found.customer_id is None:
            raise BillingError(_("There is no customer to ask: the account is gone, or was never known."))
        if ask:
            Refund.objects.filter(id=refund_id).update(state=State.NEEDS_IBAN, sealed=None)
        else:
            Refund.objects.filter(id=refund_id).update(state=State.OPEN)
        customer_id = found.customer_id
    if ask and customer_id is not None:
        with tenancy.tenant(customer_id, user_id=actor.pk):
            outbox.add("billing.tasks.ask_account", refund_id=refund_id)


def by_end_to_end(ids: Iterable[str], *, now: datetime) -> int:
    """Mark the refunds that a statement shows as paid; return how many. For the purpose of billing."""
    found = [_id_of(one) for one in ids if one.startswith("WR")]
    keys = [key for key in found if key]
    return _paid(Refund.objects.filter(id__in=keys, state=State.EXPORTED), now=now) if keys else 0


def _id_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=text[2:34])
    except ValueError:
        return None


def _paid(refunds: Any, *, now: datetime) -> int:
    return int(refunds.update(state=State.PAID, sealed=None, finished_at=now))
