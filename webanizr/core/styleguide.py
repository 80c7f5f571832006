"""/styleguide/: every component in every state, for local runs. What it shows is the whole component library."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from webanizr.core.permissions import requires

ROLES = [("owner", "Eigenaar"), ("editor", "Redacteur"), ("reader", "Lezer van formulieren")]


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="Naam", help_text="Zoals op je bord.")
    wrong = forms.EmailField(label="E-mailadres")
    code = forms.CharField(label="Code")
    note = forms.CharField(label="Notitie", required=False)
    choice = forms.ChoiceField(label="Rol", choices=ROLES)
    several = forms.MultipleChoiceField(
        label="Mag",
        choices=[("read", "Lezen"), ("write", "Schrijven")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    one = forms.ChoiceField(label="Hoe vaak?", choices=[("day", "Elke dag"), ("week", "Elke week")])
    yes = forms.BooleanField(label="Mail mij", help_text="Alleen bij een nieuw bericht.", required=False)
    switch = forms.BooleanField(label="Online", help_text="Iedereen kan de pagina zien.", required=False)
    file = forms.FileField(label="Foto", required=False)
    text = forms.CharField(label="Bericht", widget=forms.Textarea, required=False)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["one"].widget = forms.RadioSelect(choices=self.fields["one"].choices)  # type: ignore[attr-defined]  # a ChoiceField's


def tokens() -> list[str]:
    """Return the names of the colour tokens, in the order of the style sheet."""
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    return [
        name for name in re.findall(r"^ *(--[\w-]+): (?:light-dark|oklch)\(", text, re.MULTILINE) if "qr" not in name
    ]


def jobs() -> list[tuple[str, SimpleNamespace]]:
    """Return one job in every state, with its title."""
    return [
        ("Export van alle berichten", SimpleNamespace(id="a", state="queued", done=0, total=0, message="")),
        ("78 berichten naar CSV", SimpleNamespace(id="b", state="running", done=3, total=5, message="")),
        ("Export, oktober", SimpleNamespace(id="c", state="done", done=5, total=5, message="41 berichten, 38 kB")),
        ("Export, heel 2026", SimpleNamespace(id="d", state="failed", done=3, total=5, message="")),
    ]


@requires("public")
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the component library."""
    form = SampleForm({"name": "Bakkerij", "wrong": "geen adres", "code": "481062", "choice": "owner", "one": "day"})
    form.is_valid()
    rows = [
        ("Noor van Dijk", "Afspraak voor keuring", "Ik wil graag een afspraak maken voor twee ketels.", "09:42", True),
        ("Sem Bakker", "Zonnepanelen", "Kunnen jullie ook zonnepanelen aansluiten?", "gisteren", True),
        ("Jan-Willem IJsselstein", "Bedankt", "Dank voor de snelle hulp zondag!", "20 nov.", False),
    ]
    context = {
        "form": form,
        "tokens": tokens(),
        "jobs": jobs(),
        "rows": rows,
        "roles": ROLES,
        "points": [(f"{day} nov", (day * 7) % 11) for day in range(1, 31)],
        "callouts": ["", "ok", "warn", "bad", "plain", "staff"],
        "pills": ["mute", "ok", "warn", "bad", "info", "new", "staff"],
        "tags": ["", "ok", "warn", "bad", "info", "accent"],
        "states": ["ok", "run", "bad", "warn", "keep", "wait", "staff"],
        "tabs": [("pages", "Pagina's", "#tabs"), ("look", "Uiterlijk", "#tabs"), ("versions", "Versies", "#tabs")],
        "crumbs": [("Website", "#tabs"), ("Pagina's", "#tabs")],
        "first": Paginator(range(78), 10).page(1),
        "second": Paginator(range(78), 10).page(2),
        "soon": timezone.now() + timedelta(hours=23, minutes=41),
        "events": [("staff", "hand"), ("ok", "quote"), ("bad", "ban"), ("", "clock")],
        "steps": [
            SimpleNamespace(words="Kies een thema", done=True, url="#steps"),
            SimpleNamespace(words="Schrijf je startpagina", done=True, url="#steps"),
            SimpleNamespace(words="Test je formulier", done=False, url="#steps"),
            SimpleNamespace(words="Zet je site online", done=False, url="#steps"),
        ],
    }
    return render(request, "styleguide.html", context)
