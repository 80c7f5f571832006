"""The bank's side of tests: Sam of billing reads statements in, and customers owe something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from billing import purpose
from billing.models import BankLine, Invoice
from billing.selectors import invoices_of
from billing.services import statements
from tests.billing.working import AsRole, buy, camt, inside, noon, profile, work
from tests.cast import Person, owner
from tests.staff import Hire

DAY = date(2026, 3, 31)
MT940 = """{1:F01ABNANL2AXXXX0000000000}{2:I940ABNANL2AXXXXN}{4:
:20:ABN AMRO BANK NV
:25:NL91ABNA0417164300
:28C:09001/1
:60F:C260330EUR18204,11
:61:2603310331C145,20NTRFNONREF//B1234567
:86:/TRTP/SEPA OVERBOEKING/IBAN/NL20INGB0001234567/BIC/INGBNL2A/NAME/L KU
IPER/REMI/RF54BV2026
0417/EREF/NOTPROVIDED
:61:2603310331D10,00NTRFNONREF//B1234568
:86:/TRTP/SEPA/NAME/BANK/REMI/kosten/SUM/1/
:62F:C260331EUR18339,31
-}
"""


def one(**values: Any) -> dict[str, Any]:
    return {"cents": 14_520} | values


class Sam:
    """Sam of billing, with statements to read in."""

    def __init__(self, as_role: AsRole, user: User) -> None:
        self.as_role, self.user, self.count, self.balance = as_role, user, 0, 100_000

    def reads(self, *lines: dict[str, Any], on: date = DAY, booked: bool = True) -> statements.Imported:
        self.count += 1
        data = camt(list(lines), on=on, name=f"S{self.count}", opening=self.balance)
        self.balance += sum(line["cents"] for line in lines)
        with self.as_role("staff"):
            found = statements.import_statement(data=data, actor=self.user, now=noon(on))
        if booked:
            work(self.as_role, on=on)
        return found

    def does(self, act: Callable[..., Any], **values: Any) -> Any:
        with self.as_role("staff"):
            return act(actor=self.user, **values)


@pytest.fixture
def sam(as_role: AsRole, hire: Hire) -> Sam:
    return Sam(as_role, hire("Sam", "billing"))


def states(as_role: AsRole) -> list[str]:
    with as_role("worker"), transaction.atomic(), purpose.billing():
        return list(BankLine.objects.order_by("statement__imported_at", "position").values_list("state", flat=True))


def with_open_invoice(as_role: AsRole, name: str = "Alice") -> tuple[Person, Invoice]:
    """A business customer with an unpaid invoice of 350.90."""
    someone = owner(name)
    profile(someone)
    buy(someone, now=DAY, plan="business", terms=True)
    work(as_role, on=DAY)
    with inside(someone) as account_id:
        return someone, invoices_of(account_id)[0].invoice
