"""The billing team's desk in the staff service: bank, invoices, refunds, reports. Support can't open it."""

from __future__ import annotations

import functools
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import purpose, reports
from billing.models import BankLine, BankStatement, BillingProfile, Invoice, Refund
from billing.selectors import Settled, in_billing_team, open_of, today
from billing.services import desk as orders
from billing.services import files, statements
from billing.services import refunds as refund_services
from billing.services.credits import creditable_cents
from billing.services.errors import BillingError
from billing.services.profiles import record_vat_check
from billing.statements import StatementError
from billing.views.page import person, say
from webanizr.core.permissions import View

SHOWN = 50


def desk_page(view: View) -> View:
    """Decorate a view: people of the billing team only. The database asks the same of every row."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
        if not in_billing_team(request):
            raise PermissionDenied(_("This desk is for the people of billing."))
        return never_cache(view)(request, *args, **kwargs)

    guarded.required_level = "staff"  # type: ignore[attr-defined]  # read by the permission matrix
    return guarded


class StatementForm(forms.Form):
    """A statement file."""

    file = forms.FileField(
        label=gettext_lazy("Statement file"),
        help_text=gettext_lazy("CAMT.053 (XML) or MT940, as the bank gives it."),
    )


@desk_page
@require_http_methods(["GET", "POST"])
def bank(request: HttpRequest) -> HttpResponse:
    """Read a statement in, and deal with the lines that weren't recognised."""
    form = StatementForm(request.POST or None, request.FILES or None)
    actor = person(request)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        assert isinstance(upload, UploadedFile)
        try:
            found = statements.import_statement(data=upload.read(), actor=actor, now=timezone.now())
        except StatementError as error:
            form.add_error("file", str(error))
        else:
            said = ngettext(
                "Read in: %(lines)s line. Recognised %(matched)s, to look at %(queue)s, known already %(known)s.",
                "Read in: %(lines)s lines. Recognised %(matched)s, to look at %(queue)s, known already %(known)s.",
                found.statement.lines_count,
            )
            messages.success(
                request,
                said
                % {
                    "lines": found.statement.lines_count,
                    "matched": found.matched,
                    "queue": found.suggested + found.unmatched,
                    "known": found.known,
                },
            )
            return redirect("desk:bank")
    return bank_page(request, form=form, status=422 if form.errors else 200)


def bank_page(
    request: HttpRequest, *, form: StatementForm, status: int, wrong: dict[str, Any] | None = None
) -> HttpResponse:
    """Return the page of bank lines. Args: wrong: {"line", "names", "message"} of one that couldn't be dealt with."""
    actor = person(request)
    with purpose.desk(actor.pk):
        last = BankStatement.objects.order_by("-imported_at").first()
        counts = {
            "booked": BankLine.objects.filter(statement=last, state=BankLine.State.BOOKED).count() if last else 0,
            "refunds": Refund.objects.exclude(state=Refund.State.PAID).count(),
        }
    queue = statements.queue(actor=actor)
    context = {
        "form": form,
        "queue": queue,
        "gone": wrong is not None and all(row.line.id != wrong["line"] for row in queue),
        "last": last,
        "counts": counts,
        "wrong": wrong,
        "nav": "bank",
    }
    return render(request, "desk/bank.html", context, status=status)


@desk_page
@require_POST
def line(request: HttpRequest, line_id: uuid.UUID) -> HttpResponse:
    """Accept a suggestion, assign by hand, send back or leave a line."""
    actor, act = person(request), request.POST.get("act", "")
    try:
        if act == "assign":
            names = [name for name in request.POST.get("names", "").replace(";", ",").split(",") if name.strip()]
            statements.assign(line_id=line_id, targets=[(name.strip(), None) for name in names], actor=actor)
            messages.success(request, _("Linked. It is booked in a moment."))
        elif act == "send_back":
            statements.send_back(line_id=line_id, actor=actor, now=timezone.now())
            messages.success(request, _("It stands under Refunds now."))
        elif act == "ignore":
            statements.ignore(line_id=line_id, actor=actor)
            messages.success(request, _("Left alone: it isn't a customer's payment."))
        else:
            raise Http404
    except BillingError as error:
        wrong = {"line": line_id, "names": request.POST.get("names", ""), "message": str(error)}
        return bank_page(request, form=StatementForm(), status=422, wrong=wrong)
    return redirect("desk:bank")


@desk_page
@require_GET
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes, newest first; by a part of the number or name, or by the customer number."""
    wanted = request.GET.get("q", "").strip()[:100]
    page = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() and len(request.GET["page"]) < 6 else 0
    with purpose.desk(person(request).pk):
        found = Invoice.objects.defer("ubl", "cii").order_by("-issued_on", "-series", "-no")
        if wanted:
            words = Q(number__icontains=wanted) | Q(buyer__name__icontains=wanted)
            customer_no = wanted.upper().removeprefix("K-")
            if customer_no.isascii() and customer_no.isdigit() and len(customer_no) < 9:
                words |= Q(customer_no=int(customer_no))
            found = found.filter(words)
        shown = list(found[page * SHOWN : page * SHOWN + SHOWN + 1])
        left = open_of(shown)
    rows = [Settled(one, left[one.id]) for one in shown[:SHOWN]]
    context = {
        "rows": rows,
        "wanted": wanted,
        "older": page + 1 if len(shown) > SHOWN else None,
        "newer": page - 1 if page else None,
        "today": today(),
        "nav": "invoices",
    }
    return render(request, "desk/invoices.html", context)


@desk_page
@require_GET
def document(request: HttpRequest, invoice_id: uuid.UUID) -> HttpResponse:
    """Download an invoice or credit note as PDF, as the customer has it."""
    with purpose.desk(person(request).pk):
        found = Invoice.objects.defer("ubl", "cii").filter(id=invoice_id).first()
    if found is None:
        raise Http404
    made = files.invoice_pdf(found)
    if made is None:
        messages.info(request, _("This PDF is still being made. Try again in a minute."))
        return redirect("desk:invoices")
    return files.download(made)


class CreditForm(forms.Form):
    """How much to credit."""

    euros = forms.DecimalField(
        label=gettext_lazy("Amount ex VAT, in euros"),
        help_text=gettext_lazy("Leave it empty for all that is left."),
        required=False,
        min_value=Decimal("0.01"),
        decimal_places=2,
        localize=True,
    )


@desk_page
@require_http_methods(["GET", "POST"])
def credit(request: HttpRequest, invoice_id: uuid.UUID) -> HttpResponse:
    """Order a credit note."""
    actor = person(request)
    with purpose.desk(actor.pk):
        invoice = Invoice.objects.defer("ubl", "cii").filter(id=invoice_id, kind=Invoice.Kind.INVOICE).first()
        if invoice is None:
            raise Http404
        left = creditable_cents(invoice)
    form = CreditForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        amount = form.cleaned_data["euros"]
        try:
            orders.order_credit(
                invoice_id=invoice_id, net_cents=int(amount * 100) if amount is not None else None, actor=actor
            )
        except BillingError as error:
            form.add_error("euros", str(error))
        else:
            messages.success(request, _("The credit note is made and mailed in a minute."))
            return redirect("desk:invoices")
    context = {"form": form, "invoice": invoice, "left_cents": left, "nav": "invoices"}
    return render(request, "desk/credit.html", context, status=422 if form.errors else 200)


@desk_page
@require_GET
def refunds(request: HttpRequest) -> HttpResponse:
    """Money that goes back."""
    with purpose.desk(person(request).pk):
        rows = list(Refund.objects.exclude(state=Refund.State.PAID).order_by("due_on"))
    ready = sum(row.state == Refund.State.OPEN for row in rows)
    return render(request, "desk/refunds.html", {"rows": rows, "ready": ready, "nav": "refunds"})


@desk_page
@require_POST
def export_refunds(request: HttpRequest) -> HttpResponse:
    """Download the file for the bank."""
    try:
        data, _count = refund_services.export(actor=person(request), now=timezone.now())
    except BillingError as error:
        say(request, error)
        return redirect("desk:refunds")
    response = HttpResponse(data, content_type="application/xml")
    response.headers["Content-Disposition"] = f'attachment; filename="refunds-{today()}.xml"'
    return response


@desk_page
@require_POST
def refund_paid(request: HttpRequest, refund_id: uuid.UUID) -> HttpResponse:
    """Note that the bank has paid one."""
    try:
        refund_services.mark_paid(refund_id=refund_id, actor=person(request), now=timezone.now())
    except BillingError as error:
        say(request, error)
    return redirect("desk:refunds")


@desk_page
@require_POST
def refund_again(request: HttpRequest, refund_id: uuid.UUID) -> HttpResponse:
    """Take one out of a file that the bank didn't pay."""
    ask = request.POST.get("act") == "ask"
    try:
        refund_services.put_back(refund_id=refund_id, ask=ask, actor=person(request))
    except BillingError as error:
        say(request, error)
    else:
        messages.success(
            request, _("We ask the customer for an account number.") if ask else _("It goes into the next file.")
        )
    return redirect("desk:refunds")


def _quarter(request: HttpRequest) -> tuple[int, int]:
    """Return the asked year and quarter; the one before today's by default."""
    year, _dash, number = request.GET.get("q", "").partition("-")
    if year.isdigit() and number in ("1", "2", "3", "4") and 2000 <= int(year) <= 2200:
        return int(year), int(number)
    day = today()
    now = (day.month - 1) // 3 + 1
    return (day.year, now - 1) if now > 1 else (day.year - 1, 4)


@desk_page
@require_GET
def report(request: HttpRequest) -> HttpResponse:
    """Show a quarter for the tax office, and the proof that the books have no gap."""
    year, number = _quarter(request)
    with purpose.desk(person(request).pk):
        context = {
            "year": year,
            "number": number,
            "quarters": [(y, n) for y in (today().year, today().year - 1) for n in (4, 3, 2, 1)],
            "vat": reports.vat_return(year, number),
            "icp": reports.icp(year, number),
            "oss": reports.oss(year, number),
            "near": reports.near_threshold(year),
            "eu_cents": reports.eu_consumer_cents(year),
            "problems": list(reports.proof()),
            "unchecked": list(
                BillingProfile.objects.exclude(vat_id="").exclude(country="NL").order_by("vat_check", "vat_id")[:SHOWN]
            ),
            "nav": "reports",
        }
        return render(request, "desk/reports.html", context)


@desk_page
@require_GET
def ubl_zip(request: HttpRequest) -> HttpResponse:
    """Download a quarter's invoices as UBL."""
    year, number = _quarter(request)
    with purpose.desk(person(request).pk):
        data = reports.ubl_zip(*reports.quarter(year, number))
    response = HttpResponse(data, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="ubl-{year}-Q{number}.zip"'
    return response


@desk_page
@require_POST
def vat_check(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Write down what the tax authorities' page said of a VAT id."""
    outcome = request.POST.get("outcome", "")
    if outcome not in BillingProfile.VatCheck.values:
        raise Http404
    record_vat_check(
        account_id=account_id,
        outcome=outcome,
        reference=request.POST.get("reference", ""),
        actor=person(request),
        now=timezone.now(),
    )
    messages.success(request, _("Written down. It holds for the next invoices."))
    return redirect("desk:reports")
