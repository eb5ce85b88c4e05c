"""Small helpers of the staff pages."""

from collections.abc import Mapping
from typing import Any

from django import template

from surveys.core import changes, disclosure

register = template.Library()


@register.filter
def at(mapping: Mapping[str, Any], key: str) -> Any:
    """The value under a key that is itself a variable; empty when there is none."""
    return mapping.get(key, "")


@register.filter
def marked(change: changes.Change) -> list[tuple[str, str]]:
    """The pieces of both wordings, for showing what went and what came."""
    return changes.spans(change.old, change.new)


@register.filter
def persons(n: int) -> str:
    """A count of persons in full tens."""
    return disclosure.persons(n)
