"""Addresses of this application in the app service: pages for everybody, help, and the privacy centre."""

from django.urls import include, path

from privacy.views import agreement, center, erasure, help, mydata, public, registers

public_patterns = (
    [
        path("privacy/", public.statement, name="statement"),
        path("privacy/versies/", public.versions, name="versions"),
        path("privacy/versies/<int:number>/", public.version, name="version"),
        path("privacy/verwerkers/", public.processors, name="processors"),
        path("privacy/verwerkers/feed/", agreement.feed, name="processors_feed"),
        path("privacy/bewijs/", public.proof, name="proof"),
        path("privacy/bewijs/sleutel.pem", erasure.key, name="key"),
        path("privacy/wissen/<str:token>/", erasure.progress, name="erasure"),
        path("privacy/wissen/<str:token>/terug/", erasure.withdraw, name="erasure_withdraw"),
        path("privacy/wissen/<str:token>/bewijs.json", erasure.certificate_json, name="erasure_json"),
        path("privacy/wissen/<str:token>/bewijs.pdf", erasure.certificate_pdf, name="erasure_pdf"),
    ],
    "privacy",
)

help_patterns = (
    [
        path("help/", help.ask, name="ask"),
        path("help/suggest/", help.suggest, name="suggest"),
        path("help/articles/<slug:key>/", help.article, name="article"),
        path("help/<uuid:question_id>/", help.question, name="question"),
        path("help/<uuid:question_id>/close/", help.close, name="close"),
    ],
    "help",
)

consent_patterns = (
    [
        path("consent/", center.center, name="center"),
        path("consent/data/", mydata.my_data, name="my_data"),
        path("consent/data/my-data.json", mydata.download, name="my_data_json"),
        path("consent/requests/<uuid:request_id>/", center.answer, name="answer"),
        path("consent/grants/<uuid:grant_id>/", center.grant, name="grant"),
        path("consent/grants/<uuid:grant_id>/withdraw/", center.withdraw, name="withdraw"),
        path("consent/withdraw/<str:token>/", center.withdraw_by_mail, name="withdraw_by_mail"),
        path("consent/always-ask/", center.always_ask, name="always_ask"),
        path("consent/log/verify/", center.verify, name="verify"),
        path("consent/log/webanizr-log.<str:kind>", center.export, name="export"),
        path("consent/register.<str:kind>", registers.ours, name="register"),
        path("consent/agreement/", agreement.show, name="agreement"),
        path("consent/agreement/accept/", agreement.accept, name="agreement_accept"),
        path("consent/agreement/<slug:version>.pdf", agreement.download, name="agreement_pdf"),
    ],
    "consent",
)

urlpatterns = [
    path("", include(public_patterns)),
    path("", include(help_patterns)),
    path("", include(consent_patterns)),
]
