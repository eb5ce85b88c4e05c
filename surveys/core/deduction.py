"""What somebody who solves the equations could say of a small number. Plain Python.

Cells are sums over a crossing of attributes and times of arrival, which nobody knows; what is shown
of them bounds the rest (linear programming).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from surveys.core.cells import Cell, Floats, Part, Ratio, Sparse, Values, agree, parts

# By so many persons must a rough small number stay uncertain, also when it can be nothing: persons
# are whole, which the bounds leave out.
SPREAD = 3


@dataclass(frozen=True)
class Target:
    """A small number: the persons of a cell, less those of a cell inside it.

    rough: of one of the two cells no exact number is shown, nor that it is not empty.
    """

    cell: Cell
    less: Cell | None = None
    rough: bool = False


@dataclass
class _Seen:
    """The smallest and the largest number a target had in any solution."""

    low: float = np.inf
    high: float = -np.inf

    def note(self, number: float) -> None:
        self.low, self.high = min(self.low, number), max(self.high, number)

    def safe(self, rough: bool, limit: int) -> bool:
        """It could be a number that may be shown: a large one, or a rough one any of some.

        Nobody can say of a rough one how many are there.
        """
        some = self.high - self.low >= SPREAD - 1e-6
        return self.high >= limit - 1e-6 or (rough and some)


@dataclass(frozen=True)
class System:
    """Cells as 0/1 rows over persons of every kind and time, and where the parts agree.

    shares: below the cells, what a share tells: two rows that are not negative, as the cell is so
    much of its base at least, and at most.
    """

    cells: Mapping[Cell, int]
    shares: Sequence[tuple[Cell, Cell]]
    rows: sparse.csr_array
    links: sparse.csr_array

    @classmethod
    def of(
        cls, values: Values, cells: Sequence[Cell], asked: Iterable[Cell],
        shares: Mapping[tuple[Cell, Cell], Ratio],
    ) -> System:  # fmt: skip
        """The cells that say anything of the asked ones; KeyError for an undeclared attribute."""
        times = sorted({cell.at for cell in cells})
        found = [Part(names, values, times) for names in parts(values, cells, asked, len(times))]
        start = np.cumsum([0, *[part.size for part in found]])
        kept: dict[Cell, int] = {}
        rows, links = Sparse(int(start[-1])), Sparse(int(start[-1]))

        def home(cell: Cell) -> int | None:
            return next((k for k, p in enumerate(found) if cell.names <= set(p.names)), None)

        for cell in cells:
            if (k := home(cell)) is not None:
                kept[cell] = rows.count
                rows.add([(start[k] + np.flatnonzero(found[k].inside(cell)), 1.0)])
        known = [pair for pair in shares if pair[0] in kept]
        for cell, base in known:
            k = home(cell) or 0
            mine, all_ = found[k].inside(cell), found[k].inside(base)
            own, others = (start[k] + np.flatnonzero(m) for m in (mine, all_ & ~mine))
            low, high = shares[cell, base]
            rows.add([(own, 1 - low), (others, -low)])
            rows.add([(own, high - 1), (others, high)])
        agree(found, start, links)
        return cls(kept, known, rows.matrix(), links.matrix())

    def scores(self, targets: Sequence[Target]) -> sparse.csr_array:
        outer = self.rows[[self.cells[t.cell] for t in targets]]
        inner = [0 if t.less is None else self.cells[t.less] for t in targets]
        signs = sparse.diags_array([0.0 if t.less is None else 1.0 for t in targets])
        return sparse.csr_array(outer - signs @ self.rows[inner])

    def told(self, targets: Sequence[Target], known: Floats, limit: int) -> list[Target]:
        """Targets that are known to be small, the first of them tried alone.

        known: (rows, 2), the smallest and the largest number every row may have. Many targets are
        found safe by one solution, so few have to be tried alone.
        """
        seen = {target: _Seen() for target in targets}

        def look(some: Sequence[Target], *, most: bool) -> None:
            found = self._solve(self.scores(some), known, limit, most) if some else None
            for target, number in zip(some, [] if found is None else found, strict=False):
                seen[target].note(float(number))

        def left() -> list[Target]:
            return [t for t in targets if not seen[t].safe(t.rough, limit)]

        look([t for t in targets if t.rough], most=False)
        before: list[Target] = []
        while (open_ := left()) and open_ != before:
            before = open_
            look(open_, most=True)
        for target in open_:
            look([target], most=True)
            if target.rough:
                look([target], most=False)
            if not seen[target].safe(target.rough, limit):
                break
        return left()

    def possible(self, known: Floats) -> bool:
        """Whether any persons fit what is known: not where some left in between."""
        none = sparse.csr_array((1, self.rows.shape[1]))
        return self._solve(none, known, 0, most=True) is not None

    def binding(self, target: Target, known: Floats) -> set[Cell]:
        """The cells by which a small number is known: hiding others would not help."""
        score = self.scores([target]).toarray()[0]
        tight = self._tight(-score, known)
        return tight | self._tight(score, known) if target.rough else tight

    def _tight(self, score: Floats, known: Floats) -> set[Cell]:
        """The cells whose bounds limit how small the score can be."""
        low, high = known.T
        upper, lower = (np.isfinite(end) & (high > low) for end in (high, low))
        equal = high == low
        exact = sparse.vstack([self.rows[equal], self.links])
        found = linprog(
            score, A_ub=sparse.vstack([self.rows[upper], -self.rows[lower]]),
            b_ub=np.concatenate([high[upper], -low[lower]]),
            A_eq=exact, b_eq=np.concatenate([low[equal], np.zeros(self.links.shape[0])]),
            method="highs",
        )  # fmt: skip
        if not found.success:
            return set()
        order = np.concatenate([np.flatnonzero(upper), np.flatnonzero(lower)])
        tight = set(order[np.abs(found.ineqlin.marginals) > 1e-9])
        fixed = found.eqlin.marginals[: equal.sum()]
        tight |= set(np.flatnonzero(equal)[np.abs(fixed) > 1e-9])
        owners = [*self.cells, *[cell for cell, _ in self.shares for _ in range(2)]]
        return {owners[k] for k in tight}

    def _solve(
        self, scores: sparse.csr_array, known: Floats, limit: int, most: bool
    ) -> Floats | None:
        """The targets' numbers where as many as possible reach the limit; None when impossible."""
        count, size = scores.shape[0], self.rows.shape[1]
        blank = sparse.csr_array((self.rows.shape[0] + self.links.shape[0], count))
        facts = sparse.vstack([self.rows, self.links])
        own = sparse.hstack([scores, -sparse.eye_array(count)])
        none = np.zeros(self.links.shape[0])
        found = milp(
            np.concatenate([np.zeros(size), np.full(count, -1.0 if most else 1.0)]),
            constraints=[
                LinearConstraint(sparse.hstack([facts, blank]), np.concatenate([known[:, 0], none]),
                                 np.concatenate([known[:, 1], none])),
                LinearConstraint(own, 0.0 if most else -np.inf, np.inf if most else 0.0),
            ],
            bounds=Bounds(
                np.concatenate([np.zeros(size), np.full(count, -np.inf)]),
                np.concatenate([np.full(size, _ceiling(known, limit)),
                                np.full(count, float(limit) if most else np.inf)]),
            ),
            options={"presolve": False},  # systems this small are solved twice as fast without
        )  # fmt: skip
        return scores @ found.x[:size] if found.x is not None else None


def _ceiling(known: Floats, limit: int) -> float:
    """More persons of one kind than this change nothing: it only keeps the numbers finite."""
    return float(known[np.isfinite(known)].max(initial=0.0) + 10 * limit)
