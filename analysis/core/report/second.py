"""Second views: sections that stand beside the ranking, the same in the report and on the page.

A section is a module with `words(figures)` (title, lines, perhaps a table and the caption of a plot;
None where the figures have nothing to say) and `chart(figures)`.
"""

from __future__ import annotations

from typing import Any

from analysis.core.report import rounds, weighting
from analysis.core.report.prose import Plates, Row

SECTIONS = {"weights": weighting, "change": rounds}


def words(figures: Row) -> list[dict[str, Any]]:
    """What the sections say, each with its ``name``, by which its plot is fetched."""
    found = ((name, section.words(figures)) for name, section in SECTIONS.items())
    return [said | {"name": name} for name, said in found if said]


def pages(figures: Row, plates: Plates) -> list[dict[str, Any]]:
    """The same with their plots, as findings of the report."""
    return [
        said | {"plate": plates.plate(chart, *said["plot"]) if chart else None}
        for said in words(figures)
        for chart in [SECTIONS[said["name"]].chart(figures)]
    ]
