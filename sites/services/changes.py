"""What differs between the draft and what is online, block by block, and taking one difference back."""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from accounts.models import User
from accounts.services import audit
from sites.blocks.base import REGISTRY
from sites.models import Form, Page, Site
from sites.schema.parts import Meta, walk
from sites.schema.source import to_source
from sites.selectors.publishing import load_draft
from sites.services import pages
from sites.services.drafts import save_draft
from sites.services.forms import change_form, delete_form
from sites.services.publish import latest_version, snapshot

DETAILS, ORDER = "details", "order"  # keys of a change; a block's id is longer than both
SHOWN = 3  # differences in words of one change
AROUND = 40  # characters of what stayed, on either side


@dataclass(frozen=True)
class Words:
    """One difference inside a change: which part, and its text as (same | gone | new, text) pieces; none for a look."""

    label: str
    pieces: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Change:
    """One difference between the draft and what is online.

    Args: kind: new, changed, gone or moved; what: page, form or site; title: of that; id: of that; key: empty for all
    of it, else `details`, `order` or a block's id; block: the block's name; words: what exactly, when that is known.
    """

    kind: str
    what: str
    title: str
    id: str
    key: str = ""
    block: str = ""
    words: tuple[Words, ...] = ()


class NothingToTakeBack(ValueError):
    """The change isn't there any more, or the site isn't online: there is nothing to go back to."""


def changes_since_publish(site: Site) -> list[Change]:
    """Return what differs between the draft and what is online, site first."""
    now, online = snapshot(load_draft(site)), latest_version(site)
    before = online.source if online else {"site": None, "pages": [], "forms": []}
    found: list[Change] = []
    if before["site"] != now["site"]:
        found.append(
            Change("changed" if online else "new", "site", site.name, str(site.id), words=_look(before["site"], now))
        )
    for what, title in (("pages", "title"), ("forms", "name")):
        old = {item["id"]: item for item in before[what]}
        new = {item["id"]: item for item in now[what]}
        kind = what.removesuffix("s")
        for key, item in new.items():
            if key not in old:
                found.append(Change("new", kind, item[title], key))
            elif old[key] != item:
                found += _page(old[key], item) if kind == "page" else [Change("changed", kind, item[title], key)]
        found += [Change("gone", kind, item[title], key) for key, item in old.items() if key not in new]
    return found


def _look(before: dict[str, Any] | None, now: dict[str, Any]) -> tuple[Words, ...]:
    labels = {"name": _("Name"), "language": _("Language"), "menu": _("Menu")}
    looks = {"theme", "hue", "vividness"}
    after = now["site"]
    if before is None:
        return ()
    found = [Words(label) for key, label in labels.items() if before.get(key) != after[key]]
    return (*found, *([Words(_("Look"))] if any(before.get(key) != after[key] for key in looks) else []))


def _page(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """Yield what differs between two snapshots of one page."""
    whole = Change("changed", "page", new["title"], new["id"])
    labels = {
        "title": _("Title"),
        "slug": _("Address"),
        "description": _("Description"),
        "noindex": _("Hide from search engines"),
        "position": _("Place among the pages"),
    }
    details = [(label, old[key], new[key]) for key, label in labels.items() if old[key] != new[key]]
    if details:
        words = [Words(label, pieces(a, b) if isinstance(a, str) else ()) for label, a, b in details]
        yield replace(whole, key=DETAILS, words=tuple(words))
    before = {block["id"]: block for block in old["content"]["blocks"]}
    after = {block["id"]: block for block in new["content"]["blocks"]}
    stayed = [key for key in after if key in before]
    some = bool(details)
    if stayed != [key for key in before if key in after]:
        some = True
        yield replace(whole, kind="moved", key=ORDER)
    for key, block in after.items():
        name = _name(block)
        if key not in before:
            some = True
            yield replace(whole, kind="new", key=key, block=name)
        elif before[key] != block:
            some = True
            yield replace(whole, key=key, block=name, words=_words(before[key], block))
    for key, block in before.items():
        if key not in after:
            some = True
            yield replace(whole, kind="gone", key=key, block=_name(block))
    if not some:  # stored in another shape
        yield whole


def _name(block: dict[str, Any]) -> str:
    cls = REGISTRY.get(block["type"])
    return str(cls.title) if cls else str(block["type"])


def _texts(block: dict[str, Any]) -> dict[str, tuple[str, Any, bool]]:
    """Return {path: (label, value, whether it is words)} of a stored block; empty when it can't be read."""
    try:
        found = REGISTRY[block["type"]].model_validate(block)
    except (KeyError, ValidationError):
        return {}
    return {
        path: (str(meta.label), *_value(meta, value))
        for path, meta, value, _owner in walk(found)
        if meta.widget not in ("items", "link")
    }


def _value(meta: Meta, value: Any) -> tuple[Any, bool]:
    if meta.widget == "rich":
        return to_source(value), True
    if meta.widget in ("choice", "icon", "drawing"):
        return str(meta.choices.get(value, value)), False
    return value, isinstance(value, str) and meta.widget not in ("image", "form")


def _words(old: dict[str, Any], new: dict[str, Any]) -> tuple[Words, ...]:
    before, after = _texts(old), _texts(new)
    found = []
    for path in [*after, *(path for path in before if path not in after)]:
        label, value, is_text = after.get(path) or ("", "", True)
        old_label, old_value, old_is_text = before.get(path) or ("", "", True)
        if value != old_value:
            both = is_text and old_is_text
            found.append(Words(label or old_label, pieces(str(old_value), str(value)) if both else ()))
    return tuple(found[:SHOWN])


def pieces(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return the way from one text to another as (same | gone | new, text), long stretches that stayed cut short."""
    a, b = re.findall(r"\S+\s*|\s+", old[:4000]), re.findall(r"\S+\s*|\s+", new[:4000])
    found: list[tuple[str, str]] = []
    steps = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    for number, (step, a1, a2, b1, b2) in enumerate(steps):
        if step == "equal":
            found.append(("same", _short("".join(a[a1:a2]), first=number == 0, last=number == len(steps) - 1)))
            continue
        if a1 != a2:
            found.append(("gone", "".join(a[a1:a2])[:200]))
        if b1 != b2:
            found.append(("new", "".join(b[b1:b2])[:200]))
    return tuple(found[:12])


def _short(text: str, *, first: bool, last: bool) -> str:
    if first and len(text) > AROUND:
        return f"… {text[-AROUND:].split(' ', 1)[-1]}"
    if last and len(text) > AROUND:
        return f"{text[:AROUND].rsplit(' ', 1)[0]} …"
    if len(text) > 2 * AROUND:
        return f"{text[:AROUND].rsplit(' ', 1)[0]} … {text[-AROUND:].split(' ', 1)[-1]}"
    return text


@transaction.atomic
def take_back(*, site: Site, what: str, id: str, key: str, actor: User) -> None:
    """Make one thing in the draft again as it is online.

    Args: what, id, key: of the Change. Raises NothingToTakeBack, pages.PageError and drafts.Conflict.
    """
    online = latest_version(site)
    change = next((c for c in changes_since_publish(site) if (c.what, c.id, c.key) == (what, id, key)), None)
    if online is None or change is None:
        raise NothingToTakeBack(_("This was taken back already."))
    source = online.source
    if what == "site":
        for name, value in source["site"].items():
            setattr(site, name, value)
        site.save()
    elif what == "form":
        _form_back(next((f for f in source["forms"] if f["id"] == id), None), uuid.UUID(id), actor)
    elif change.kind == "new" and not key:
        pages.delete_page(page=Page.objects.get(id=id), actor=actor)
    else:
        old = next(page for page in source["pages"] if page["id"] == id)
        _page_back(Page.objects.filter(id=id).first(), site, old, key, source["site"]["menu"], actor)
    audit.record("change.taken_back", actor_id=actor.pk, target_id=uuid.UUID(id))


def _form_back(old: dict[str, Any] | None, form_id: uuid.UUID, actor: User) -> None:
    form = Form.objects.get(id=form_id)
    if old is None:
        delete_form(form=form, actor=actor)
        return
    values = {name: value for name, value in old.items() if name != "id"}
    change_form(form=form, actor=actor, **values)


def _page_back(
    page: Page | None, site: Site, old: dict[str, Any], key: str, menu: list[dict[str, Any]], actor: User
) -> None:
    if page is None:  # deleted for good: make it anew
        fields = ("id", "title", "slug", "description", "noindex", "position", "content")
        page = Page.objects.create(site=site, **{name: old[name] for name in fields})
    elif page.deleted_at is not None:
        pages.restore_page(page=page, actor=actor)
    if key == DETAILS:
        in_menu = any(item.get("page") == str(page.id) for item in page.site.menu)
        given = {name: old[name] for name in ("title", "slug", "description", "noindex")}
        pages.change_page(page=page, in_menu=in_menu, actor=actor, **given)
        Page.objects.filter(id=page.id).update(position=old["position"])
        return
    if not key:
        site.menu = [*site.menu, *(item for item in menu if item.get("page") == str(page.id))]
        site.save(update_fields=["menu", "updated_at"])
        return
    blocks = list(page.content["blocks"])
    order = [block["id"] for block in old["content"]["blocks"]]
    before = {block["id"]: block for block in old["content"]["blocks"]}
    if key == ORDER:
        places = [index for index, block in enumerate(blocks) if block["id"] in before]
        kept = sorted((blocks[index] for index in places), key=lambda block: order.index(block["id"]))
        for index, block in zip(places, kept, strict=True):
            blocks[index] = block
    else:
        place = next((index for index, block in enumerate(blocks) if block["id"] == key), None)
        if key not in before:
            blocks = [block for block in blocks if block["id"] != key]
        elif place is not None:
            blocks[place] = before[key]
        else:  # after the nearest block that stood before it and is still there
            former = set(order[: order.index(key)])
            place = max((index + 1 for index, block in enumerate(blocks) if block["id"] in former), default=0)
            blocks.insert(place, before[key])
    save_draft(page=page, content={**page.content, "blocks": blocks}, base=page.version, actor=actor)
