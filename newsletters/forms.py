"""The newsletter's forms. Subscribing asks an e-mail address and nothing else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from newsletters.addresses import normalised
from newsletters.models import Topic

PAUSE_CHOICES = [
    ("", _("No pause")),
    ("month", _("1 month")),
    ("quarter", _("3 months")),
    ("open", _("Until I switch it on again")),
]


def topic_choices() -> list[tuple[str, Any]]:
    """Return the topics in the reader's language, each with what it is in small letters."""
    return [(topic.key, format_html("{}<small>{}</small>", topic.name, topic.about)) for topic in Topic.objects.all()]


class AddressForm(forms.Form):
    """An e-mail address."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Fill in your e-mail address."),
            "invalid": _("Fill in a whole e-mail address, as name@example.nl."),
        },
    )

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return normalised(self.cleaned_data["email"])


class SubscriberForm(AddressForm):
    """The address of somebody who asked staff to be erased."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Their e-mail address")


class SubscribeForm(AddressForm):
    """The address, and what about."""

    topics = forms.MultipleChoiceField(
        label=_("What about?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one topic."),
            "invalid_choice": _("Choose from the topics on this page."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = _("We don't need more.")
        topics = self.fields["topics"]
        assert isinstance(topics, forms.MultipleChoiceField)
        topics.choices = topic_choices()


class RhythmForm(forms.Form):
    """A pause, and the language."""

    pause = forms.ChoiceField(label=_("Pause"), choices=PAUSE_CHOICES, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
