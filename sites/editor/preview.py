"""What a website looks like, for the frame beside a form: as it is now, or as it would be."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.views.settings import account_of
from sites.blocks.content import read as read_blocks
from sites.blocks.footer import footer_of
from sites.blocks.inputs import FormInput, MenuEntry, PageInput, RenderContext, SiteInput
from sites.blocks.render import render_body
from sites.editor.forms import StartForm
from sites.fields.definition import read as read_fields
from sites.hosting.frame import draft_image_url
from sites.selectors import editor as selectors
from sites.selectors.publishing import load_draft, site_input
from sites.services.forms import contact_fields
from sites.services.kinds import kind_of, theme_of
from sites.services.sites import first_page
from sites.themes import THEMES
from webanizr.core.middleware import FRAME_ORIGIN
from webanizr.core.permissions import requires

FRAME = f"{FRAME_ORIGIN}/"


def theme_url(theme: str, hue: int, vividness: int) -> str:
    """Return the address of a look's own style sheet."""
    return f"{FRAME_ORIGIN}/_theme/{theme}-{hue}-{vividness}.css"


def answer(html: str, site: SiteInput) -> JsonResponse:
    """Return what the frame needs to show a page."""
    values: dict[str, Any] = {"html": html, "fields": {}, "lang": site.language, "bodyClass": f"site site-{site.theme}"}
    return JsonResponse(values | {"theme": theme_url(site.theme, site.hue, site.vividness)})


@requires("editor")
@require_safe
def preview(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """The home page as it is being edited."""
    draft = load_draft(selectors.access_site(site_id), redirects=False)
    context = selectors.edit_context(draft, draft_image_url, get_language() or settings.LANGUAGE_CODE, edit=False)
    home = next((page for page in draft.pages if page.slug == ""), None)
    site = site_input(draft, home)
    blocks = read_blocks(home.content) if home else []
    return answer(render_body(PageInput(id="", title=site.name, slug="", blocks=blocks), site, context), site)


@requires("editor")
@require_safe
def start_preview(request: HttpRequest) -> HttpResponse:
    """The page that the three answers given so far would make; nothing is stored."""
    form = StartForm(request.GET)
    form.is_valid()
    kind = kind_of(form.cleaned_data.get("kind") or "shop")
    name = form.cleaned_data.get("name") or account_of(request).name
    language, theme = get_language() or settings.LANGUAGE_CODE, theme_of(kind)
    form_id = str(uuid.UUID(int=1))
    with translation.override(language):
        place = form.cleaned_data.get("place") or ""
        blocks = first_page(kind=kind, name=name, place=place, form_id=form_id)
        fields = read_fields(contact_fields())
        menu = (MenuEntry(translation.gettext("Home"), "/", current=True),)
        site = SiteInput(
            id="",
            name=name,
            language=language,
            theme=theme,
            hue=THEMES[theme].hue,
            vividness=2,
            menu=menu,
            host="",
            scheme=settings.HOSTING_SCHEME,
            footer=footer_of(blocks, language),
        )
    shown = FormInput(id=form_id, name="", fields=fields, action="/", button="", controller=name)
    context = RenderContext(assets={}, forms={form_id: shown}, ui_language=language)
    return answer(render_body(PageInput(id="", title=name, slug="", blocks=blocks), site, context), site)
