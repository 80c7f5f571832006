"""The staff service's admin: metadata about accounts, and outbox rows that died. Nothing that customers collected.

Serves promises 10 and 11: no model with collected data may be registered here (a test looks).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Membership, User
from privacy.health import latest
from webanizr.core import outbox
from webanizr.core.models import Alarm, Outbox


class StaffSite(admin.AdminSite):
    """Django's admin in our own look, for people of the staff table only."""

    site_header = site_title = "Webanizr"
    index_title = gettext_lazy("Metadata")
    index_template = "staff/index.html"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in who used their second factor, and nobody else."""
        return getattr(request, "staff", None) is not None and getattr(request, "key_used_at", None) is not None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send a stranger to the staff service's own door, staff to their second factor; a customer gets 403."""
        if getattr(request, "staff", None) is not None:
            wanted = request.GET.get("next") or reverse("staff:index")
            if getattr(request, "key_used_at", None) is not None:
                safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
                return redirect(wanted if safe else reverse("staff:index"))
            return redirect(f"{reverse('staff_key')}?{urlencode({'next': wanted})}")
        if request.user.is_authenticated:
            raise PermissionDenied(_("This service is for people who work at Webanizr."))
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the overview of the system."""
        system = self.admin_view(self.system)
        system.admin_site = self  # type: ignore[attr-defined]  # as Django marks its own, for who lists the addresses
        return [path("system/", system, name="system"), *super().get_urls()]

    def system(self, request: HttpRequest) -> HttpResponse:
        """Counts only: how the outbox is doing, and what rang an alarm (a record that can't be opened, say)."""
        states = Outbox.objects.values_list("state").annotate(n=Count("id")).order_by("state")
        recent = Alarm.objects.filter(last_at__gt=timezone.now() - timedelta(days=30))
        alarms = recent.values_list("code").annotate(
            n=Count("id"), accounts=Count("account", distinct=True), last=Max("last_at")
        )
        context = {
            **self.each_context(request),
            "title": _("System"),
            "states": list(states),
            "alarms": list(alarms.order_by("-last")),
            "systems": latest(),
        }
        return render(request, "staff/system.html", context)


site = StaffSite(name="staff")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """Looking, not changing: the database's grants say the same."""

    actions: list[Any] | None = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes here."""
        return False


@admin.register(Account, site=site)
class AccountAdmin(ReadOnly):
    """Accounts."""

    list_display = ("name", "language", "created_at")
    search_fields = ("name",)


@admin.register(User, site=site)
class UserAdmin(ReadOnly):
    """People with an account: name and address."""

    list_display = ("name", "email")
    search_fields = ("name", "email")


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnly):
    """Who belongs to which account."""

    list_display = ("account", "user", "role", "created_at")
    list_select_related = ("account", "user")


@admin.register(Outbox, site=site)
class OutboxAdmin(ReadOnly):
    """Side effects that wait or died: task and ids, never content."""

    list_display = ("task", "state", "attempts", "error", "created_at", "finished_at")
    list_filter = ("state", "task")
    ordering = ("state", "-created_at")
    actions = ["try_again"]

    @admin.action(description=gettext_lazy("Try again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Outbox]) -> None:
        """Let dead rows start again."""
        revived = sum(outbox.revive(row.account_id, row.id) for row in queryset if row.state == Outbox.State.DEAD)
        self.message_user(request, _("%(n)s dead rows try again.") % {"n": revived}, messages.SUCCESS)


def register_sites() -> None:
    """Sites and host names are metadata too; `sites` is above this application, so they are found by label."""
    for label, fields in (
        ("sites.Site", ("name", "theme", "created_at")),
        ("sites.Domain", ("host", "account", "created_at")),
    ):
        options = {"list_display": fields, "__doc__": f"{label}: metadata."}
        site.register(apps.get_model(label), type("MetadataAdmin", (ReadOnly,), options))


register_sites()
