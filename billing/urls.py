"""Addresses of billing in the app service."""

from django.urls import path

from billing.views import invoices, plans, purchase, subscription

app_name = "billing"
urlpatterns = [
    path("plans/", plans.plans, name="plans"),
    path("subscription/", subscription.subscription, name="subscription"),
    path("subscription/buy/<slug:plan>/", purchase.buy, name="buy"),
    path("subscription/details/", purchase.details, name="details"),
    path("subscription/pay/<uuid:request_id>/", purchase.pay, name="pay"),
    path("subscription/pay/<uuid:request_id>/pdf/", purchase.pay_pdf, name="pay_pdf"),
    path("subscription/pay/<uuid:request_id>/cancel/", purchase.cancel, name="pay_cancel"),
    path("subscription/change/<slug:plan>/", subscription.change, name="change"),
    path("subscription/cancel/", subscription.cancel, name="cancel"),
    path("subscription/resume/", subscription.resume, name="resume"),
    path("subscription/withdraw/", subscription.withdraw, name="withdraw"),
    path("subscription/invoices.zip", invoices.archive, name="archive"),
    path("subscription/invoices/<uuid:invoice_id>/", invoices.invoice, name="invoice"),
    path("subscription/invoices/<uuid:invoice_id>/pdf/", invoices.document, {"kind": "pdf"}, name="pdf"),
    path("subscription/invoices/<uuid:invoice_id>/ubl/", invoices.document, {"kind": "ubl"}, name="ubl"),
    path("subscription/refunds/<uuid:refund_id>/", subscription.refund, name="refund"),
]
