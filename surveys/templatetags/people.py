"""Persons by their names on pages that know only the account."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from surveys import people

register = template.Library()
KNOWN = "people"


@register.simple_tag(takes_context=True)
def person(context: Context, account: str) -> str:
    """The name, looked up once a page however many rows are the same person's."""
    kept: Any = context.render_context  # a plain dictionary of this page, whatever its stub says
    known: dict[str, str] = kept.setdefault(KNOWN, {})
    if account not in known:
        known[account] = people.name(account)
    return known[account]
