"""Amounts in billing's templates."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

from billing import words

register = template.Library()


@register.filter
def cents(value: int) -> str:
    """Return cents as an amount: 14520 gives "€ 145,20"."""
    return words.amount(value)


@register.filter
def line_state(state: str) -> str:
    """Return what became of a bank line, in words."""
    return words.line_state(state)


@register.filter
def whole(value: int) -> str:
    """Return a whole number as people write it: 5000 gives "5.000"."""
    return number_format(value, force_grouping=True)
