"""Small helpers of the question template."""

from django import template
from django.forms import BoundField, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def is_choice(field: BoundField) -> bool:
    """Radio buttons or check boxes (every option is drawn as a block)."""
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def labelled(field: BoundField) -> SafeString:
    """The widget, named by its question for those who hear the page."""
    return field.as_widget(attrs={"aria-label": str(field.label)})
