"""Everything about one person: for who asks what you have of them. Found on address and number, in every form."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views.settings import person as actor_of
from sites.fields.phone import Phone
from sites.inbox.forms import MOST_ASKED
from sites.selectors import inbox, search
from sites.services import export
from webanizr.core import vault
from webanizr.core.permissions import requires


def person_of(query: Mapping[str, str]) -> search.Person:
    """Return the person whom an address names: the sender of a message (`of`), or an address or number (`q`).

    Raises Http404 for a message that isn't there.
    """
    try:
        message = uuid.UUID(query.get("of", ""))
    except ValueError:
        return search.person(search.identifying([query.get("q", "")[:MOST_ASKED]]))
    row = inbox.access_submission(message)
    try:
        terms = search.terms_of_sender(row)
    except vault.VaultError:
        terms = ()
    return search.person(terms, name=inbox.open_message(row).sender)


def everything(found: search.Person) -> search.Filter:
    """Return the filter that names everything about a person."""
    return search.Filter(folder="everywhere", any_of=found.tokens())


@requires("reader")
@require_safe
def person(request: HttpRequest) -> HttpResponse:
    """The list, with what can be done with all of it."""
    found = person_of(request.GET)
    going = search.being_erased([each.row.id for each in found.found])
    context = {
        "person": found,
        "erasures": going,
        "going": {key for each in going for key in each.submissions},
        "numbers": [Phone(id="phone").display(number) for number in found.numbers],
        "name": found.name or ", ".join((*found.addresses, *found.numbers)),
        "of": request.GET.get("of", ""),
        "asked": request.GET.get("q", "")[:MOST_ASKED],
        "in_trash": all(each.row.deleted_at for each in found.found),
        "nav": "inbox",
    }
    return render(request, "inbox/person.html", context)


@requires("reader")
@require_POST
def export_person(request: HttpRequest) -> HttpResponse:
    """Queue a zip with all of it."""
    found = person_of(request.POST)
    if not found.found:
        messages.warning(request, _("Nothing was found, so there is nothing to export."))
        return redirect("inbox:list")
    export.start_export(chosen=everything(found), actor=actor_of(request), content=export.PERSON)
    return redirect("inbox:exports")
