"""What the inbox takes: a filter from the address, chosen messages and what to do with them."""

from __future__ import annotations

import uuid

from django import forms
from django.http import QueryDict

from sites.selectors.search import Filter, asked_for
from sites.services.inbox import ACTIONS

FOLDERS = ("all", "unread", "trash", "quarantine", "everywhere")
MOST_ASKED = 200  # characters of a search
MOST = 200  # messages in one bulk action


def filter_from(query: QueryDict) -> tuple[Filter, str]:
    """Return the filter that an address names and what is searched for; anything unknown is left out."""
    folder = query.get("folder", "all")
    try:
        form = uuid.UUID(query.get("form", ""))
    except ValueError:
        form = None
    words = query.get("q", "").strip()[:MOST_ASKED]
    return Filter(folder if folder in FOLDERS else "all", form, asked_for(words)), words


class BulkForm(forms.Form):
    """Messages and an action."""

    action = forms.ChoiceField(choices=[(action, action) for action in ACTIONS])

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.chosen = data.getlist("id")[:MOST]

    def ids(self) -> list[uuid.UUID]:
        """Return the chosen messages' ids; made-up ones are left out."""
        found = []
        for text in self.chosen:
            try:
                found.append(uuid.UUID(text))
            except ValueError:
                continue
        return found
