"""提到X的比例: what coders found in an open question, as shares under the survey's design.

A woman who wrote something without the code counts as not mentioning it; who wrote nothing, or was
not coded, is outside the base. Codes may overlap, so the shares part nothing and need not add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import crossing, gate, items, rounding
from analysis.core.crossing import Crossing
from analysis.core.cuts import rows_of
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, share

Row = dict[str, Any]
COLUMNS = ("value", "low", "high", "n", "n_eff", "df", "status", "reason")


@dataclass(frozen=True)
class Coded:
    """One coded question. ``codes``: (key, name, definition); ``found``: instance id -> keys."""

    question: str
    label: str
    codes: tuple[tuple[str, str, str], ...]
    found: Mapping[str, frozenset[str]]
    agreement: Mapping[str, Any]
    read: int  # answers coded, of
    written: int  # answers approved when the coding began


def indicators(coded: Coded, instances: Sequence[str]) -> Floats:
    """(n, codes) of 1, 0 and NaN for the respondents in the design's order."""
    keys = [key for key, _, _ in coded.codes]
    items = np.full((len(instances), len(keys)), np.nan)
    for row, name in zip(items, instances, strict=True):
        if name in coded.found:
            row[:] = [key in coded.found[name] for key in keys]
    return items


def table(
    design: AnyDesign, coded: Coded, instances: Sequence[str], door: gate.Release
) -> Row:  # fmt: skip
    """The rows of one question as they may leave, largest share first, withheld ones last."""
    held = indicators(coded, instances)
    rows = rows_of(share(design, held, names=[key for key, _, _ in coded.codes]))
    _release(coded, held, rows, door)
    codes: list[Row] = [
        {"key": key, "name": name, "definition": definition, "share": row}
        for (key, name, definition), row in zip(coded.codes, rows, strict=True)
    ]
    codes.sort(key=lambda c: -(c["share"]["value"] if c["share"]["value"] is not None else -1.0))
    return {
        "question": coded.question, "label": coded.label, "codes": codes,
        "n": next((row["n"] for row in rows if row["n"] is not None), None),
        "agreement": {name: _agreed(name, one) for name, one in coded.agreement.items()},
        "drawn": coded.read < coded.written,
        "read": rounding.tens(coded.read), "written": rounding.tens(coded.written),
    }  # fmt: skip


def _release(coded: Coded, held: Floats, rows: Sequence[Row], door: gate.Release) -> None:
    """Codes may overlap, so each is asked for alone; who wrote nothing is a class of each."""
    people = Crossing(len(held))
    for (key, _, _), column, row in zip(coded.codes, held.T, rows, strict=True):
        name = f"coded:{coded.question}={key}"
        crossing.of_yes(people, name, column)
        gate.rows([items.of_yes(name, row)], people, door)
        row.update(rounding.bare(row))


def _agreed(name: str, number: float | None) -> float | None:
    if number is None:
        return None
    return rounding.tens(number) if name in ("n", "left_out") else round(number, 2)


def csv_rows(tables: Sequence[Row]) -> list[Sequence[object]]:
    """Head and rows of the published table."""
    head = ["question", "code", "definition", *COLUMNS]
    return [head] + [
        [t["label"], c["name"], c["definition"], *[c["share"][name] for name in COLUMNS]]
        for t in tables for c in t["codes"]
    ]  # fmt: skip
