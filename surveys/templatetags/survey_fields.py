"""Small helpers of the question template."""

from typing import Any

from django import template
from django.forms import BoundField, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString

from surveys.forms import Ranking

register = template.Library()


@register.filter
def shape(field: BoundField) -> str:
    """How the question is drawn: options (a block each), rank (a list box each), one box."""
    if isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple):
        return "options"
    return "rank" if isinstance(field.field, Ranking) else "box"


@register.filter
def answers(field: BoundField) -> list[Any]:
    return [o for o in field if o.data["value"] not in _missing(field)]


@register.filter
def apart(field: BoundField) -> list[Any]:
    """The ways not to answer: shown after the answers, apart from them."""
    return [o for o in field if o.data["value"] in _missing(field)]


def _missing(field: BoundField) -> set[str]:
    return getattr(field.field, "missing", set())


@register.filter
def boxes(field: BoundField) -> list[dict[str, str]]:
    return field.field.widget.boxes(field.html_name, field.value(), field.auto_id)


@register.filter
def box(field: BoundField) -> SafeString:
    """The widget, tied to its hint and error for those who hear the page."""
    described = [f"{field.auto_id}-hint"] if field.help_text else []
    described += [f"{field.auto_id}-error"] if field.errors else []
    return field.as_widget(attrs={"aria-describedby": " ".join(described)} if described else {})
