"""The forms of people and accounts. Sign-up asks a name and an e-mail address and nothing else (promise 01)."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Role

SCOPES = (
    ("sites:read", _("Read websites and pages")),
    ("sites:write", _("Change and publish websites and pages")),
    ("forms:read", _("Read forms")),
    ("forms:write", _("Change forms")),
    ("submissions:read", _("Read what visitors sent")),
    ("submissions:write", _("Mark and delete what visitors sent")),
    ("billing:read", _("Read subscription and invoices")),
    ("billing:write", _("Buy, change and cancel the subscription")),
)


def clean_line(value: str) -> str:
    """Return one line of text, normalised (NFC), without control characters.

    Raises ValidationError for nothing but white space.
    """
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise forms.ValidationError(_("This contains a character that can't be used here."))
    if not text:
        raise forms.ValidationError(_("Fill this in."))
    return text


class NameField(forms.CharField):
    """A person's or a business's name, on one line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 80)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """Return the normalised name."""
        return clean_line(super().clean(value))


class SignupForm(AllauthSignupForm):  # type: ignore[misc]  # allauth has no types
    """Name and e-mail address."""

    name = NameField(
        label=_("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("What may we call you?")},
    )
    field_order = ["name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = _("E-mail address")
        email.widget = forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"})
        email.max_length = 254
        email.error_messages["required"] = _("Fill in your e-mail address.")
        email.error_messages["invalid"] = _("This is not a complete e-mail address, like naam@voorbeeld.nl.")

    def save(self, request: Any) -> Any:
        """Store the person; their name comes with `accounts.adapter`."""
        return super().save(request)


class EraseForm(forms.Form):
    """When to begin, and that the consequences have been read."""

    when = forms.ChoiceField(
        label=_("When?"),
        choices=[("week", _("In seven days")), ("now", _("At once"))],
        initial="week",
        widget=forms.RadioSelect,
    )
    read = forms.BooleanField(
        label=_("I have read what goes and what stays"),
        error_messages={"required": _("Tick this when you have read it: it can't be undone.")},
    )


class ProfileForm(forms.Form):
    """How a person is called."""

    name = NameField(label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))


class AccountForm(forms.Form):
    """The account's name and the language of its mails."""

    name = NameField(label=_("Name of your business"), widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    language = forms.ChoiceField(label=_("Language of our mails"), choices=settings.LANGUAGES)


class EmailForm(forms.Form):
    """A new e-mail address for signing in."""

    email = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("This is not a complete e-mail address, like naam@voorbeeld.nl.")},
    )

    def clean_email(self) -> str:
        """Return the address in lower case."""
        return str(self.cleaned_data["email"]).lower()


class CodeForm(forms.Form):
    """A code from a mail."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Fill in the code from the mail.")},
    )

    def clean_code(self) -> str:
        """Return the code without the spaces that people type in it."""
        return "".join(str(self.cleaned_data["code"]).split())


class InvitationForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"invalid": _("This is not a complete e-mail address, like naam@voorbeeld.nl.")},
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.EDITOR)

    def clean_email(self) -> str:
        """Return the address in lower case."""
        return str(self.cleaned_data["email"]).lower()


class RoleForm(forms.Form):
    """What a member may do."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    """A personal token for the API."""

    name = NameField(label=_("What is it for?"), max_length=60)
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=SCOPES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    days = forms.TypedChoiceField(
        label=_("Works until"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
        initial=90,
    )
