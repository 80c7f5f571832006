"""What staff do with subscriptions in the staff service's admin: see the plan, and set it by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from accounts.staff_admin import ReadOnly, site
from billing.models import Subscription
from billing.plans import FREE, MONTH, PLANS, YEAR
from billing.selectors import today
from billing.services.subscriptions import set_by_staff
from webanizr.core.tenancy import PLATFORM_ACCOUNT as PLATFORM


class SubscriptionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """The plan, and until when it is paid."""

    customer = forms.ModelChoiceField(Account.objects.none(), label=_("Account"))
    plan = forms.ChoiceField(label=_("Plan"))
    interval = forms.ChoiceField(label=_("Paid per"), choices=[(MONTH, _("Month")), (YEAR, _("Year"))])
    paid_until = forms.DateField(label=_("Paid until (not including)"), required=False)

    class Meta:
        model = Subscription
        fields = ["plan", "interval", "paid_until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans: Any = self.fields["plan"]
        plans.choices = [(plan.code, plan.name) for plan in PLANS.values()]
        if self.instance.account_id:
            self.fields.pop("customer", None)
        else:
            accounts: Any = self.fields["customer"]
            taken = Subscription.objects.values("account_id")
            accounts.queryset = Account.objects.exclude(id__in=taken).exclude(id__in=[PLATFORM]).order_by("name")

    def clean(self) -> dict[str, Any]:
        """A paid plan needs a day until which it is paid."""
        values = super().clean() or {}
        if values.get("plan", FREE.code) != FREE.code and not values.get("paid_until"):
            self.add_error("paid_until", _("Say until which day this plan is paid."))
        return values


@admin.register(Subscription, site=site)
class SubscriptionAdmin(ReadOnly):
    """Who has which plan, until when; for arrangements by hand."""

    form = SubscriptionForm
    fields = ("customer", "plan", "interval", "paid_until")
    list_display = ("account", "plan", "interval", "state", "paid_until")
    list_filter = ("plan", "state")
    list_select_related = ("account",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An account that never bought anything has no row yet."""
        return True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The plan may be set by hand."""
        return True

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The account is chosen once."""
        return self.fields if obj is None else self.fields[1:]

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        """Let the service do it."""
        assert isinstance(request.user, User)
        saved = set_by_staff(
            account_id=obj.account_id if change else form.cleaned_data["customer"].pk,
            plan=form.cleaned_data["plan"],
            interval=form.cleaned_data["interval"],
            paid_until=form.cleaned_data["paid_until"],
            actor=request.user,
            now=today(),
        )
        obj.pk, obj.account_id = saved.pk, saved.account_id
