"""What the inbox takes: a filter from the address, chosen messages and what to do with them."""

from __future__ import annotations

import uuid

from django import forms
from django.http import QueryDict

from sites.selectors.inbox import Filter
from sites.services.inbox import ACTIONS

FOLDERS = ("all", "unread", "trash", "quarantine")
MOST = 200  # messages in one bulk action


def filter_from(query: QueryDict) -> Filter:
    """Return the filter that an address names; anything unknown is left out."""
    folder = query.get("folder", "all")
    try:
        form = uuid.UUID(query.get("form", ""))
    except ValueError:
        form = None
    return Filter(folder if folder in FOLDERS else "all", form)


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
