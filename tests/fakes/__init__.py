"""Servers that speak the HTTP protocols of the external systems, on loopback, with a memory and with faults.

`python -m tests.fakes brevo --port 9001 --folder var/fakes/brevo` runs one; `manage.py up` runs two. A real listmonk or
Matomo can stand where a fake stands: only a base URL differs.
"""

from __future__ import annotations


def environment(name: str, origin: str) -> dict[str, str]:
    """Return the settings that lead the product to the fake `name` at `origin` (http://127.0.0.1:9001)."""
    from tests.fakes import brevo, listmonk, mailchimp, matomo

    if name == "matomo":
        return {
            "STATISTICS_BASE_URL": origin,
            "STATISTICS_SITE": matomo.SITE,
            "STATISTICS_TOKEN": matomo.TOKEN,
            "STATISTICS_ADMIN_TOKEN": matomo.ADMIN_TOKEN,
        }
    base, key, list_id = {
        "brevo": (brevo.Brevo.base, brevo.KEY, str(brevo.LIST)),
        "listmonk": (listmonk.Listmonk.base, listmonk.KEY, str(listmonk.LIST)),
        "mailchimp": (mailchimp.Mailchimp.base, mailchimp.KEY, mailchimp.LIST),
    }[name]
    return {
        "MAILING_PLATFORM": name,
        "MAILING_BASE_URL": f"{origin}{base}",
        "MAILING_API_KEY": key,
        "MAILING_LIST": list_id,
        "MAILING_WEBHOOK_SECRET": mailchimp.WEBHOOK_SECRET,
    }
