"""Small helpers of the question template."""

from collections.abc import Iterator
from typing import Any, cast

from django import template
from django.forms import BoundField, CheckboxSelectMultiple, ChoiceField, RadioSelect
from django.utils.safestring import SafeString

from surveys.forms import Beside, Options, Ranking
from surveys.showing import Shown

register = template.Library()


@register.filter
def shape(field: BoundField) -> str:
    """How the question is drawn: options (a block each), rank (a list box each), one box."""
    if isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple):
        return "options"
    return "rank" if isinstance(field.field, Ranking) else "box"


@register.filter
def answers(field: BoundField) -> list[Any]:
    return [o for o in _options(field) if o.data["value"] not in _beside(field).missing]


@register.filter
def apart(field: BoundField) -> list[Any]:
    """The ways not to answer: shown after the answers, apart from them."""
    return [o for o in _options(field) if o.data["value"] in _beside(field).missing]


@register.filter
def shown(field: BoundField) -> Shown:
    """The picture and recording of the question itself."""
    return _beside(field).shown


@register.filter
def pictured(field: BoundField) -> list[dict[str, Any]]:
    """Options with a picture or recording, where the answer is given in list boxes."""
    places = cast(Ranking, field.field).fields
    labels = dict(cast(Options, cast(ChoiceField, places[0]).choices))
    return [{"label": labels[n], "shown": s} for n, s in _beside(field).options.items() if s]


def _options(field: BoundField) -> Iterator[Any]:
    """Each option of a block, with its picture and recording."""
    for option in field:
        value = option.data["value"]
        option.shown = _beside(field).options.get(value, Shown())  # type: ignore[attr-defined]
        yield option


def _beside(field: BoundField) -> Beside:
    return cast(Beside, field.field.beside)  # type: ignore[attr-defined]


@register.filter
def boxes(field: BoundField) -> list[dict[str, str]]:
    return field.field.widget.boxes(field.html_name, field.value(), field.auto_id)


@register.filter
def box(field: BoundField) -> SafeString:
    """The widget, tied to its hint and error for those who hear the page."""
    described = [f"{field.auto_id}-hint"] if field.help_text else []
    described += [f"{field.auto_id}-error"] if field.errors else []
    return field.as_widget(attrs={"aria-describedby": " ".join(described)} if described else {})
