"""An attacker who solves what he was told of persons, and says what he then knows.

Written apart from the gate. His unknowns are the persons of every kind who came with a version, in
every class of every cut; `figures_attack` tells him facts about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from tests import small_county

LIMIT, STEPS = 10, (1, 2, 5, 10, 20, 50, 100, 200, 250, 500)
KINDS = ("missing", "no", *[u + h for u in "10-" for h in "10-"])
YES = KINDS[2:]
ANSWERED = {
    "need": KINDS[1:], "urgency": ("no", *[k for k in YES if k[0] != "-"]),
    "hope": ("no", *[k for k in YES if k[1] != "-"]),
    "joint": ("no", *[k for k in YES if "-" not in k]),
    "wish": tuple(k for k in YES if k[1] != "-"),
    "degree": tuple(k for k in YES if k[0] != "-"),
}  # fmt: skip
REACHED = {
    "need": YES, "urgency": tuple(k for k in YES if k[0] == "1"),
    "hope": tuple(k for k in YES if k[1] == "1"), "joint": ("11",),
    "wish": tuple(k for k in YES if k[1] == "1"),
}  # fmt: skip
Where = tuple[str, str] | None
WIDE = 3  # by so many persons a number is uncertain enough not to be asked for in whole ones
ALL = ("all",)
EVERY = Bounds(0, 1e5)


@dataclass(frozen=True)
class Cell:
    """Persons of some kinds in one class (None: all) who were there in a version."""

    version: int
    where: Where
    kinds: tuple[str, ...] = KINDS


@dataclass
class Truth:
    """Of every person: the version she came with, her classes, her kind."""

    arrival: np.ndarray
    classes: dict[str, np.ndarray]
    kind: np.ndarray
    counted: dict[Cell, int] = field(default_factory=dict)

    def count(self, cell: Cell) -> int:
        if cell not in self.counted:
            self.counted[cell] = self._count(cell)
        return self.counted[cell]

    def kinds(self, place: dict[tuple[int, str, str, str], int]) -> np.ndarray:
        """How many persons there truly are of every unknown."""
        return np.array([
            ((self.arrival == at) & (self.classes[name] == value) & (self.kind == kind)).sum()
            for at, name, value, kind in place
        ])  # fmt: skip

    def _count(self, cell: Cell) -> int:
        inside = (self.arrival <= cell.version) & np.isin(self.kind, cell.kinds)
        if cell.where:
            inside = inside & np.isin(self.classes[cell.where[0]], cell.where[1].split("|"))
        return int(inside.sum())


@dataclass
class Attacker:
    """Facts about one domain as bounds on sums of unknowns: persons by version, class and kind."""

    versions: int
    values: dict[str, tuple[str, ...]]
    known: Truth
    kinds: tuple[str, ...] = KINDS
    rows: list[np.ndarray] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    asked: set[Cell] = field(default_factory=set)
    others: list[np.ndarray] = field(default_factory=list)  # whole persons as it might be

    def __post_init__(self) -> None:
        self.place = {
            (at, name, value, kind): k
            for k, (at, name, value, kind) in enumerate(
                (at, name, value, kind)
                for at in range(self.versions)
                for name, values in self.values.items()
                for value in values
                for kind in self.kinds
            )
        }
        for at in range(self.versions):  # every cut parts the same persons
            for kind in self.kinds:
                whole = self._sum(at, "township", self.values["township"], (kind,))
                for name, values in self.values.items():
                    self.fact(self._sum(at, name, values, (kind,)) - whole, 0, 0)

    def _sum(self, at: int, name: str, values: tuple[str, ...], kinds: tuple[str, ...]):
        row = np.zeros(len(self.place))
        row[[self.place[at, name, value, kind] for value in values for kind in kinds]] = 1
        return row

    def row(self, cell: Cell) -> np.ndarray:
        name, value = cell.where or ("township", "")
        values = tuple(value.split("|")) if cell.where else self.values["township"]
        return sum(self._sum(at, name, values, cell.kinds) for at in range(cell.version + 1))

    def fact(self, row: np.ndarray, low: float, high: float) -> None:
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def size(self, cell: Cell, low: float, high: float) -> None:
        self.asked.add(cell)
        self.fact(self.row(cell), low, high)

    def share(
        self, row: dict, base: Cell, yes: Cell, whole: tuple[Cell, int] | None, *,
        width: int = 2,
    ) -> None:  # fmt: skip
        """One printed row. whole: the class the base lies in, and its printed size."""
        n = row["n"]
        if n is None:
            return
        self.asked |= {base, yes}
        if whole is None:
            self.size(base, n, n + 9)
        else:
            lack = self.row(whole[0]) - self.row(base)
            told = whole[1] - n  # in tens; else it is the number itself
            self.fact(lack, told, told + (0 if told % 10 else 9))
        self.reached(row, base, yes, width)

    def reached(self, row: dict, base: Cell, yes: Cell, width: int = 2) -> None:
        """What a share beside its n tells of those who have it."""
        n, have, of = row["n"], self.row(yes), self.row(base)
        if row["value"] is None:
            some = self.known.count(yes)
            if "推算" in row["reason"] and 0 < some < self.known.count(base):
                self.fact(have, 1, np.inf)
                self.fact(of - have, 1, np.inf)
            return
        unit = step_of(n, width)
        if row["value"] in (0, 1):
            self.fact(have - row["value"] * of, 0, 0)
            return
        low, high = share_ends(row["value"], unit)
        self.fact(have - (low - 1e-9) * of, 0, np.inf)
        self.fact(have - (high + 1e-9) * of, -np.inf, 0)
        self.fact(have, LIMIT, np.inf)
        self.fact(of - have, LIMIT, np.inf)
        self._precision(row, of, unit)

    def _precision(self, row: dict, base: np.ndarray, unit: float) -> None:
        """n follows from error, share and design effect; n_eff is printed from n."""
        if not row.get("deff") or not row.get("se"):
            return
        low, high = row["deff"] - 0.05 if row["deff"] > 0.1 else 0, row["deff"] + 0.05
        p, drawn = row["value"], 1 - 1 / small_county.WEIGHT
        lowest, highest = share_ends(p, unit)
        ends = sorted([q * (1 - q) for q in (lowest, highest)])
        if lowest < 0.5 < highest:
            ends[1] = 0.25
        small, large = max(row["se"] - unit, 1e-9), row["se"]
        self.fact(base, 1 + low * ends[0] * drawn / large**2 - 1e-6,
                  1 + high * ends[1] * drawn / small**2 + 1e-6)  # fmt: skip

    # -- what he then knows --------------------------------------------------------------------

    def targets(self) -> Iterator[tuple[str, np.ndarray, int]]:
        """(what kind of number, its unknowns, its true value)."""
        cells = {Cell(c.version, c.where, kinds) for c in self.asked for kinds in self._sets()}
        for cell in sorted(cells, key=str):
            yield "cell", self.row(cell), self.known.count(cell)
            whole = Cell(cell.version, None, cell.kinds)
            if cell.where:
                rest = self.known.count(whole) - self.known.count(cell)
                yield "rest of the county", self.row(whole) - self.row(cell), rest
            if cell.version:
                before = Cell(cell.version - 1, cell.where, cell.kinds)
                more = self.known.count(cell) - self.known.count(before)
                yield "since the last version", self.row(cell) - self.row(before), more

    def _sets(self) -> list[tuple[str, ...]]:
        if self.kinds == ALL:
            return [ALL]
        lacks = [tuple(k for k in KINDS if k not in ANSWERED[a]) for a in ("need", "joint")]
        follow = tuple(k for k in YES if "-" in k)
        return [KINDS, YES, ("no",), ("11",), *lacks, follow, REACHED["urgency"], REACHED["hope"],
                tuple(k for k in YES if k != "11")]  # fmt: skip

    def recoveries(self) -> list[str]:
        """What he knows exactly of a group of 1 to 9 persons."""
        some = self._small()
        facts = LinearConstraint(sparse.csr_array(np.array(self.rows)), self.low, self.high)
        return self._told(some, facts) if some else []

    def _told(
        self, some: list[tuple[str, np.ndarray, int]], facts: LinearConstraint
    ) -> list[str]:  # fmt: skip
        scores = np.array([score for _, score, _ in some])
        seen = np.array([[true, true] for *_, true in some], dtype=float)
        for sign in (1, -1):
            seen = self._together(sign, scores, facts, seen)
        found = []
        for k, (words, score, true) in enumerate(some):
            if seen[k, 1] - seen[k, 0] <= WIDE and self._known(score, true, facts, seen, scores):
                found.append(f"{words}: {true}")
        return found

    def _small(self) -> list[tuple[str, np.ndarray, int]]:
        """Every small group once, however it is put into words."""
        some = {score.tobytes(): (words, score, true)
                for words, score, true in self.targets() if 0 < true < LIMIT}  # fmt: skip
        return list(some.values())

    def _together(
        self, sign: int, scores: np.ndarray, facts: LinearConstraint, seen: np.ndarray
    ) -> np.ndarray:
        """Many numbers are found uncertain by few solutions: as many as may be are off at once."""
        left = len(scores) + 1
        while (open_ := np.flatnonzero(seen[:, 1] - seen[:, 0] <= WIDE)).size:
            if len(open_) >= left:
                break
            left = len(open_)
            own = sign * scores[open_]
            off = np.where(sign > 0, seen[open_, 0], -seen[open_, 1]) + WIDE + 1
            blank, none = sparse.csr_array((facts.A.shape[0], left)), np.full(left, np.inf)
            found = milp(
                np.concatenate([np.zeros(own.shape[1]), -np.ones(left)]),
                constraints=[
                    LinearConstraint(sparse.hstack([facts.A, blank]), facts.lb, facts.ub),
                    LinearConstraint(sparse.hstack([own, -sparse.eye_array(left)]), 0, none),
                ],
                bounds=Bounds(
                    np.concatenate([np.zeros(own.shape[1]), np.full(left, -np.inf)]),
                    np.concatenate([np.full(own.shape[1], 1e5), off]),
                ),
                options={"presolve": False},
            )
            assert found.x is not None, "the facts contradict each other: the attacker is mistaken"
            seen = _wider(seen, scores @ found.x[: own.shape[1]])
        return seen

    def _known(self, score, true, facts, seen, scores) -> bool:
        """Whether it can be one whole number only; first in any numbers, then in whole ones."""
        if any(abs(score @ persons - true) > 0.5 for persons in self.others):
            return False
        here = int(np.flatnonzero((scores == score).all(axis=1))[0])
        for sign in (1, -1):
            found = self._solve(sign * score, [facts], EVERY)
            seen[:] = _wider(seen, scores @ found)
            if seen[here, 1] - seen[here, 0] > WIDE:
                return False
        low, high = np.ceil(seen[here, 0] - 1e-6), np.floor(seen[here, 1] + 1e-6)
        less = low < true and self._whole(score, low, true - 1, facts)
        return not less and not (high > true and self._whole(score, true + 1, high, facts))

    def _truth(self) -> np.ndarray:
        return self.known.kinds(self.place)

    def _whole(self, score, low, high, facts) -> bool:
        """Whether persons, who are whole, make up any of these numbers; no when it is too hard.

        One moved person of every kind is tried first: that is found in a quarter of the time.
        """
        own, none = LinearConstraint(score[None, :], low, high), np.zeros(len(score))
        true = self._truth()
        near = Bounds(np.maximum(true - 1, 0), true + 1)
        for bounds in (near, EVERY):
            found = self._solve(none, [facts, own], bounds, whole=True)
            if found is not None:
                self.others.append(found)
                return True
        return False

    def _solve(self, score: np.ndarray, facts: list, bounds: Bounds, *, whole: bool = False):
        found = milp(
            score, constraints=facts, integrality=np.full(len(score), int(whole)), bounds=bounds,
            options={"node_limit": 5000, "presolve": whole},
        )  # fmt: skip
        return found.x


def _wider(seen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.stack([np.minimum(seen[:, 0], numbers), np.maximum(seen[:, 1], numbers)], axis=1)


def step_of(n: int, width: int = 2) -> float:
    """In what steps a share of n persons is printed: so many persons wide at least."""
    return next((s for s in STEPS if s * (n // 10 * 10) >= 1000 * width), STEPS[-1]) / 1000


def share_ends(value: float, unit: float) -> tuple[float, float]:
    """Which shares are printed so: on the first and last step stand all that are not 0 or 1."""
    low = value - unit / 2 if value > 1.01 * unit else 0.0
    return low, value + unit / 2 if value < 1 - 1.01 * unit else 1.0
