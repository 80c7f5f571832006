"""The settings form of a block or field: it returns what it shows and loses nothing that was typed."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from sites.blocks.base import REGISTRY
from sites.fields.base import REGISTRY as FIELDS
from sites.schema.panel import Library, PanelForm, panel_apply, panel_form, panel_initial
from tests.contents import EIGHT

pytestmark = pytest.mark.usefixtures("english")


def posted(form: PanelForm) -> QueryDict:
    """Return what a browser sends for a settings form as it is shown."""
    data = QueryDict(mutable=True)

    def fill(panel: PanelForm) -> None:
        for row in panel.rows():
            if row.field is not None:
                value = row.field.value()
                if isinstance(value, bool):
                    if value:
                        data[row.field.html_name] = "on"
                else:
                    data[row.field.html_name] = "" if value is None else str(value)
            elif row.group is not None:
                fill(row.group)
            elif row.items is not None:
                data[row.items.count_name] = str(len(row.items.forms))
                for item in row.items.forms:
                    fill(item)

    fill(form)
    return data


@pytest.mark.parametrize("kind", [*sorted(EIGHT), *sorted(FIELDS)])
def test_the_settings_form_returns_what_it_shows(kind: str) -> None:
    made = REGISTRY[kind] if kind in EIGHT else FIELDS[kind]
    for part in (made.sample(), made.new()):
        form = panel_form(made)(instance=part)
        again = panel_form(made)(posted(form), instance=part)
        assert again.is_valid(), again.all_errors()
        assert again.save() == part
        assert panel_apply(part, panel_initial(part)) == part


def test_the_settings_form_adds_moves_and_removes_items() -> None:
    faq = REGISTRY["faq"].sample()
    made = panel_form(type(faq))

    def after(operation: str) -> list[str]:
        data = posted(made(instance=faq))
        data["op"] = operation
        form = made(data, instance=faq)
        assert form.is_valid()
        return [item.question[:3] for item in form.save().items]

    assert after("") == ["Tot", "Heb", "Kan"]
    assert after("add:items") == ["Tot", "Heb", "Kan", ""]
    assert after("up:items:1") == ["Heb", "Tot", "Kan"]
    assert after("down:items:1") == ["Tot", "Kan", "Heb"]
    assert after("up:items:0") == ["Tot", "Heb", "Kan"]
    assert after("down:items:2") == ["Tot", "Heb", "Kan"]
    assert after("remove:items:0") == ["Heb", "Kan"]
    assert after("remove:items:99") == after("remove:id:0") == after("drop:items:1") == ["Tot", "Heb", "Kan"]


def test_the_settings_form_puts_messages_at_the_field_and_loses_nothing() -> None:
    faq = REGISTRY["faq"].sample()
    made = panel_form(type(faq))
    data = posted(made(instance=faq))
    data["heading"] = "x\x07"
    data["items-1-answer"] = "[klik](javascript:alert)"
    data["items-2-question"] = "y" * 201
    form = made(data, instance=faq)
    assert not form.is_valid()
    assert sorted(tuple(map(str, error["loc"])) for error in form.all_errors()) == [
        ("heading",),
        ("items", "1", "answer"),
        ("items", "2", "question"),
    ]
    assert form.lists["items"].forms[1]["answer"].value() == "[klik](javascript:alert)"
    data["items-count"] = "999999999"
    assert not made(data, instance=faq).is_valid()
    data["items-count"] = "-1; drop"
    assert made(QueryDict("items-count=x"), instance=faq).is_valid()


def test_the_settings_form_keeps_what_was_not_sent() -> None:
    hero = REGISTRY["hero"].sample()
    form = panel_form(type(hero))(QueryDict("heading=Nieuw"), instance=hero)
    assert form.is_valid()
    assert form.save() == hero.model_copy(update={"heading": "Nieuw"})


def test_the_settings_form_offers_the_library() -> None:
    asset, form_id = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
    library = Library(images=[(asset, "oven.jpg")], forms=[(form_id, "Bestellen")])
    block = REGISTRY["form"].new()
    form = panel_form(type(block))(QueryDict(f"form={form_id}"), instance=block, library=library)
    assert form.is_valid()
    assert form.save().form == form_id
    stranger = panel_form(type(block))(QueryDict(f"form={asset}"), instance=block, library=library)
    assert [error["loc"] for error in stranger.all_errors()] == [["form"]] or not stranger.is_valid()
