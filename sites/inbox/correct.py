"""Correcting what a visitor filled in (article 16 GDPR): one message, or a name, address or number in all of them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.views.settings import person as actor_of
from sites.fields.base import Field
from sites.fields.options import WithOptions
from sites.inbox.forms import MOST_ASKED
from sites.inbox.person import person_of
from sites.models import Submission
from sites.selectors import inbox, search
from sites.selectors.sealed import open_content
from sites.services import corrections
from webanizr.core import vault
from webanizr.core.permissions import requires

# What tells who somebody is: the same in each message, so corrected in all of them together.
OWN = ("short_text", "email", "phone")
PREFIX = "answer"


class AnswersForm(forms.Form):
    """The answers of one message, each in a control of its kind; `sites.services.corrections` judges them."""

    def __init__(
        self, answers: Sequence[corrections.Correctable], data: MultiValueDict[str, str] | None = None
    ) -> None:
        super().__init__(data, prefix=PREFIX)
        for each in answers:
            self.fields[each.field.id] = control_of(each.field, each.texts)

    def given(self) -> dict[str, list[str]]:
        """Return the texts by field id, as they were sent."""
        data: Any = self.data
        return {name: list(data.getlist(self.add_prefix(name))) for name in self.fields}


def control_of(asked: Field, texts: Sequence[str]) -> forms.Field:
    """Return the control for a field with what is stored; options that have gone since stay choosable."""
    kind = asked.type_name()
    common: dict[str, Any] = {"label": asked.label, "required": False}
    if isinstance(asked, WithOptions):
        options = [(option, option) for option in dict.fromkeys([*asked.options, *texts])]
        if asked.max_values > 1:
            return forms.MultipleChoiceField(
                choices=options, initial=list(texts), widget=forms.CheckboxSelectMultiple, **common
            )
        return forms.ChoiceField(choices=[("", "–"), *options], initial="".join(texts[:1]), **common)
    widget: forms.Widget = forms.TextInput()
    if asked.multiline:
        widget = forms.Textarea(attrs={"rows": 5})
    elif kind == "date":
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif kind in ("email", "phone", "number"):
        widget = forms.TextInput(attrs={"inputmode": {"email": "email", "phone": "tel", "number": "decimal"}[kind]})
    return forms.CharField(initial="".join(texts[:1]), widget=widget, **common)


@requires("editor")
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Correct one message."""
    row = inbox.access_submission(submission_id)
    try:
        answers = corrections.correctable(row, open_content(row))
    except vault.VaultError:
        messages.warning(request, _("This message can't be opened, so it can't be corrected now."))
        return redirect("inbox:show", submission_id)
    form = AnswersForm(answers, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        form.is_valid()
        try:
            changed = corrections.correct_submission(
                submission_id=row.id, given=form.given(), base=request.POST.get("base", ""), actor=actor_of(request)
            )
        except corrections.Refusals as refused:
            for name, text in refused.errors.items():
                form.add_error(name, text)
        except corrections.ChangedMeanwhile as error:
            form.add_error(None, str(error))
        except (corrections.NotCorrectable, vault.VaultError):
            form.add_error(None, _("This can't be corrected just now. Try again in a minute."))
        else:
            _say(request, len(changed))
            return redirect("inbox:show", row.id)
    context = {
        "form": form,
        "row": row,
        "message": inbox.open_message(row),
        "base": corrections.fingerprint(row),
        "left_out": len(open_content(row)["fields"]) - len(answers),
        "nav": "inbox",
    }
    return render(request, "inbox/correct.html", context, status=422 if form.errors else 200)


def _say(request: HttpRequest, changed: int) -> None:
    if not changed:
        messages.info(request, _("Nothing was different, so nothing was changed."))
        return
    words = ngettext("%(n)s answer corrected.", "%(n)s answers corrected.", changed) % {"n": changed}
    messages.success(request, f"{words} {_('Your log holds what it was and what it became, as fingerprints.')}")


# --- one person, in all messages together


@dataclass
class Own:
    """A name, address or number as it stands in some messages. Args: number: of its control; where: message, field."""

    number: int
    text: str
    label: str
    where: list[tuple[Submission, Field]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return the name of its control."""
        return f"own-{self.number}"


def _own(found: search.Person) -> tuple[list[Own], dict[uuid.UUID, dict[str, Any]]]:
    """Return what identifies the person over all messages, and the opened answers by message."""
    kept: dict[tuple[str, str], Own] = {}
    opened: dict[uuid.UUID, dict[str, Any]] = {}
    for each in found.found:
        try:
            content = open_content(each.row)
        except vault.VaultError:
            continue
        opened[each.row.id] = content
        for answer in corrections.correctable(each.row, content):
            if answer.field.type_name() in OWN and answer.texts:
                key = (answer.field.type_name(), answer.texts[0])
                own = kept.setdefault(key, Own(len(kept), answer.texts[0], answer.field.label))
                own.where.append((each.row, answer.field))
    return list(kept.values()), opened


@dataclass(frozen=True)
class Line:
    """One answer that would change, for looking first."""

    row: Submission
    label: str
    before: str
    after: str


def _plan(
    owns: Sequence[Own], opened: Mapping[uuid.UUID, dict[str, Any]], wanted: Mapping[str, str]
) -> tuple[list[Line], dict[str, str], dict[uuid.UUID, dict[str, list[str]]]]:
    """Return what changes, {control: words} of what the forms won't take, and the texts by message and field."""
    lines: list[Line] = []
    errors: dict[str, str] = {}
    given: dict[uuid.UUID, dict[str, list[str]]] = {}
    for own in owns:
        text = wanted.get(own.key, own.text).strip()
        if text == own.text:
            continue
        for row, asked in own.where:
            try:
                changed = corrections.checked(row, opened[row.id], {asked.id: [text]})
            except corrections.Refusals as refused:
                errors[own.key] = refused.errors[asked.id]
                continue
            for name, answer in changed.items():
                given.setdefault(row.id, {})[name] = [text]
                lines.append(Line(row, asked.label, own.text, inbox.words(answer)))
    return lines, errors, given


@requires("editor")
@require_http_methods(["GET", "POST"])
def correct_person(request: HttpRequest) -> HttpResponse:
    """Correct a name, address or number in all messages of one person: first look at what changes, then do it."""
    query = request.GET if request.method == "GET" else request.POST
    found = person_of(query)
    if not found.found:
        messages.warning(request, _("Nothing was found, so there is nothing to correct."))
        return redirect("inbox:list")
    owns, opened = _own(found)
    wanted = {own.key: query.get(own.key, own.text) for own in owns} if request.method == "POST" else {}
    lines, errors, given = _plan(owns, opened, wanted)
    if request.method == "POST" and query.get("do") == "apply" and lines and not errors:
        bases = {each.row.id: corrections.fingerprint(each.row) for each in found.found}
        if query.get("seen") != _seen(lines):
            messages.warning(request, _("The messages have changed meanwhile. Look at it again."))
        else:
            with transaction.atomic():
                for message_id, texts in given.items():
                    corrections.correct_submission(
                        submission_id=message_id, given=texts, base=bases[message_id], actor=actor_of(request)
                    )
            _say(request, len(lines))
            return redirect("inbox:show", found.found[0].row.id)
    context = {
        "rows": [
            {"own": own, "value": wanted.get(own.key, own.text), "error": errors.get(own.key, "")} for own in owns
        ],
        "lines": [] if errors or query.get("do") == "back" else lines,
        "seen": _seen(lines),
        "nothing": request.method == "POST" and not lines and not errors,
        "name": found.name or ", ".join((*found.addresses, *found.numbers)),
        "of": query.get("of", ""),
        "asked": query.get("q", "")[:MOST_ASKED],
        "nav": "inbox",
    }
    return render(request, "inbox/person_correct.html", context, status=422 if errors else 200)


def _seen(lines: Sequence[Line]) -> str:
    """Return a fingerprint of what a person looked at, so that exactly that is changed and nothing else."""
    text = "\n".join(f"{line.row.id}\t{line.label}\t{line.before}\t{line.after}" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
