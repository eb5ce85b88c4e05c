"""The columns of one exported table, with everything that was worked out before."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.core.export.cells import CACHED, Cell
from analysis.core.export.plan import Gate, Table
from analysis.core.export.records import Render


@dataclass(frozen=True)
class Route:
    """The conditions around some columns, with the verdicts met before by the answers they read."""

    gates: tuple[Gate, ...]
    reads: tuple[str, ...]
    simple: bool
    known: dict[tuple[str | None, ...], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, gates: tuple[Gate, ...]) -> Route:
        reads = tuple(dict.fromkeys(path for gate in gates for path in gate.reads))
        return cls(gates, reads, all(gate.simple for gate in gates))


class Columns:
    """The columns of one table, side by side, so that a row is made in one sweep.

    Cells met before are remembered by answer, as the format at hand wants them written.
    """

    def __init__(self, table: Table, render: Render) -> None:
        pairs = [(i, c) for i in table.items for c in i.cells]
        self.paths = [i.question.path for i, _ in pairs]
        self.cells, self.render = [c for _, c in pairs], render
        routes = {tuple(g.key for g in i.gates): Route.of(i.gates) for i, _ in pairs}
        # path, conditions, cell when asked and blank, cell when not asked
        self.gaps = [
            (
                item.question.path,
                routes[tuple(g.key for g in item.gates)],
                render(cells.blank),
                render(cells.not_asked),
            )
            for item, cells in pairs
        ]
        # "" is filed for what was asked and left blank (since filing engine py/2)
        self.known: list[dict[str | None, Cell]] = [
            {"": gap[2]} if item.gates else {None: gap[2], "": gap[2]}
            for (item, _), gap in zip(pairs, self.gaps, strict=True)
        ]

    def fill(self, at: int, raw: str) -> Cell:
        found = self.render(self.cells[at].recode(raw))
        if len(self.known[at]) < CACHED:
            self.known[at][raw] = found
        return found
