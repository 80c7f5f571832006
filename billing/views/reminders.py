"""Invoices beyond their term and the reminders that went about them: for the billing team."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.selectors import today
from billing.services.reminders import chased
from billing.views.desk import desk_page
from billing.views.page import person


@desk_page
@require_GET
def reminders(request: HttpRequest) -> HttpResponse:
    """Show who is late, what we wrote, and what comes next; the worker sends them."""
    rows = chased(actor=person(request), now=today())
    context = {
        "rows": rows,
        "open_cents": sum(one.row.open_cents for one in rows),
        "waits": any(one.waits_for_statement for one in rows),
        "nav": "reminders",
    }
    return render(request, "desk/reminders.html", context)
