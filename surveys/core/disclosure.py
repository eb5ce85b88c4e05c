"""The disclosure gate: what may leave. Every table passes it; nothing else decides what is shown.

First version: small cells, complementary suppression inside a partition, and refusal of a release
that differs from an earlier one by fewer persons than a cell may have. Plain Python.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FLOOR = 10
HIDDEN = "为防止推算出个人,不显示"


@dataclass(frozen=True, slots=True)
class Cell:
    """An unweighted count of one cell of a partition, and whether it is hidden already."""

    key: str
    n: int
    hidden: bool = False


def hide(cells: Sequence[Cell], *, total_shown: bool = True, threshold: int = FLOOR) -> set[str]:
    """Keys to hide: cells of 1 to threshold - 1 persons, and one more when a lone one could be
    computed from the total."""
    limit = max(threshold, FLOOR)
    gone = {c.key for c in cells if c.hidden or 0 < c.n < limit}
    if total_shown and len(gone) == 1 and len(cells) > 1:
        others = [c for c in cells if c.key not in gone and c.n > 0]
        if others:
            gone.add(min(others, key=lambda c: (c.n, c.key)).key)
    return gone


@dataclass
class Ledger:
    """What was released before: table name and filter -> number of persons behind it."""

    released: dict[str, dict[str, int]] = field(default_factory=dict)

    def refusals(self, table: str, bases: Mapping[str, int], limit: int = FLOOR) -> list[str]:
        """Keys whose base differs from an earlier release by 1 to limit - 1 persons."""
        earlier = self.released.get(table, {})
        return [
            key for key, n in bases.items() if key in earlier and 0 < abs(n - earlier[key]) < limit
        ]

    def note(self, table: str, bases: Mapping[str, int]) -> None:
        self.released.setdefault(table, {}).update(bases)


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
