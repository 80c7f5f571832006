"""Addresses of billing's JSON API."""

from django.urls import path

from billing.api import money, subscription

urlpatterns = [
    path("plans/", subscription.Plans.as_view()),
    path("subscription/", subscription.OneSubscription.as_view()),
    path("subscription/change/", subscription.Change.as_view()),
    path("subscription/cancel/", subscription.Cancel.as_view()),
    path("subscription/resume/", subscription.Resume.as_view()),
    path("subscription/withdraw/", subscription.Withdraw.as_view()),
    path("subscription/profile/", subscription.Profile.as_view()),
    path("subscription/requests/", money.Requests.as_view()),
    path("subscription/requests/<uuid:request_id>/", money.OneRequest.as_view()),
    path("subscription/requests/<uuid:request_id>/pdf/", money.RequestFile.as_view()),
    path("invoices/", money.Invoices.as_view()),
    path("invoices/<uuid:invoice_id>/", money.OneInvoice.as_view()),
    path("invoices/<uuid:invoice_id>/pdf/", money.InvoicePdf.as_view()),
    path("invoices/<uuid:invoice_id>/ubl/", money.InvoiceUbl.as_view()),
    path("refunds/", money.Refunds.as_view()),
    path("refunds/<uuid:refund_id>/", money.OneRefund.as_view()),
]
