"""A form's settings: its fields, each with what for and how long, and what visitors will read about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views.settings import account_of, person
from sites.editor.forms import FormForm, terms
from sites.fields.base import REGISTRY, Field
from sites.fields.definition import publish_problems, read
from sites.fields.notice import notice, period
from sites.models import Form
from sites.schema.parts import Meta, metas, slug_of
from sites.schema.problems import ContentError
from sites.selectors import editor as selectors
from sites.services import forms as services
from webanizr.core.permissions import requires


@requires("editor")
@require_POST
def form_new(request: HttpRequest, site_id: uuid.UUID) -> HttpResponse:
    """Add a form, and open its settings."""
    site = selectors.access_site(site_id)
    made = services.create_form(site=site, name=_("New form"), actor=person(request))
    return redirect("sites:form", site.id, made.id)


@requires("editor")
@require_POST
def form_delete(request: HttpRequest, site_id: uuid.UUID, form_id: uuid.UUID) -> HttpResponse:
    """Delete a form, with a way back."""
    found = selectors.access_form(site_id, form_id)
    services.delete_form(form=found, actor=person(request))
    request.session["undo_form"] = {"id": str(found.id), "title": found.name}
    return redirect("sites:overview", site_id)


@requires("editor")
@require_POST
def form_restore(request: HttpRequest, site_id: uuid.UUID, form_id: uuid.UUID) -> HttpResponse:
    """Bring a deleted form back."""
    services.restore_form(form=selectors.access_form(site_id, form_id, deleted=True), actor=person(request))
    return redirect("sites:form", site_id, form_id)


@requires("editor")
@require_http_methods(["GET", "POST"])
def form(request: HttpRequest, site_id: uuid.UUID, form_id: uuid.UUID) -> HttpResponse:
    """The form as a whole, and its fields."""
    found = selectors.access_form(site_id, form_id)
    initial = {
        "name": found.name,
        "button": found.button,
        "thanks": found.thanks,
        "notify": found.notify,
        "retention_days": found.retention_days,
    }
    settings = FormForm(request.POST or None, initial=initial)
    if request.method == "POST" and settings.is_valid():
        services.change_form(form=found, actor=person(request), **settings.cleaned_data)
        messages.success(request, _("Saved. Put your website online to show it to visitors."))
        return redirect("sites:form", site_id, form_id)
    return _page(request, found, settings, status=422 if request.method == "POST" else 200)


def _page(
    request: HttpRequest,
    found: Form,
    settings: FormForm,
    *,
    status: int = 200,
    tried: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    fields = read(found.fields)
    problems: dict[str, list[str]] = {}
    for problem in publish_problems(fields):
        problems.setdefault(problem.block_id, []).append(problem.message)
    chosen = request.GET.get("field", "")
    open_id = tried["id"] if tried else chosen
    rows = []
    for index, field in enumerate(fields):
        values = tried if tried and tried["id"] == field.id else field.dump()
        rows.append(
            {
                "field": field,
                "first": index == 0,
                "last": index == len(fields) - 1,
                "open": field.id == open_id,
                "controls": [_control(name, meta, values, errors or {}) for name, meta in metas(type(field))]
                if field.id == open_id
                else [],
                "problems": problems.get(field.id, []),
                "term": period(field.retention_days) if field.personal != "none" and field.retention_days else "",
            }
        )
    context = {
        "site": found.site,
        "form_row": found,
        "form": settings,
        "rows": rows,
        "incomplete": [row for row in rows if row["problems"]],
        "types": [(key, cls.title, cls.icon) for key, cls in REGISTRY.items()],
        "notice": notice(fields, controller=account_of(request).name, receipt=False),
        "nav": "website",
    }
    return render(request, "sites/form.html", context, status=status)


def _control(name: str, meta: Meta, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    """Return what the template draws for one setting of a field."""
    value = values.get(name)
    choices: list[tuple[object, object]] = list(meta.choices.items())
    if name == "retention_days":
        choices = [("", _("Not set")), *terms(value)]
    return {
        "name": name,
        "label": _("Keep for") if name == "retention_days" else meta.label,
        "help": meta.help,
        "widget": meta.widget,
        "value": "\n".join(value) if isinstance(value, list) else value,
        "choices": choices,
        "error": errors.get(name, ""),
        "max_length": meta.max_length,
    }


def posted(field_type: type[Field], former: dict[str, Any], data: QueryDict) -> dict[str, Any]:
    """Return a field's definition with what was typed, in the types that the definition has."""
    values = dict(former)
    for name, meta in metas(field_type):
        text = data.get(name, "")
        if meta.widget == "toggle":
            values[name] = name in data
        elif meta.widget == "number":
            values[name] = (
                int(text)
                if text.strip().lstrip("-").isdigit() and len(text) < 10
                else None
                if not text.strip()
                else text
            )
        elif meta.widget == "lines":
            values[name] = [line.strip() for line in text.splitlines() if line.strip()]
        else:
            values[name] = text.replace("\r\n", "\n")
    return values


@requires("editor")
@require_POST
def field_change(request: HttpRequest, site_id: uuid.UUID, form_id: uuid.UUID) -> HttpResponse:
    """Add, change, move or delete one field. What can't be stored comes back with its message and what was typed."""
    found = selectors.access_form(site_id, form_id)
    fields: list[dict[str, Any]] = list(found.fields)
    action, field_id = request.POST.get("action", ""), request.POST.get("field", "")
    place = next((index for index, field in enumerate(fields) if field["id"] == field_id), -1)
    shown = field_id
    if action == "add" and request.POST.get("type") in REGISTRY:
        cls = REGISTRY[request.POST["type"]]
        taken, number = {field["id"] for field in fields}, 1
        base = slug_of(str(cls.title)) or "field"
        while f"{base}_{number}" in taken:
            number += 1
        shown = f"{base}_{number}"
        fields.append(cls.new(shown).dump())
    elif place >= 0 and action == "delete":
        fields.pop(place)
        shown = ""
    elif place >= 0 and action in ("up", "down"):
        there = place + (-1 if action == "up" else 1)
        if 0 <= there < len(fields):
            fields[place], fields[there] = fields[there], fields[place]
    elif place >= 0 and action == "save":
        fields[place] = posted(REGISTRY[fields[place]["type"]], fields[place], request.POST)
    try:
        services.change_form(form=found, actor=person(request), fields=fields)
    except ContentError as error:
        errors = {str(problem["loc"][1]): problem["message"] for problem in error.problems if len(problem["loc"]) > 1}
        settings = FormForm(initial={name: getattr(found, name) for name in FormForm.base_fields})
        found.refresh_from_db()
        return _page(request, found, settings, status=422, tried=fields[place], errors=errors)
    return redirect(f"{request.path.removesuffix('fields/')}{f'?field={shown}#field' if shown else ''}")
