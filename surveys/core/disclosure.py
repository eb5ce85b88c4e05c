"""The rules of the disclosure gate that need no ledger: small cells of one partition, dominance.

Tables with several attributes, and whatever left before, pass `release`. Plain Python.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FLOOR = 10
DOMINANCE = 0.10  # of the largest amount
HIDDEN, FEW = "为防止推算出个人，不显示", f"不足{FLOOR}"


@dataclass(frozen=True, slots=True)
class Cell:
    """An unweighted count of one cell of a partition, and whether it is hidden already."""

    key: str
    n: int
    hidden: bool = False


def hide(cells: Sequence[Cell], *, total_shown: bool = True, threshold: int = FLOOR) -> set[str]:
    """Keys to hide: cells of 1 to threshold - 1 persons, and more while they could be computed.

    From the total follows the sum of what is hidden. A lone cell is that sum; several of which none
    is empty are safe only when each could still be as large as a cell that is shown.
    """
    limit = max(threshold, FLOOR)
    gone = [c for c in cells if c.hidden or 0 < c.n < limit]
    rest = sorted((c for c in cells if c not in gone and c.n), key=lambda c: (c.n, c.key))
    while total_shown and gone and rest and not _wide(gone, limit):
        gone.append(rest.pop(0))
    return {c.key for c in gone}


def _wide(gone: Sequence[Cell], limit: int) -> bool:
    return len(gone) > 1 and sum(c.n for c in gone) - (len(gone) - 1) >= limit


def dominated(values: Sequence[float], share: float = DOMINANCE) -> bool:
    """Whether a mean or total tells too much of one person: the p % rule.

    Who knows the second largest amount must not learn the largest to within ``share`` of it: what
    all others together contribute has to be at least that much. Amounts count without their sign.
    """
    sizes = sorted((abs(value) for value in values), reverse=True)
    return bool(sizes) and sizes[0] > 0 and sum(sizes[2:]) < share * sizes[0]


def persons(n: int) -> str:
    """A count of persons as a page tells it: in full tens, nobody as 0."""
    return FEW if 0 < n < FLOOR else str(n // FLOOR * FLOOR)


def safe_cell(text: str) -> str:
    """A spreadsheet shows this text instead of computing it."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\0") else text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """CSV with byte-order mark for spreadsheets; text cells cannot become formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe_cell(c) if isinstance(c, str) else c for c in row])
    return "\ufeff" + out.getvalue()
