"""How a plot gets into a page: as an image with its words."""

from django import template

from analysis import reports
from analysis.core.plotting import Chart

register = template.Library()


@register.filter
def picture(chart: Chart) -> str:
    return reports.picture(chart)
