"""Who solves figures and tables together: persons by version and every class that tables cross.

The facts are those of `figures_attacker`; here the unknowns are the crossing of all attributes,
because a table has a filter, a head and a question, and because two tables meet in one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from scipy import sparse
from scipy.optimize import LinearConstraint

from tests.figures_attacker import ALL, KINDS, LIMIT, YES, Attacker, Cell, Truth

Condition = tuple[str, str]  # an attribute, and one of its values or several
STAYS = 1_000  # later than anybody leaves
SCORES = {"0": ("no",), "1": ("no",), "2": YES, "3": YES, "rest": ("missing",)}


@dataclass(frozen=True)
class Moment:
    """The women of a version who had not left before a number of times when some did."""

    version: int
    gone: int = 0

    def has(self, arrival: np.ndarray, leaves: np.ndarray) -> np.ndarray:
        return (arrival <= self.version) & (leaves > self.gone)


@dataclass(frozen=True)
class Group:
    """Persons who meet all conditions and were there at a moment, and not at another."""

    version: int
    conditions: frozenset[Condition] = frozenset()
    without: int | None = None

    def __str__(self) -> str:
        said = " and ".join(f"{name} {value}" for name, value in sorted(self.conditions))
        but = "" if self.without is None else f" but not {self.without}"
        return f"{said or 'all'}, version {self.version}{but}"

    def also(self, *more: Condition) -> Group:
        return Group(self.version, self.conditions | set(more))


def group(cell: Cell | Group) -> Group:
    """A cell of the figures as a group."""
    if isinstance(cell, Group):
        return cell
    some = {("need", "|".join(sorted(cell.kinds)))} if cell.kinds not in (ALL, KINDS) else set()
    return Group(cell.version, frozenset(some | ({cell.where} if cell.where else set())))


@dataclass
class People(Truth):
    """What is true of every person, their need being an attribute like any other."""

    leaves: np.ndarray = field(default_factory=lambda: np.array(STAYS))
    moments: tuple[Moment, ...] = ()

    def _count(self, cell: Cell | Group) -> int:
        asked = group(cell)
        inside = there(asked, self.moments, self.arrival, self.leaves)
        for name, value in asked.conditions:
            inside = inside & np.isin(self.classes[name], value.split("|"))
        return int(inside.sum())


def there(
    asked: Group, moments: Sequence[Moment], arrival: np.ndarray, leaves: np.ndarray
) -> np.ndarray:  # fmt: skip
    inside = moments[asked.version].has(arrival, leaves)
    if asked.without is not None:
        inside = inside & ~moments[asked.without].has(arrival, leaves)
    return inside


class TableAttacker(Attacker):
    """Facts about persons of every kind in the crossing of ``values``; others are passed over.

    They came with a version, and left after some time or stayed.
    """

    def __post_init__(self) -> None:
        moments = self.known.moments
        times = product({m.version for m in moments}, {*[m.gone for m in moments], STAYS})
        told = [(a, b) for a, b in times if any(m.has(a, b) for m in moments)]
        self.times = np.array(sorted(told)).reshape(-1, 2)
        names = list(self.values)
        kinds = [
            k for k in product(*self.values.values()) if _possible(dict(zip(names, k, strict=True)))
        ]
        self.codes = {name: np.array([k[i] for k in kinds]) for i, name in enumerate(names)}
        self.size_ = len(kinds)
        self.masks: dict[Condition, np.ndarray] = {}
        self.sizes: dict[Group, int] = {}  # full tens of a class, or of the sample its number
        self.facts: dict[bytes, tuple[np.ndarray, list[float]]] = {}

    def speaks_of(self, *cells: Cell | Group) -> bool:
        return all(name in self.values for c in cells for name, _ in group(c).conditions)

    def row(self, cell: Cell | Group) -> np.ndarray:
        asked = group(cell)
        inside = np.ones(self.size_)
        for name, value in asked.conditions:
            if (name, value) not in self.masks:
                self.masks[name, value] = np.isin(self.codes[name], value.split("|")).astype(float)
            inside = inside * self.masks[name, value]
        here = there(asked, self.known.moments, *self.times.T)
        return np.concatenate([inside * one for one in here])

    def fact(self, row: np.ndarray, low: float, high: float) -> None:
        _, ends = self.facts.setdefault(row.tobytes(), (row, [-np.inf, np.inf]))
        ends[:] = max(ends[0], low), min(ends[1], high)

    # -- what is printed -----------------------------------------------------------------------

    def size(self, cell: Cell | Group, low: float, high: float) -> None:
        if self.speaks_of(cell):
            if high - low in (0, 9):
                self.sizes[group(cell)] = int(low)
            super().size(group(cell), low, high)

    def share(self, row, base, yes, whole, *, width: int = 2) -> None:
        """A row of the figures."""
        if not self.speaks_of(base, yes):
            return
        base, yes = group(base), group(yes)
        self._few(row, base)
        if whole is not None:
            whole = group(whole[0]), whole[1]
        super().share(row, base, yes, whole, width=width)

    def cell(self, row: dict, where: Group, base: Group, yes: Group) -> None:
        """A row of a table: so many of those who answered, within the women it counts."""
        if not self.speaks_of(base, yes):
            return
        self._few(row, base)
        self.asked |= {base, yes}
        if row["n"] is not None:
            self.answered(row["n"], where, base)
            self.reached(row, base, yes)

    def answered(self, n: int, where: Group, base: Group) -> None:
        """n is the class without the full tens of those who did not answer."""
        exact = all(name == "township" for name, _ in where.conditions)
        if where in self.sizes:
            told = self.sizes[where] - n
            self.fact(self.row(where) - self.row(base), told, told + 9)
        self.fact(self.row(base), n - 9, n + (0 if exact else 9))

    def mean(self, row: dict, base: Group, points: Mapping[str, float]) -> None:
        """The mean of a scale, on steps of twice its width over n."""
        if row["value"] is None or not self.speaks_of(base, base.also(("score", ""))):
            return
        reach = max(points.values()) - min(points.values())
        unit = _nice(2 * reach / (row["n"] // 10 * 10))
        for sign in (1, -1):
            end = sign * (row["value"] + sign * (unit / 2 + 1e-9))
            total = sum((end - sign * p) * self.row(base.also(("score", v)))
                        for v, p in points.items())  # fmt: skip
            self.fact(total, 0, np.inf)

    def _few(self, row: dict, base: Group) -> None:
        """The reason of a withheld row says how few they are at most, df how many at least.

        df are the villages they live in, less one for every township.
        """
        if row.get("df") is not None:
            self.fact(self.row(base), row["df"] + 1, np.inf)
        for words, most in (("不足 10 人", 9), ("样本不足 30 人", 29)):
            if row["value"] is None and row["reason"].startswith(words):
                self.asked.add(base)
                self.fact(self.row(base), 0, most)

    # -- what he then knows --------------------------------------------------------------------

    def targets(self) -> Iterator[tuple[str, np.ndarray, int]]:
        for cell in sorted(set(self._near()), key=str):
            yield f"cell: {cell}", self.row(cell), self.known.count(cell)
            whole = Group(cell.version)
            rest = self.known.count(whole) - self.known.count(cell)
            if 0 < rest < LIMIT:
                yield f"rest of the county: {cell}", self.row(whole) - self.row(cell), rest
            for at in range(self.versions):
                some = Group(cell.version, cell.conditions, at)
                if 0 < self.known.count(some) < LIMIT:
                    yield f"apart: {some}", self.row(some), self.known.count(some)

    def _near(self) -> Iterator[Group]:
        """Every conjunction of conditions on attributes that were asked together."""
        touched: dict[str, set[str]] = {}
        for name, value in (pair for cell in self.asked for pair in cell.conditions):
            others = [v for v in self.values[name] if v not in value.split("|")]
            touched.setdefault(name, set()).update({value, "|".join(others)} - {""})
        yield from self.asked
        for names in {frozenset(n for n, _ in cell.conditions) for cell in self.asked}:
            for values in product(*[sorted(touched[n]) for n in sorted(names)]):
                some = frozenset(zip(sorted(names), values, strict=True))
                yield from (Group(at, some) for at in range(self.versions))

    def _small(self) -> list[tuple[str, np.ndarray, int]]:
        some = {score.tobytes(): (words, score, true)
                for words, score, true in self.targets() if 0 < true < LIMIT}  # fmt: skip
        return list(some.values())

    def recoveries(self) -> list[str]:
        some = self._small()
        if not some:
            return []
        scores = np.array([score for _, score, _ in some])
        rows = np.array([row for row, _ in self.facts.values()])
        low, high = np.array([ends for _, ends in self.facts.values()]).T
        first, owner = _alike(np.concatenate([rows, scores]))
        self.true = np.bincount(owner, self._everybody(), len(first))
        rows, scores = rows[:, first], scores[:, first]
        told = rows @ self.true
        assert ((told >= low - 1e-6) & (told <= high + 1e-6)).all(), "he was told what is not true"
        words = [(w, score, n) for (w, _, n), score in zip(some, scores, strict=True)]
        return self._told(words, LinearConstraint(sparse.csr_array(rows), low, high))

    def _everybody(self) -> np.ndarray:
        """How many persons there truly are of every unknown."""
        names = list(self.values)
        places = {kind: k for k, kind in enumerate(zip(*self.codes.values(), strict=True))}
        found = np.zeros((len(self.times), self.size_))
        for *kind, at in zip(*(self.known.classes[n] for n in names), self._times(), strict=True):
            if at is not None:
                found[at, places[tuple(kind)]] += 1
        return found.ravel()

    def _times(self) -> Iterator[int | None]:
        """Which of the times is every person's; None where she was never told of."""
        known = self.known
        seen = {tuple(m.has(a, b) for m in known.moments): k for k, (a, b) in enumerate(self.times)}
        for a, b in zip(known.arrival, np.broadcast_to(known.leaves, known.arrival.shape),
                        strict=True):  # fmt: skip
            yield seen.get(tuple(m.has(a, b) for m in known.moments))

    def _truth(self) -> np.ndarray:
        return self.true


def _alike(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unknowns that every row treats alike are one: the first of each, and which each is."""
    mark = np.random.default_rng(0).random((2, len(rows))) @ rows
    _, first, owner = np.unique(mark.round(9), axis=1, return_index=True, return_inverse=True)
    return first, owner.ravel()


def _possible(kind: Mapping[str, str]) -> bool:
    """Whether a score goes with a need."""
    return "score" not in kind or kind["need"] in SCORES[kind["score"]]


def _nice(number: float) -> float:
    return min(m * 10.0**k for k in range(-6, 6) for m in (1, 2, 5) if m * 10.0**k >= number)
