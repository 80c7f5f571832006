"""Addresses of the console in the staff service: questions, and what was asked for them."""

from django.urls import include, path

from privacy.views import console

console_patterns = (
    [
        path("questions/", console.queue, name="queue"),
        path("questions/<int:number>/", console.question, name="question"),
        path("questions/<int:number>/answer/", console.answer, name="answer"),
        path("questions/<int:number>/close/", console.close, name="close"),
        path("questions/<int:number>/quote/", console.quote, name="quote"),
        path("questions/<int:number>/ask/", console.ask, name="ask"),
        path("requests/<uuid:request_id>/withdraw/", console.withdraw, name="withdraw"),
        path("access/", console.overview, name="access"),
    ],
    "console",
)

urlpatterns = [path("", include(console_patterns))]
