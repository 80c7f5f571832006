"""/styleguide/: every component in every state, for local runs."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webanizr.core.permissions import requires


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label="Naam", help_text="Zoals op je bord.")
    wrong = forms.EmailField(label="E-mailadres")
    choice = forms.ChoiceField(label="Rol", choices=[("owner", "Eigenaar"), ("editor", "Redacteur")])
    several = forms.MultipleChoiceField(
        label="Mag",
        choices=[("read", "Lezen"), ("write", "Schrijven")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    yes = forms.BooleanField(label="Mail mij", required=False)
    text = forms.CharField(label="Bericht", widget=forms.Textarea, required=False)


@requires("public")
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the component library."""
    form = SampleForm({"name": "Bakkerij", "wrong": "geen adres", "choice": "owner"})
    form.is_valid()
    points = [(f"{day} nov", (day * 7) % 11) for day in range(1, 31)]
    kinds = ["", "ok", "warn", "bad", "plain", "staff"]
    return render(
        request,
        "styleguide.html",
        {"form": form, "points": points, "kinds": kinds, "tabs": [("a", "Een", "#a"), ("b", "Twee", "#b")]},
    )
