"""The billing worker in the tests' own process, under its own database login, and what a customer does before it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape

from celery import current_app
from django.utils import timezone

from billing import purpose, tasks
from billing.models import BillingProfile, PaymentRequest, Subscription
from billing.services.profiles import save_profile
from billing.services.requests import purchase
from tests.cast import Person
from webanizr.core import outbox, tenancy

IBAN = "NL91ABNA0417164300"
PAYER = "NL20INGB0001234567"
BUSINESS = {
    "kind": "business",
    "name": "Bakkerij Jansen V.O.F.",
    "street": "Dorpsstraat 12",
    "postcode": "3511 AB",
    "city": "Utrecht",
    "country": "NL",
    "vat_id": "NL123456782B90",
    "kvk": "87654321",
    "reference": "",
}
CONSUMER = BUSINESS | {"kind": "consumer", "name": "Alice Jansen", "vat_id": "", "kvk": ""}
AsRole = Callable[[str], AbstractContextManager[Any]]


def profile(someone: Person, **values: str) -> BillingProfile:
    """Fill in the billing profile."""
    return save_profile(account_id=someone.account.pk, values=BUSINESS | values, actor=someone.user, now=timezone.now())


def buy(someone: Person, *, now: date, plan: str = "plus", interval: str = "year", terms: bool = False) -> Any:
    """Buy a plan; return the payment request, if there is one."""
    return purchase(
        account_id=someone.account.pk, plan=plan, interval=interval, on_terms=terms, actor=someone.user, now=now
    )


@contextmanager
def inside(someone: Person) -> Iterator[uuid.UUID]:
    """Look at somebody's account for the purpose of billing."""
    with tenancy.tenant(someone.account.pk, user_id=someone.user.pk), purpose.billing():
        yield someone.account.pk


def subscription(someone: Person) -> Subscription:
    """Return somebody's subscription as it is stored."""
    with inside(someone):
        return Subscription.objects.get()


def request_of(someone: Person) -> PaymentRequest:
    """Return somebody's newest payment request."""
    with inside(someone):
        found = PaymentRequest.objects.order_by("-made_at").first()
        assert found is not None
        return found


def work(as_role: AsRole, *, on: date | None = None, mails: bool = False) -> list[str]:
    """Run everything that waits in the outbox as the worker does; return the tasks' names.

    Args: on: the day it is; mails: deliver mails as well.
    """
    done = []
    current_app.loader.import_default_modules()  # other applications' tasks wait there too
    current_app.finalize(auto=True)
    with as_role("worker"), clock(on):
        while rows := outbox.claim(per_account=100, total=1000):
            for row in rows:
                if row.task == "webanizr.core.mail.deliver" and not mails:
                    continue
                current_app.tasks[row.task](outbox_id=str(row.id), account_id=str(row.account_id))
                done.append(row.task)
    return done


def nightly(as_role: AsRole, on: date) -> None:
    """Let the worker do its daily round on a day, and what follows from it."""
    with as_role("worker"), clock(on):
        tasks.daily()
        tasks.erase_what_is_over()
    work(as_role, on=on)


@contextmanager
def clock(on: date | None) -> Iterator[None]:
    """Let billing think it is another day."""
    if on is None:
        yield
        return
    with mock.patch("billing.tasks.today", return_value=on), mock.patch("billing.selectors.today", return_value=on):
        yield


def camt(
    lines: list[dict[str, Any]],
    *,
    opening: int = 100_000,
    closing: int | None = None,
    on: date,
    iban: str = IBAN,
    name: str = "S1",
) -> bytes:
    """Return a CAMT.053 file of lines {"cents", "text", "ref", "iban", "name", "bank_ref", "e2e"}."""
    total = opening + sum(line["cents"] for line in lines)

    def balance(code: str, cents: int) -> str:
        side = "CRDT" if cents >= 0 else "DBIT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{abs(cents) / 100:.2f}</Amt>"
            f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
        )

    rows = []
    for number, line in enumerate(lines):
        side, other = ("CRDT", "Dbtr") if line["cents"] > 0 else ("DBIT", "Cdtr")
        ref = line.get("ref")
        strd = f"<Strd><CdtrRefInf><Ref>{ref}</Ref></CdtrRefInf></Strd>" if ref else ""
        rows.append(
            f"<Ntry><Amt Ccy='EUR'>{abs(line['cents']) / 100:.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>"
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt>"
            f"<AcctSvcrRef>{line.get('bank_ref', f'{name}{number}')}</AcctSvcrRef>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>{line.get('e2e', 'NOTPROVIDED')}</EndToEndId></Refs>"
            f"<RltdPties><{other}><Nm>{escape(line.get('name', 'Alice'))}</Nm></{other}>"
            f"<{other}Acct><Id><IBAN>{line.get('iban', PAYER)}</IBAN></Id></{other}Acct></RltdPties>"
            f"<RmtInf><Ustrd>{escape(line.get('text', ''))}</Ustrd>{strd}</RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>"
        f"<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>{name}</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', total if closing is None else closing)}{''.join(rows)}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def noon(day: date) -> datetime:
    """Return the middle of a day."""
    return datetime.combine(day, datetime.min.time(), timezone.get_default_timezone()).replace(hour=12)
