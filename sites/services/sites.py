"""Making a website from three answers, and changing its name, look and address."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from billing.services.limits import take_room
from sites import themes
from sites.blocks import content as blocks
from sites.blocks.base import REGISTRY, Block
from sites.models import Domain, Page, Site
from sites.schema import rich
from sites.services import hosts, keys
from sites.services.forms import create_form
from sites.services.kinds import Kind, kind_of, theme_of
from webanizr.core import tenancy


def _block(kind: str, **values: Any) -> Block:
    cls = REGISTRY[kind]
    known = {key: value for key, value in values.items() if key in cls.model_fields}
    return cls.model_validate({**cls.new().dump(), **known})


def first_page(*, kind: Kind, name: str, place: str, form_id: str | None) -> list[Block]:
    """Return a finished home page in the active language, with the owner's own words in it."""
    where = _("in %(place)s") % {"place": place} if place else ""
    about = (
        _("%(name)s works for people in %(place)s and around. We listen first, and we do what we promise.")
        if place
        else _("At %(name)s we listen first, and we do what we promise.")
    )
    return [
        _block(
            "hero",
            kicker=" ".join(part for part in (str(kind.label), where) if part),
            heading=str(kind.promise),
            intro=rich.document(
                _("Welcome to %(name)s. Here you read who we are, what we do and how you reach us.") % {"name": name}
            ),
            button={"label": _("Contact us"), "href": "#contact"},
            drawing=kind.drawing,
        ),
        _block(
            "text",
            heading=_("About %(name)s") % {"name": name},
            body=rich.document(about % {"name": name, "place": place}),
        ),
        _block(
            "cards",
            heading=_("What we do"),
            items=[{"heading": str(heading), "text": str(text)} for heading, text in kind.offers],
        ),
        _block("opening_hours", heading=_("Opening hours")),
        _block(
            "faq",
            heading=_("Questions we often get"),
            items=[
                {
                    "question": _("Do I need an appointment?"),
                    "answer": rich.document(_("You may walk in. With an appointment you don't have to wait.")),
                },
                {"question": _("How soon do I get an answer?"), "answer": rich.document(_("Within one working day."))},
            ],
        ),
        _block(
            "form",
            heading=_("Ask us anything"),
            form=form_id,
            anchor="contact",
            intro=rich.document(_("We answer within one working day.")),
        ),
    ]


@transaction.atomic
def create_site(*, kind: str, name: str, place: str, actor: User, language: str = "nl") -> Site:
    """Make a site with its key pair, a finished home page, a contact form and an address of its own.

    Args: kind: a key of KINDS; name: of the business; place: town, may be empty; language: nl or en-gb.
    Raises LimitReached when the plan has no room for one more; vault.Unavailable when no key can be made now.
    """
    take_room("sites", account_id=tenancy.current_account_id(), count=Site.objects.count)
    chosen = kind_of(kind)
    theme = theme_of(chosen)
    site = Site.objects.create(name=name, language=language, theme=theme, hue=themes.THEMES[theme].hue, vividness=2)
    keys.make_site_key(site=site)
    with translation.override(language):
        form = create_form(site=site, name=_("Contact form"), actor=actor)
        content = first_page(kind=chosen, name=name, place=place, form_id=str(form.id))
        page = Page.objects.create(
            site=site, title=_("Home"), slug="", content=blocks.dump([b for b in content if _useful(b)])
        )
    site.menu = [{"label": page.title, "page": str(page.id)}]
    site.save(update_fields=["menu"])
    hosts.claim_free_host(site_id=site.id, name=name)
    audit.record("site.created", actor_id=actor.pk, target_id=site.id)
    return site


def _useful(block: Block) -> bool:
    """Whether a block of the first page can go online as it is."""
    return not [problem for problem in blocks.block_problems(block) if problem.path]


@transaction.atomic
def change_site(
    *,
    site: Site,
    domain: Domain,
    name: str,
    language: str,
    theme: str,
    hue: int,
    vividness: int,
    label: str,
    actor: User,
) -> Site:
    """Change name, language, look and address; raises hosts.HostError for an address that can't be had."""
    hosts.change_host(domain=domain, label=label)
    site.name, site.language, site.theme, site.hue, site.vividness = name, language, theme, hue, vividness
    site.save()
    audit.record("site.changed", actor_id=actor.pk, target_id=site.id)
    return site
