"""One more kind of block or field is one class and one template, as the documentation says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.template import engines

import sites.blocks
import sites.fields
from sites.blocks import content
from sites.blocks.base import REGISTRY, Block
from sites.blocks.inputs import RenderContext
from sites.blocks.render import render_block
from sites.fields.base import REGISTRY as FIELDS
from sites.reference import documents
from sites.schema.panel import panel_form
from tests.contents import SITE, page, problems_of
from webanizr.local.place import ROOT

pytestmark = pytest.mark.usefixtures("english")


def test_the_reference_is_up_to_date() -> None:
    for path, text in documents().items():
        assert path.read_text() == text, f"Run: python3 manage.py reference ({path.name} is old)"


def pieces(document: str) -> tuple[str, str]:
    text = (ROOT / "docs" / document).read_text()
    found = re.findall(r"```(?:python|html)\n(.*?)```", text, flags=re.DOTALL)
    return found[0], found[1]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place where one more module and one more template are found."""
    for folder in ("blocks", "fields", "templates/blocks", "templates/fields"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(sites.blocks, "__path__", [*sites.blocks.__path__, str(tmp_path / "blocks")])
    monkeypatch.setattr(sites.fields, "__path__", [*sites.fields.__path__, str(tmp_path / "fields")])
    engine: Any = engines["django"]
    monkeypatch.setattr(engine.engine, "dirs", [*engine.engine.dirs, tmp_path / "templates"])
    blocks, fields = dict(REGISTRY), dict(FIELDS)
    yield tmp_path
    REGISTRY.clear()
    REGISTRY.update(blocks)
    FIELDS.clear()
    FIELDS.update(fields)
    for name in ("sites.blocks.quote", "sites.fields.postal_code"):
        sys.modules.pop(name, None)


def test_a_ninth_block_is_one_class_and_one_template(workshop: Path) -> None:
    code, template = pieces("blocks.md")
    (workshop / "blocks/quote.py").write_text(code)
    (workshop / "templates/blocks/quote.html").write_text(template)
    sites.blocks.discover()
    block: Block = content.read_block({"id": "abcdefgh", "type": "quote", **REGISTRY["quote"].example()})
    html = render_block(block, SITE, RenderContext(edit=True))
    assert 'data-edit="abcdefgh:text" data-kind="plain" data-label="Quote">De korst kraakt zo hard.</span>' in html
    assert "Quote" in content.json_schema()["$defs"]
    form = panel_form(type(block))(QueryDict("text=Lekker+brood"), instance=block)
    assert form.is_valid()
    assert form.save().text == "Lekker brood"
    assert problems_of(page({"type": "quote", "text": 3}))[0]["loc"] == ["blocks", 0, "text"]


def test_a_tenth_field_is_one_class_and_one_template(workshop: Path) -> None:
    from sites.fields import definition
    from sites.fields.render import render_field

    code, template = pieces("fields.md")
    (workshop / "fields/postal_code.py").write_text(code)
    (workshop / "templates/fields/postal_code.html").write_text(template)
    sites.fields.discover()
    field = definition.read_field({"id": "pc", "type": "postal_code", "label": "Postcode", "required": True})
    assert definition.clean_submission([field], {"pc": ["3083ab"]}) == ({"pc": "3083 AB"}, {})
    html = render_field(field, uid="f", values=["x"], error="Nee")
    assert 'aria-describedby="f-pc-e"' in html
    assert "required" in html
