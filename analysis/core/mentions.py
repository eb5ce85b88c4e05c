"""提到X的比例: what coders found in an open question, as shares under the survey's design.

A woman who wrote something without the code counts as not mentioning it; who wrote nothing, or was
not coded, is outside the base. Codes may overlap, so the shares part nothing and need not add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import gate, rounding
from analysis.core.cuts import rows_of
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, share
from surveys.core import disclosure

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


def table(design: AnyDesign, coded: Coded, instances: Sequence[str]) -> Row:
    """The rows of one question, largest share first, withheld ones last."""
    items = indicators(coded, instances)
    exact = rows_of(share(design, items, names=[key for key, _, _ in coded.codes]))
    rows = [rounding.row(row, row["n"]) if row["n"] else row for row in exact]
    codes: list[Row] = [
        {"key": key, "name": name, "definition": definition, "share": row}
        for (key, name, definition), row in zip(coded.codes, rows, strict=True)
    ]
    codes.sort(key=lambda c: -(c["share"]["value"] if c["share"]["value"] is not None else -1.0))
    return {
        "question": coded.question, "label": coded.label, "codes": codes,
        "n": int(np.isfinite(items).any(axis=1).sum()), "agreement": dict(coded.agreement),
        "read": coded.read, "written": coded.written,
    }  # fmt: skip


def against_earlier(tables: Sequence[Row], earlier: Sequence[Sequence[Row]]) -> list[Row]:
    """Without the shares of a question whose base differs from an earlier release by a few."""
    return [_apart(now, [t for one in earlier for t in one if t["question"] == now["question"]])
            for now in tables]  # fmt: skip


def _apart(now: Row, before: Sequence[Row]) -> Row:
    if any(0 < abs(now["n"] - one["n"]) < disclosure.FLOOR for one in before):
        return {**now, "codes": [{**c, "share": gate.withheld(c["share"])} for c in now["codes"]]}
    return now


def csv_rows(tables: Sequence[Row]) -> list[Sequence[object]]:
    """Head and rows of the published table."""
    head = ["question", "code", "definition", *COLUMNS]
    return [head] + [
        [t["label"], c["name"], c["definition"], *[c["share"][name] for name in COLUMNS]]
        for t in tables for c in t["codes"]
    ]  # fmt: skip
