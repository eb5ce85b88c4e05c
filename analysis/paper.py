"""The printable questionnaire of a version: HTML by a template, PDF by `pdf.py`."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.template.loader import render_to_string

from analysis import pdf
from analysis.core import paper
from analysis.core.plotting import FAMILY
from surveys.core.definition import Definition


def printed(definition: Definition, pictures: Mapping[str, str] | None = None) -> bytes:
    """The PDF; a compiled version never changes, so neither does its paper.

    ``pictures``: file name -> data: address.
    """
    return pdf.render(html(definition, pictures), attachments={}, title=title(definition))


def title(definition: Definition) -> str:
    return f"{definition.title}（纸质版）"


def html(definition: Definition, pictures: Mapping[str, str] | None = None) -> str:
    context = {
        "title": title(definition),
        "sheet": paper.sheet(definition, pictures),
        "boxes": range(12),
        "meta": {"demo": settings.DEMO},
        "fonts": pdf.FONTS.as_uri(),
        "chart_family": FAMILY,
    }
    return render_to_string("analysis/report/paper.html", context)
