"""Plans, the subscription, and what is done with it."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import shapes
from billing.api.base import Base, refusing
from billing.forms import ProfileForm
from billing.models import Subscription
from billing.plans import PLANS
from billing.selectors import profile_of, subscription_of, today
from billing.services import subscriptions
from billing.services.profiles import FIELDS, save_profile

OWNERS = {"POST": "owner"}


class Plans(Base):
    """What is sold."""

    required_level = {"GET": "public"}

    @extend_schema(operation_id="plans_list", responses=shapes.PlanShape(many=True))
    def get(self, request: Request) -> Response:
        """List the plans with their prices in cents ex VAT and their limits."""
        return Response(shapes.PlanShape(list(PLANS.values()), many=True).data)


class About(Base):
    """A view that answers with the subscription."""

    def shown(self) -> Response:
        """Return the subscription as it is now."""
        found = subscription_of(self.account_id) or Subscription(account_id=self.account_id)
        return Response(shapes.SubscriptionShape(found).data)


class OneSubscription(About):
    """The account's subscription."""

    required_level = {"GET": "owner"}

    @extend_schema(operation_id="subscription_get", responses=shapes.SubscriptionShape)
    def get(self, request: Request) -> Response:
        """Show the plan, what it allows, until when it runs and what follows."""
        return self.shown()


class Change(About):
    """Another plan or interval."""

    required_level = OWNERS

    @extend_schema(operation_id="subscription_change", request=shapes.Choice, responses=shapes.SubscriptionShape)
    def post(self, request: Request) -> Response:
        """Move to a larger plan at once, or to a smaller one or another interval from the next period; 409 says why
        not.
        """
        values = self.checked(shapes.Choice)
        found = subscription_of(self.account_id)
        larger = found is not None and PLANS[values["plan"]].rank > PLANS[found.plan].rank
        act = subscriptions.upgrade if larger else subscriptions.schedule
        with refusing():
            act(account_id=self.account_id, actor=self.actor, now=today(), **values)
        return self.shown()


class Cancel(About):
    """The end of it."""

    required_level = OWNERS

    @extend_schema(operation_id="subscription_cancel", request=None, responses=shapes.SubscriptionShape)
    def post(self, request: Request) -> Response:
        """Let it end with its period; until then resuming takes that back."""
        with refusing():
            subscriptions.cancel(account_id=self.account_id, actor=self.actor, now=today())
        return self.shown()


class Resume(About):
    """Going on."""

    required_level = OWNERS

    @extend_schema(operation_id="subscription_resume", request=None, responses=shapes.SubscriptionShape)
    def post(self, request: Request) -> Response:
        """Take a cancellation or a planned change back."""
        with refusing():
            subscriptions.resume(account_id=self.account_id, actor=self.actor, now=today())
        return self.shown()


class Withdraw(About):
    """The consumer's right of withdrawal."""

    required_level = OWNERS

    @extend_schema(operation_id="subscription_withdraw", request=None, responses=shapes.SubscriptionShape)
    def post(self, request: Request) -> Response:
        """Withdraw from the purchase: it ends now and the money goes back."""
        with refusing():
            subscriptions.withdraw(account_id=self.account_id, actor=self.actor, now=today())
        return self.shown()


class Profile(Base):
    """The billing profile: for addressing invoices only."""

    required_level = {"GET": "owner", "PATCH": "owner"}

    @extend_schema(operation_id="billing_profile_get", responses=shapes.ProfileShape)
    def get(self, request: Request) -> Response:
        """Show it; null as long as nothing was bought."""
        found = profile_of(self.account_id)
        return Response(shapes.ProfileShape(found).data if found else None)

    @extend_schema(operation_id="billing_profile_save", request=shapes.ProfileShape, responses=shapes.ProfileShape)
    def patch(self, request: Request) -> Response:
        """Save it; what isn't named stays. It holds for coming invoices."""
        found = profile_of(self.account_id)
        known = {name: getattr(found, name) for name in FIELDS} if found else {"country": "NL"}
        values = self.form_checked(ProfileForm({**known, **dict(request.data)}))
        saved = save_profile(account_id=self.account_id, values=values, actor=self.actor, now=timezone.now())
        return Response(shapes.ProfileShape(saved).data)
