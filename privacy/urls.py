"""Addresses of this application in the app service."""

from django.urls import path

from privacy.views import public

app_name = "privacy"

urlpatterns = [
    path("privacy/", public.statement, name="statement"),
    path("privacy/versies/", public.versions, name="versions"),
    path("privacy/versies/<int:number>/", public.version, name="version"),
    path("privacy/verwerkers/", public.processors, name="processors"),
    path("privacy/bewijs/", public.proof, name="proof"),
]
