"""Addresses of the billing team's desk in the staff service."""

from django.urls import path

from billing.views import desk, reminders, statements

app_name = "desk"
urlpatterns = [
    path("billing/", desk.bank, name="bank"),
    path("billing/lines/<uuid:line_id>/", desk.line, name="line"),
    path("billing/statements/", statements.statements, name="statements"),
    path("billing/statements/<uuid:statement_id>/", statements.statement, name="statement"),
    path("billing/invoices/", desk.invoices, name="invoices"),
    path("billing/invoices/<uuid:invoice_id>/credit/", desk.credit, name="credit"),
    path("billing/reminders/", reminders.reminders, name="reminders"),
    path("billing/invoices/<uuid:invoice_id>/pdf/", desk.document, name="pdf"),
    path("billing/refunds/", desk.refunds, name="refunds"),
    path("billing/refunds/export/", desk.export_refunds, name="refund_export"),
    path("billing/refunds/<uuid:refund_id>/paid/", desk.refund_paid, name="refund_paid"),
    path("billing/refunds/<uuid:refund_id>/again/", desk.refund_again, name="refund_again"),
    path("billing/reports/", desk.report, name="reports"),
    path("billing/reports/ubl.zip", desk.ubl_zip, name="ubl_zip"),
    path("billing/vat-ids/<uuid:account_id>/", desk.vat_check, name="vat_check"),
]
