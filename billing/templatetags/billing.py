"""Amounts in billing's templates."""

from __future__ import annotations

from django import template

from billing.words import amount

register = template.Library()


@register.filter
def cents(value: int) -> str:
    """Return cents as an amount: 14520 gives "€ 145,20"."""
    return amount(value)
