"""Addresses of the newsletter in the staff service."""

from django.urls import path

from newsletters.views import staff

urlpatterns = [path("newsletter/", staff.newsletter, name="newsletter")]
