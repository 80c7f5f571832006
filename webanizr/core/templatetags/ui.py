"""The component library: one tag per component, one template each in templates/ui/. Keyword arguments only.

Every component shows on /styleguide/.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
    Select,
    Textarea,
)
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from webanizr.core.middleware import FRAME_ORIGIN

register = template.Library()


def show(name: str, /, **values: Any) -> SafeString:
    """Return the component's template with these values."""
    return mark_safe(get_template(f"ui/{name}.html").render(values))  # noqa: S308  # our own template, escaped there


@register.simple_tag
def icon(*, name: str, label: str = "") -> SafeString:
    """An icon of the sprite; with `label` it speaks, else it is decoration."""
    return _icon(name, str(label))


@functools.lru_cache(maxsize=1000)
def _icon(name: str, label: str) -> SafeString:
    return show("icon", name=name, label=label)  # some thirty on a page, and always the same ones


@register.simple_tag
def mark() -> SafeString:
    """Our own mark."""
    return show("mark")


@register.simple_tag
def button(
    *,
    label: str,
    kind: str = "",
    href: str = "",
    type: str = "submit",  # HTML's own name
    icon: str = "",
    small: bool = False,
    large: bool = False,
    block: bool = False,
    name: str = "",
    value: str = "",
    icon_only: bool = False,
    disabled: bool = False,
    form: str = "",
    formaction: str = "",
) -> SafeString:
    """A button, or a link that looks like one (`href`).

    Args: kind: "", primary, quiet, danger, danger-quiet or staff; icon_only: the label is for screen readers.
    """
    classes = ["btn"]
    classes += [f"btn--{kind}"] if kind else []
    classes += [
        name
        for name, on in (("btn--sm", small), ("btn--l", large), ("btn--block", block), ("btn--icon", icon_only))
        if on
    ]
    return show(
        "button",
        label=label,
        classes=" ".join(classes),
        href=href,
        type=type,
        icon=icon,
        name=name,
        value=value,
        icon_only=icon_only,
        disabled=disabled,
        form=form,
        formaction=formaction,
    )


@register.simple_tag
def field(
    bound: BoundField,
    *,
    autofocus: bool = False,
    code: bool = False,
    optional: bool = False,
    switch: bool = False,
    label: str = "",
) -> SafeString:
    """A form field: label, help, control, error. Works for any Django form field.

    Args: code: big digits, for a code from a mail; optional: says so beside the label; switch: a yes/no as a switch;
        label: other words than the form's own.
    """
    bound.label = label or bound.label
    widget = bound.field.widget
    described = [f"{bound.auto_id}-help"] if bound.help_text else []
    described += [f"{bound.auto_id}-error"] if bound.errors else []
    attrs: dict[str, Any] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if autofocus:
        attrs["autofocus"] = True
    if code or str(widget.attrs.get("placeholder", "")).casefold() == str(bound.label).casefold():
        attrs["placeholder"] = False  # it says what the label says already
    kind = "input"
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        kind = "choices"
    elif isinstance(widget, CheckboxInput):
        kind = "switch" if switch else "check"
        attrs["class"] = "switch" if switch else "check"
    elif isinstance(widget, FileInput):
        attrs["class"] = "input input--file"
    elif isinstance(widget, Select):
        kind = "select"
    elif isinstance(widget, Textarea):
        attrs["class"] = "textarea"
        attrs.setdefault("rows", 4)
    else:
        attrs["class"] = "input input--code" if code else "input"
    return show(
        "field",
        bound=bound,
        kind=kind,
        control=bound.as_widget(attrs=attrs) if kind != "choices" else "",
        optional=optional,
    )


@register.simple_block_tag
def callout(content: str, *, kind: str = "", title: str = "", icon: str = "") -> SafeString:
    """A message that stays: kind "" (information), ok, warn, bad, plain or staff."""
    icons = {"ok": "circle-check", "warn": "triangle-alert", "bad": "circle-alert", "staff": "shield-check"}
    return show("callout", content=content, kind=kind, title=title, icon=icon or icons.get(kind, "info"))


@register.simple_block_tag
def card(content: str, *, title: str = "", kind: str = "", id: str = "") -> SafeString:
    """A panel with an optional heading; kind "flush" has no padding, "danger" a red edge."""
    return show("card", content=content, title=title, kind=kind, id=id)


@register.simple_block_tag
def empty(content: str, *, title: str, text: str, icon: str = "inbox") -> SafeString:
    """What shows where nothing is yet: what goes here, why it is empty, one action (the content)."""
    return show("empty", content=content, title=title, text=text, icon=icon)


@register.simple_tag
def pill(*, label: str, kind: str = "mute", icon: str = "") -> SafeString:
    """A short state: kind ok, warn, bad, info, new, staff or mute."""
    return show("pill", label=label, kind=kind, icon=icon)


@register.simple_tag
def progress(*, value: int, max: int, label: str) -> SafeString:  # HTML's own name
    """How far work is."""
    return show("progress", value=value, max=max or 1, label=label)


@register.simple_tag
def avatar(*, name: str, large: bool = False, staff: bool = False) -> SafeString:
    """A person's initials; violet for somebody who works at Webanizr."""
    words = [word for word in name.split() if word[:1].isalnum()]
    initials = (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else "?"
    return show("avatar", initials=initials, large=large, staff=staff)


@register.simple_tag
def countdown(*, until: datetime, reload: bool = False) -> SafeString:
    """The time that is left, as 23:41:08 or 23:41; reload: the page asks again when it is over."""
    left = max(0, round((until - timezone.now()).total_seconds()))
    hours, minutes, seconds = left // 3600, left % 3600 // 60, left % 60
    words = f"{hours:02}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
    return show("countdown", left=left, words=words, reload=reload)


@register.simple_tag
def copyrow(*, label: str, value: str) -> SafeString:
    """A value to copy, with a button where JavaScript works."""
    return show("copyrow", label=label, value=value)


@register.simple_tag
def crumbs(*, items: Sequence[tuple[str, str]], here: str) -> SafeString:
    """Where this page is: links to what it is part of, then its own name.

    Args: items: (words, address), the outermost first; here: the page's own words.
    """
    return show("crumbs", items=items, here=here)


@register.simple_tag
def pager(
    *, page: Page[Any] | None = None, newer: str = "", older: str = "", query: str = "", label: str = ""
) -> SafeString:
    """The way to more of a list: by page numbers (`page`), or by the addresses of newer and older rows.

    Args: page: of Django's paginator; query: what else stands in the address, as "folder=all"; label: for screen
        readers, where a page has more than one list.
    """
    if page is not None:
        kept = f"&{query}" if query else ""
        newer = f"?page={page.previous_page_number()}{kept}" if page.has_previous() else ""
        older = f"?page={page.next_page_number()}{kept}" if page.has_next() else ""
    return show("pager", page=page, newer=newer, older=older, label=label)


@register.simple_block_tag
def undo(content: str, *, text: str, url: str = "", name: str = "", value: str = "") -> SafeString:
    """What just happened, with a way back that stays in the page; the form's hidden fields and csrf are the content.

    Args: url: where the form goes, without it there is no way back; name, value: of the button.
    """
    return show("undo", content=content, text=text, url=url, name=name, value=value)


@register.simple_tag
def steps(*, items: Sequence[Any], action: str) -> SafeString:
    """A list of steps; the first that isn't done is next and carries a button.

    Args: items: each has words, done and url; action: the button's words.
    """
    following = next((item for item in items if not item.done), None)
    return show("steps", items=items, following=following, action=action)


@register.simple_block_tag
def job(content: str, *, job: Any, title: str, poll: str = "") -> SafeString:
    """Long work: title, progress in numbers and words; the content is what can be done now.

    Args: job: has id, state (queued, running, done, failed), done, total and message; poll: the address that answers
        with this component again, asked every two seconds until the work has ended.
    """
    share = min(100, round(100 * job.done / job.total)) if job.total else 0
    running = job.state in ("queued", "running")
    return show("job", content=content, job=job, title=title, poll=poll if running else "", share=share)


@register.simple_tag
def tabs(*, items: Sequence[tuple[str, str, str]], current: str, label: str) -> SafeString:
    """Links between the parts of a subject.

    Args: items: (key, words, address); current: a key; label: what the parts are of, for screen readers.
    """
    return show("tabs", items=items, current=current, label=label)


@register.simple_tag
def preview(*, source: str, form: str = "", sends: str = "", address: str = "") -> SafeString:
    """A website in a sandboxed frame, beside the form that changes it; without JavaScript it isn't there.

    Args: source: address of the JSON with the page; form: id of the form; sends: "values" when the page depends on
        all of the form's values, "look" when only the style sheet does; address: what stands in the address bar.
    """
    return show(
        "preview",
        source=source,
        form=form,
        sends=sends,
        address=address,
        frame=f"{FRAME_ORIGIN}/",
        theme=f"{FRAME_ORIGIN}/_theme/THEME-0-0.css",
    )


@register.simple_tag
def bar_chart(*, points: Sequence[tuple[str, int]], label: str) -> SafeString:
    """Bars drawn on the server, their outcome in words, and a table twin.

    Args: points: (words of the day, number), oldest first; the last bar stands out.
    """
    top = max([number for _, number in points] + [4])  # one message isn't a full bar
    width = 600 / max(1, len(points))
    bars = [
        {
            "x": round(index * width + 2, 1),
            "y": round(120 - 112 * number / top, 1) if number else 119,
            "w": round(width - 4, 1),
            "h": round(112 * number / top, 1) if number else 1,
            "last": index == len(points) - 1,
        }
        for index, (_, number) in enumerate(points)
    ]
    marks = (
        [(points[i][0], anchor, x) for i, anchor, x in ((0, "start", 2), (len(points) - 1, "end", 598))]
        if points
        else []
    )
    numbers = [number for _, number in points]
    return show(
        "bar_chart",
        bars=bars,
        points=points,
        label=label,
        marks=marks,
        total=sum(numbers),
        most=max(numbers, default=0),
    )
