"""The three reports from one frozen figures.json: HTML by templates, PDF by `pdf.py`, CSVs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from analysis import pdf
from analysis.core import figures as core
from analysis.core.plotting import FAMILY, letters_kept
from analysis.core.report import brief, progress, survey

KINDS = {"brief": "要情专报", "survey": "调研报告", "progress": "办理通报"}
FIGURES = "figures.json"
_COMPOSE: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "brief": brief.compose,
    "survey": survey.compose,
    "progress": progress.compose,
}
# Sizes the brief is tried in, and the number of characters that may still fit each.
_TIGHT = ((0, 430), (1, 490), (2, 550), (3, brief.LIMIT))


@dataclass(frozen=True)
class Document:
    """One report: its HTML, its PDF, and the tables attached to it (beside the figures)."""

    html: str
    pdf: bytes
    csvs: dict[str, str]


def build(kind: str, figures: dict[str, Any]) -> Document:
    """Render one report. The brief is refused (`pdf.TooLong`) when it cannot fit one page."""
    with letters_kept():
        content = _COMPOSE[kind](figures)
    csvs = core.tables_csv(figures)
    attached = {name: text.encode() for name, text in csvs.items()}
    attached[FIGURES] = frozen_text(figures).encode()
    sizes = _sizes(content) if kind == "brief" else [0]
    variants = (_html(kind, figures, content, tight) for tight in sizes)
    pages = 1 if kind == "brief" else None
    html, data = pdf.render_fitting(variants, pages, attached, str(content["title"]))
    return Document(html, data, csvs)


def frozen_text(figures: Mapping[str, Any]) -> str:
    """The figures as a data version stores them, byte for byte."""
    return json.dumps(figures, ensure_ascii=False, indent=1, sort_keys=True)


def _sizes(content: Mapping[str, Any]) -> list[int]:
    """Where to start is estimated from the number of characters, so that few layouts are tried."""
    length = brief.length(content)
    if length > brief.LIMIT:
        raise pdf.TooLong(
            f"要情专报有{length}字，超过{brief.LIMIT}字，排不进一页："
            "请缩短事项名称、办理事项标题或联系人后再生成。"
        )
    return [tight for tight, most in _TIGHT if length <= most]


def _html(kind: str, figures: dict[str, Any], content: dict[str, Any], tight: int) -> str:
    context = {
        "kind": KINDS[kind], "meta": figures["meta"], "content": content, "tight": tight,
        "fonts": pdf.FONTS.as_uri(), "chart_family": FAMILY,
    }  # fmt: skip
    return render_to_string(f"analysis/report/{kind}.html", context)
