"""The columns of one exported table, with everything that was worked out before."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.core.export.cells import CACHED, Cell, Cells
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


class Known(dict[str | None, Cell]):
    """The cells of one column by answer; one not met before is worked out and remembered."""

    __slots__ = ("cells", "render")

    def __init__(self, cells: Cells, render: Render, absent: Cell) -> None:
        # "" is filed for what was asked and left blank (since filing engine py/2)
        super().__init__({None: render(absent), "": render(cells.blank)})
        self.cells, self.render = cells, render

    def __missing__(self, raw: str) -> Cell:
        found = self.render(self.cells.recode(raw))
        if len(self) < CACHED:
            self[raw] = found
        return found


class Columns:
    """The columns of one table, side by side, so that a row is made in one sweep.

    Cells met before are remembered by answer, as the format at hand wants them written. What stands
    where there is no answer depends on the route: a column behind conditions is remembered twice.
    """

    def __init__(self, table: Table, render: Render) -> None:
        pairs = [(i, c) for i in table.items for c in i.cells]
        self.paths = [i.question.path for i, _ in pairs]
        routes = {tuple(g.key for g in i.gates): Route.of(i.gates) for i, _ in pairs if i.gates}
        self.routes = list(routes.values())
        self.reads = tuple(dict.fromkeys(path for r in self.routes for path in r.reads))
        self.simple = all(route.simple for route in self.routes)
        numbers = {key: number for number, key in enumerate(routes)}
        self.behind = [numbers.get(tuple(g.key for g in i.gates)) for i, _ in pairs]
        self.asked = [Known(c, render, c.blank) for _, c in pairs]
        self.skipped = [Known(c, render, c.not_asked) for _, c in pairs]
        self.by_answers: dict[tuple[str | None, ...], list[Known]] = {}
        self.by_verdicts: dict[tuple[bool, ...], list[Known]] = {}

    def known(self, verdicts: tuple[bool, ...]) -> list[Known]:
        """The memory of every column for a record with these verdicts on the routes."""
        found = self.by_verdicts.get(verdicts)
        if found is None:
            found = [
                (self.asked if route is None or verdicts[route] else self.skipped)[at]
                for at, route in enumerate(self.behind)
            ]
            if len(self.by_verdicts) < CACHED:
                self.by_verdicts[verdicts] = found
        return found
