"""Host names: what a label may look like, who has it, where a site lives."""

from __future__ import annotations

import re
import unicodedata
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from sites.models import Domain
from sites.services import uploads
from webanizr.core import tenancy

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])")
RESERVED = frozenset(
    "admin api app assets beheer blog cdn dev docs frame ftp hallo help hosting imap localhost login mail".split()
    + "mx ns ns1 ns2 pop preview privacy sites smtp staff static status support test webanizr webmail www".split()
)


class HostError(ValueError):
    """The host name can't be had; the message says why, for the person who asked."""


def label_from(name: str) -> str:
    """Return a label for a business's name: "Bakkerij 't Hoekje" gives "bakkerij-t-hoekje"; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


def check_label(label: str) -> str:
    """Return the label in lower case; raises HostError when it can't be one."""
    label = label.strip().lower()
    if not LABEL.fullmatch(label):
        raise HostError(_("Use 3 to 63 letters, digits and hyphens; a hyphen not at the start or end."))
    if label in RESERVED or label.startswith("xn--"):
        raise HostError(_("This address is kept free. Choose another one."))
    return label


def host_of(label: str) -> str:
    """Return the host name of a label, without port."""
    return f"{label}.{settings.SITES_DOMAIN}"


def claim_host(*, site_id: uuid.UUID, label: str, version_id: uuid.UUID | None = None) -> Domain:
    """Give a site of the current account its host name; raises HostError when somebody has it."""
    host = host_of(check_label(label))
    try:
        with transaction.atomic():
            domain = Domain(host=host, account_id=tenancy.current_account_id(), site_id=site_id, version_id=version_id)
            domain.save(force_insert=True)
            uploads.follow_limits(pending=0)  # a website can be made while storage is away
    except IntegrityError as error:
        raise HostError(_("Somebody already has this address. Choose another one.")) from error
    return domain


def claim_free_host(*, site_id: uuid.UUID, name: str) -> Domain:
    """Give a site a host name like `name`, with a number behind it when it is taken."""
    base = label_from(name)
    if len(base) < 3 or base in RESERVED:
        base = f"site-{base}".strip("-")
    for number in range(50):
        try:
            return claim_host(site_id=site_id, label=base if number == 0 else f"{base}-{number + 1}")
        except HostError:
            continue
    return claim_host(site_id=site_id, label=f"{base[:40]}-{site_id.hex[:8]}")


def change_host(*, domain: Domain, label: str) -> Domain:
    """Move a site to another host name; what is online moves along. Raises HostError."""
    if host_of(check_label(label)) == domain.host:
        return domain
    with transaction.atomic():
        moved = claim_host(site_id=domain.site_id, label=label, version_id=domain.version_id)
        domain.delete()
    return moved
