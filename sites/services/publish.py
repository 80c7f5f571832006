"""Putting a site online: render each page once, store an immutable version, move the pointer.

The pointer is one column of the site's host names, changed in the transaction that stores the version's row: visitors
see the old version or the new one and nothing between. Going back is the same move.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape as xml

from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import audit
from billing.services.limits import no_room
from privacy.selectors.erasure import is_going
from sites.blocks.content import asset_ids, form_ids, links, place_of
from sites.blocks.content import publish_problems as page_problems
from sites.blocks.content import read as read_blocks
from sites.blocks.inputs import AssetInput, FormInput, PageInput, RenderContext
from sites.blocks.render import render_page
from sites.fields.definition import publish_problems as field_problems
from sites.models import Asset, Domain, Page, Site, SiteVersion
from sites.selectors.publishing import Draft, asset_input, form_input, load_draft, page_path, site_input
from sites.services import pack, parts
from sites.services.room import surplus
from sites.themes import lowest_contrast
from webanizr.core import storage

HTML = "text/html; charset=utf-8"
LONG_TITLE = 60  # characters of a page's title that search engines show


class PublishError(ValueError):
    """The site can't go online yet; `problems` says why and where."""

    def __init__(self, problems: list[SiteProblem]) -> None:
        super().__init__(_("Some things need another look before this can go online."))
        self.problems = problems


@dataclass(frozen=True)
class SiteProblem:
    """Something that stops publishing.

    Args: message: for the owner; page, block, path: where it is in a page; form: in which form; place: the block and
    its part, in words. Empty when it is about the whole site.
    """

    message: str
    page: str = ""
    page_title: str = ""
    block: str = ""
    path: str = ""
    form: str = ""
    place: str = ""


def snapshot(draft: Draft) -> dict[str, Any]:
    """Return the draft as it goes into the version's row: what changed is seen from it, and it can be restored."""
    site = draft.site
    return {
        "site": {
            "name": site.name,
            "language": site.language,
            "theme": site.theme,
            "hue": site.hue,
            "vividness": site.vividness,
            "menu": site.menu,
        },
        "pages": [
            {
                "id": str(page.id),
                "title": page.title,
                "slug": page.slug,
                "description": page.description,
                "noindex": page.noindex,
                "position": page.position,
                "content": page.content,
            }
            for page in draft.pages
        ],
        "forms": [
            {
                "id": str(form.id),
                "name": form.name,
                "fields": form.fields,
                "button": form.button,
                "thanks": form.thanks,
                "notify": form.notify,
                "retention_days": form.retention_days,
            }
            for form in draft.forms
        ],
    }


def latest_version(site: Site) -> SiteVersion | None:
    """Return the version that is online; None when the site isn't."""
    version_id = Domain.objects.filter(site_id=site.id).values_list("version_id", flat=True).first()
    return SiteVersion.objects.filter(id=version_id).first() if version_id else None


def publish_problems(site: Site) -> list[SiteProblem]:
    """Return everything that keeps the site offline; an empty list means it may go."""
    return [*_going(site), *_problems(load_draft(site))]


def _going(site: Site) -> list[SiteProblem]:
    """Return the problem of a website that is off the air because somebody asked to erase it."""
    if not is_going(account_id=site.account_id, site_id=site.id):
        return []
    return [SiteProblem(_("This website is about to be erased. Put everything back first."))]


def _problems(draft: Draft) -> list[SiteProblem]:
    problems = []
    if not any(page.slug == "" for page in draft.pages):
        problems.append(SiteProblem(_("Your site has no home page.")))
    if draft.domain is None:
        problems.append(SiteProblem(_("Your site has no address.")))
    paths = {page_path(page) for page in draft.pages}
    forms = {str(form.id) for form in draft.forms}
    assets = {str(asset.id): asset_input(asset, media_path) for asset in draft.assets if asset.variants}
    used: set[str] = set()
    for page in draft.pages:
        blocks = read_blocks(page.content)
        used |= form_ids(blocks)
        problems += [
            SiteProblem(
                problem.message,
                str(page.id),
                page.title,
                problem.block_id,
                problem.path,
                place=place_of(blocks, problem.block_id, problem.path),
            )
            for problem in page_problems(blocks, assets=assets, forms=forms, paths=paths)
        ]
    for form in draft.forms:
        if str(form.id) in used:
            problems += [
                SiteProblem(problem.message, form=str(form.id), path=problem.path, page_title=form.name)
                for problem in field_problems(form_input(form, controller="").fields)
            ]
    return problems


@dataclass(frozen=True)
class Check:
    """One thing that was looked at before going online: in order, or advice that stops nothing (`ok` False)."""

    ok: bool
    message: str
    page: str = ""


def publish_checks(site: Site) -> list[Check]:
    """Return what was checked and is in order, and advice; what stops publishing is in `publish_problems`."""
    draft = load_draft(site)
    described = {str(asset.id) for asset in draft.assets if asset.alt.strip()}
    pictures, addresses, shown = set(), 0, set()
    found = []
    for page in draft.pages:
        blocks = read_blocks(page.content)
        pictures |= asset_ids(blocks)
        shown |= form_ids(blocks)
        addresses += sum(1 for _link in links(blocks))
        if len(page.title) > LONG_TITLE:
            message = _("The title of %(title)s has %(n)d characters. Search engines show about %(shown)d.")
            values = {"title": page.title, "n": len(page.title), "shown": LONG_TITLE}
            found.append(Check(False, message % values, str(page.id)))
        if not page.slug and not page.description:
            found.append(Check(False, _("Your home page has no description for search engines yet."), str(page.id)))
    if pictures and pictures <= described:
        found.append(Check(True, _("Every picture has a description")))
    if addresses:
        words = ngettext("%(n)d link leads somewhere", "%(n)d links lead somewhere", addresses)
        found.append(Check(True, words % {"n": addresses}))
    lowest = lowest_contrast(site.theme, site.hue, site.vividness)
    found.append(Check(True, _("Colours are easy to read (lowest contrast %(n)s)") % {"n": number_format(lowest, 1)}))
    if shown:
        found.append(Check(True, _("Every question of a form says what for and how long")))
    return sorted(found, key=lambda check: check.ok)


def media_path(variant: dict[str, Any]) -> str:
    """Return the path of a picture's variant on a published site."""
    asset_id, name = variant["key"].split("/")[-2:]
    return f"/_m/{asset_id}/{name}"


def _digest(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Rendered:
    """The files of a version, the hash of each page's inputs, and how many pages were rendered anew."""

    files: dict[str, pack.File]
    inputs: dict[str, str]
    rendered: int


def render_site(draft: Draft, *, controller: str, former: SiteVersion | None = None) -> Rendered:
    """Render every page whose inputs changed since `former`, and take the others from it."""
    site = draft.site
    shared = parts.shared_files(site.theme, site.hue, site.vividness)
    assets: dict[str, AssetInput] = {
        str(asset.id): asset_input(asset, media_path) for asset in draft.assets if asset.variants
    }
    forms: dict[str, FormInput] = {str(form.id): form_input(form, controller=controller) for form in draft.forms}
    context = RenderContext(assets=assets, forms=forms, css=shared.css, js=shared.js, icon=shared.icon)
    old_files = _former_files(former)
    old_inputs: dict[str, str] = former.manifest.get("inputs", {}) if former else {}
    titles = [(page.title, page.slug) for page in draft.pages]
    frame = _digest(parts.release(), snapshot(draft)["site"], titles, controller, site_input(draft).footer)
    files: dict[str, pack.File] = {}
    inputs: dict[str, str] = {}
    rendered = 0
    form_digests = {str(form.id): _digest(form.fields, form.button, form.name) for form in draft.forms}
    for page in draft.pages:
        path = page_path(page)
        inside = json.dumps(page.content)
        inputs[path] = _digest(
            frame,
            page.title,
            page.description,
            page.noindex,
            page.content,
            {key: (asset.alt, asset.url) for key, asset in assets.items() if key in inside},
            {key: value for key, value in form_digests.items() if key in inside},
        )
        if old_inputs.get(path) == inputs[path] and path in old_files:
            files[path] = old_files[path]
            continue
        files[path] = pack.compressed(HTML, render_one(page, draft, context).encode())
        rendered += 1
    files.update(shared.files)
    files.update(parts.extras(draft, context))
    return Rendered(files, inputs, rendered)


def render_one(page: Page, draft: Draft, context: RenderContext) -> str:
    """Return one page's document."""
    source = PageInput(
        id=str(page.id),
        title=page.title,
        slug=page.slug,
        description=page.description,
        noindex=page.noindex,
        blocks=read_blocks(page.content),
    )
    return render_page(source, site_input(draft, page), context)


def _former_files(former: SiteVersion | None) -> dict[str, pack.File]:
    if former is None:
        return {}
    try:
        return pack.read(storage.get(pack.key_of(former.site_id, former.id)))[0]
    except (storage.Missing, KeyError, ValueError):
        return {}  # everything is rendered anew


def sitemap(draft: Draft, origin: str) -> bytes:
    """Return sitemap.xml of the pages that search engines may show."""
    rows = "".join(
        f"<url><loc>{xml(origin + page_path(page))}</loc><lastmod>{page.updated_at:%Y-%m-%d}</lastmod></url>"
        for page in draft.pages
        if not page.noindex
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()


def robots(origin: str) -> bytes:
    """Return robots.txt."""
    return f"User-agent: *\nDisallow: /_f/\nSitemap: {origin}/sitemap.xml\n".encode()


def publish_site(*, site: Site, actor: User, now: datetime | None = None) -> SiteVersion:
    """Put the draft online; return the new version. Raises PublishError.

    Two people at once: the second waits for the site's row and then publishes what is there. Killed half-way: the
    pointer still names the old version, and the stored object is an orphan that nobody refers to.
    """
    with transaction.atomic():
        locked = Site.objects.select_for_update().get(id=site.id)
        draft = load_draft(locked)
        problems = [*_going(locked), *_problems(draft)]
        if locked.id in surplus():
            full = no_room("sites", account_id=locked.account_id, used=Site.objects.count())
            problems = [SiteProblem(full), *problems]
        if problems:
            raise PublishError(problems)
        former = latest_version(locked)
        result = render_site(draft, controller=_controller(locked), former=former)
        number = (
            SiteVersion.objects.filter(site=locked).order_by("-number").values_list("number", flat=True).first() or 0
        ) + 1
        assert draft.domain is not None
        origin = site_input(draft).origin
        result.files["/sitemap.xml"] = pack.compressed("application/xml", sitemap(draft, origin))
        result.files["/robots.txt"] = pack.compressed("text/plain; charset=utf-8", robots(origin))
        version = SiteVersion(
            id=uuid.uuid4(),
            site=locked,
            number=number,
            manifest={"inputs": result.inputs, "rendered": result.rendered, "files": sorted(result.files)},
            source=snapshot(draft),
            published_by=actor.pk,
            created_at=now or timezone.now(),
        )
        facts = parts.facts(draft, version_id=version.id, controller=_controller(locked), media=_media(draft.assets))
        storage.put(pack.key_of(locked.id, version.id), pack.write(result.files, facts), content_type="application/zip")
        version.save(force_insert=True)
        _point(locked, version, actor=actor, action="site.published")
    return version


def restore_version(*, site: Site, version: SiteVersion, actor: User) -> SiteVersion:
    """Put an older version online again, at once; the draft stays as it is. Raises PublishError."""
    with transaction.atomic():
        if problems := _going(Site.objects.select_for_update().get(id=site.id)):
            raise PublishError(problems)
        _point(site, version, actor=actor, action="site.restored")
    return version


def unpublish_site(*, site: Site, actor: User) -> None:
    """Take the site offline; its versions stay."""
    with transaction.atomic():
        _point(site, None, actor=actor, action="site.unpublished")


def _point(site: Site, version: SiteVersion | None, *, actor: User, action: str) -> None:
    shown = version.id if version else None
    held = shown is not None and site.id in surplus()
    Domain.objects.filter(site_id=site.id).update(
        version_id=None if held else shown, held_version_id=shown if held else None
    )
    audit.record(action, actor_id=actor.pk, target_id=site.id)


def _controller(site: Site) -> str:
    return site.account.name


def _media(assets: list[Asset]) -> dict[str, dict[str, Any]]:
    return {
        media_path(variant): {"key": variant["key"], "type": variant["type"]}
        for asset in assets
        for variant in asset.variants
    }
