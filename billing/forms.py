"""What a customer fills in for invoices, checked in words that say what to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing import identifiers
from billing.models import BillingProfile
from billing.plans import MONTH, YEAR, Plan


class Line(forms.CharField):
    """One line of text, as it is printed and written as XML: no control characters, blanks collapsed."""

    def to_python(self, value: Any) -> str:
        """Normalise what was typed."""
        return identifiers.clean_text(str(value or ""))


class ProfileForm(forms.Form):
    """The billing profile; `cleaned_data` is what `services.profiles.save_profile` stores."""

    kind = forms.ChoiceField(
        label=_("You buy as"),
        choices=[(BillingProfile.Kind.BUSINESS, _("Business")), (BillingProfile.Kind.CONSUMER, _("Consumer"))],
        widget=forms.RadioSelect,
    )
    name = Line(label=_("Name on the invoice"), max_length=100)
    street = Line(label=_("Street and house number"), max_length=100)
    postcode = Line(label=_("Postcode"), max_length=12)
    city = Line(label=_("City"), max_length=60)
    country = forms.ChoiceField(label=_("Country"), choices=list(identifiers.COUNTRIES.items()))
    kvk = Line(label=_("KvK number"), max_length=20, required=False)
    vat_id = Line(
        label=_("VAT id"),
        help_text=_("Of another EU country? We check it by hand; once that is done, VAT is reverse-charged."),
        max_length=30,
        required=False,
    )
    reference = Line(label=_("Your reference"), max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        """Check what depends on the country and on who buys; a consumer has neither VAT id nor KvK number."""
        values = super().clean() or {}
        country = values.get("country", "NL")
        if values.get("kind") == BillingProfile.Kind.CONSUMER:
            values["vat_id"] = values["kvk"] = ""
        checks: dict[str, Any] = {
            "postcode": lambda text: identifiers.clean_postcode(text, country=country),
            "vat_id": lambda text: identifiers.clean_vat_id(text, country=country),
            "kvk": identifiers.clean_kvk if country == "NL" else lambda text: "",
        }
        for name, check in checks.items():
            if name not in values:
                continue
            try:
                values[name] = check(values[name])
            except ValidationError as error:
                self.add_error(name, error)
        return values


class PurchaseForm(forms.Form):
    """How often the customer pays, and whether on terms."""

    interval = forms.ChoiceField(
        label=_("How do you pay?"),
        choices=[(YEAR, _("By the year")), (MONTH, _("By the month"))],
        widget=forms.RadioSelect,
    )
    on_terms = forms.BooleanField(
        label=_("Start now; send me an invoice that I pay within 14 days"),
        help_text=_("For businesses."),
        required=False,
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not plan.terms:
            del self.fields["on_terms"]

    def with_prices(self, prices: dict[str, tuple[str, str]]) -> None:
        """Say at each interval what it costs. Args: prices: (ex VAT, to pay) in words, by interval."""
        words: dict[str, str] = {
            YEAR: gettext("By the year: %(net)s ex VAT, %(gross)s incl. VAT. Two months free."),
            MONTH: gettext("By the month: %(net)s ex VAT, %(gross)s incl. VAT."),
        }
        interval: Any = self.fields["interval"]
        interval.choices = [(key, words[key] % {"net": net, "gross": gross}) for key, (net, gross) in prices.items()]


class AccountNumberForm(forms.Form):
    """Where a refund goes, when we no longer know it."""

    name = Line(label=_("Name of the account holder"), max_length=70)
    iban = Line(label=_("IBAN"), max_length=42)

    def clean_iban(self) -> str:
        """Return it without blanks."""
        return identifiers.clean_iban(self.cleaned_data["iban"])
