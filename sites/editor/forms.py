"""What the editor's pages take."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import NameField, clean_line
from sites import themes
from sites.fields.base import MAX_RETENTION_DAYS
from sites.fields.notice import period
from sites.services.kinds import KINDS


class StartForm(forms.Form):
    """Three questions, each of which may be skipped."""

    kind = forms.ChoiceField(
        label=_("What do you do?"),
        choices=[(kind.key, kind.label) for kind in KINDS],
        widget=forms.RadioSelect,
        required=False,
    )
    name = forms.CharField(label=_("What is the name of your business?"), max_length=80, required=False)
    place = forms.CharField(label=_("In which town?"), max_length=60, required=False)

    def clean_name(self) -> str:
        """Return one line, or nothing."""
        value = str(self.cleaned_data["name"])
        return clean_line(value) if value.strip() else ""

    def clean_place(self) -> str:
        """Return one line, or nothing."""
        value = str(self.cleaned_data["place"])
        return clean_line(value) if value.strip() else ""


class PageForm(forms.Form):
    """A page's name, address and what search engines see."""

    title = NameField(label=_("Title"))
    slug = forms.CharField(
        label=_("Address"), max_length=80, required=False, help_text=_("What comes after the slash.")
    )
    description = forms.CharField(
        label=_("Description for search engines"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    in_menu = forms.BooleanField(label=_("In the menu"), required=False)
    noindex = forms.BooleanField(label=_("Hide from search engines"), required=False)


class NewPageForm(forms.Form):
    """A new page's name."""

    title = NameField(label=_("Title of the new page"))


class SiteForm(forms.Form):
    """A site's name, address, language and look."""

    name = NameField(label=_("Name of the website"))
    label = forms.CharField(label=_("Address"), max_length=63)
    language = forms.ChoiceField(label=_("Language of the website"), choices=settings.LANGUAGES)
    theme = forms.ChoiceField(label=_("Theme"), choices=[])
    hue = forms.IntegerField(
        label=_("Colour"),
        min_value=0,
        max_value=360,
        widget=forms.NumberInput(attrs={"type": "range", "min": 0, "max": 360, "step": 1}),
    )
    vividness = forms.TypedChoiceField(
        label=_("How vivid"), coerce=int, choices=[(1, _("Quiet")), (2, _("Normal")), (3, _("Vivid"))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        theme = self.fields["theme"]
        assert isinstance(theme, forms.ChoiceField)
        theme.choices = [(key, look.label) for key, look in themes.THEMES.items()]


TERMS = (7, 30, 90, 180, 365, 730, 1825, 2555)  # days


def terms(now: object) -> list[tuple[int, str]]:
    """Return the terms to choose from as (days, words); `now` is the stored one, which always is among them."""
    own = {now} if isinstance(now, int) and 0 < now <= MAX_RETENTION_DAYS else set()
    return [(days, period(days)) for days in sorted({*TERMS, *own})]


class TermForm(forms.Form):
    """How long one form keeps what comes in."""

    retention_days = forms.TypedChoiceField(
        label=_("Keep messages for"), coerce=int, choices=[], help_text=_("After that they go by themselves.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        term = self.fields["retention_days"]
        assert isinstance(term, forms.ChoiceField)
        term.choices = terms(self.initial.get("retention_days"))

    def words(self) -> str:
        """Return the stored term as a reader sees it."""
        return period(self.initial["retention_days"])


class FormForm(TermForm):
    """A form as a whole."""

    field_order = ["name", "button", "thanks", "retention_days", "notify"]

    name = NameField(label=_("Name of the form"))
    button = forms.CharField(
        label=_("Text on the button"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Send")}),
    )
    thanks = forms.CharField(
        label=_("What the visitor reads after sending"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    notify = forms.BooleanField(
        label=_("Mail the members when something comes in"),
        required=False,
        help_text=_("The mail doesn't hold the answers: those stay in your inbox."),
    )
