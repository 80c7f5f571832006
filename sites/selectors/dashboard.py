"""Reads of the overview: sites, the first steps as the database knows them, who can read what comes in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Membership
from sites.models import Domain, Page, Site, Submission


@dataclass(frozen=True)
class SiteRow:
    """A site with its address; `online` says whether visitors see it, `held` that the plan has no room for it."""

    site: Site
    url: str
    online: bool
    held: bool = False


@dataclass(frozen=True)
class Step:
    """One of the first steps; `done` comes from the database and from nowhere else."""

    words: str
    done: bool
    url: str


def sites() -> list[SiteRow]:
    """Return the account's sites, oldest first."""
    domains: dict[uuid.UUID, Domain] = {}
    for domain in Domain.objects.order_by("created_at"):
        domains.setdefault(domain.site_id, domain)
    rows = []
    for site in Site.objects.order_by("created_at"):
        found = domains.get(site.id)
        rows.append(
            SiteRow(
                site,
                found.url if found else "",
                bool(found and found.version_id),
                bool(found and found.held_version_id),
            )
        )
    return rows


def first_steps(rows: Sequence[SiteRow]) -> list[Step]:
    """Return the five steps from nothing to a site that works."""
    if not rows:
        return []
    first = rows[0]
    page = Page.objects.filter(site=first.site, deleted_at=None).order_by("position").first()
    overview = reverse("sites:overview", args=[first.site.id])
    edit = reverse("sites:edit", args=[first.site.id, page.id]) if page else overview
    online = any(row.online for row in rows)
    return [
        Step(_("Make a website"), True, overview),
        Step(_("Write your home page"), bool(page and page.version > 1), edit),
        Step(_("Put your website online"), online, edit),
        Step(_("Send yourself a test message"), Submission.objects.exists(), first.url if online else edit),
        Step(
            _("Read your first message"),
            Submission.objects.filter(read_at__isnull=False).exists(),
            reverse("inbox:list"),
        ),
    ]


def readers(account: Account) -> list[str]:
    """Return the names of everybody who can read what comes in."""
    return list(Membership.objects.filter(account=account).order_by("created_at").values_list("user__name", flat=True))


def oldest_kept_until() -> datetime | None:
    """Return when the first of the kept messages goes."""
    return (
        Submission.objects.filter(deleted_at=None).order_by("expires_at").values_list("expires_at", flat=True).first()
    )
