"""The three reports from one frozen figures.json: HTML by templates, PDF by `pdf.py`, CSVs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from analysis import pdf
from analysis.core import figures as core
from analysis.core import prose
from analysis.core.plotting import Chart

KINDS = {"brief": "要情专报", "survey": "调研报告", "progress": "办理通报"}
_COMPOSE = {"brief": prose.brief, "survey": prose.survey, "progress": prose.progress}


@dataclass(frozen=True)
class Document:
    """One report: its HTML, its PDF, and the tables attached to it."""

    html: str
    pdf: bytes
    csvs: dict[str, str]


def build(kind: str, figures: dict[str, Any]) -> Document:
    """Render one report. The brief is refused (`pdf.TooLong`) when it cannot fit one page."""
    content = _COMPOSE[kind](figures)
    csvs = core.tables_csv(figures)
    attached = {name: text.encode() for name, text in csvs.items()}
    variants = [_html(kind, figures, content, tight) for tight in ((0, 1, 2, 3) if kind == "brief"
                                                                    else (0,))]  # fmt: skip
    pages = 1 if kind == "brief" else None
    html, data = pdf.render_fitting(variants, pages, attached, str(content["title"]))
    return Document(html, data, csvs)


def _html(kind: str, figures: dict[str, Any], content: dict[str, Any], tight: int) -> str:
    context = {
        "kind": KINDS[kind], "meta": figures["meta"], "content": content, "tight": tight,
        "fonts": pdf.FONTS.as_uri(),
    }  # fmt: skip
    return render_to_string(f"analysis/report/{kind}.html", context)


def picture(chart: Chart) -> str:
    """A data: address for <img>; inline SVG would be read as CSS."""
    return "data:image/svg+xml;base64," + base64.b64encode(chart.svg).decode()
