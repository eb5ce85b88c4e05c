"""Cells of tables, and the crossing of attributes they are sums over.

A crossing that is too large to be solved at once is taken in parts, one for every set of attributes
that was ever crossed; parts agree on the attributes they share. Where the parts form a tree this
gives nothing away: a tree of tables always has a common crossing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Key = frozenset[tuple[str, str]]
Values = Mapping[str, tuple[str, ...]]
Floats = NDArray[np.float64]
Ratio = tuple[float, float]
# crossings up to this number are solved whole; a part may not have more than the second
WHOLE, LARGEST = 500, 6_000
OR = "|"


def either(values: Iterable[str]) -> str:
    """One condition for several values of an attribute."""
    return OR.join(sorted(values))


@dataclass(frozen=True, order=True)
class Cell:
    """Persons known at time ``at`` who meet all conditions: attribute = value, or one of some."""

    at: int
    conditions: Key

    def holds(self, other: Cell) -> bool:
        """Whether everybody in the other cell is in this one."""
        return self.at >= other.at and all(
            any(name == own and set(given.split(OR)) <= set(value.split(OR))
                for own, given in other.conditions)
            for name, value in self.conditions
        )  # fmt: skip

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.conditions)


def nested(cells: Sequence[Cell], pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which pairs (m, 2) are a cell and one inside it, for many at once (`Cell.holds`)."""
    outer, inner = pairs.T
    times = np.array([cell.at for cell in cells])
    found = times[outer] >= times[inner]
    for name in sorted(set().union(*[cell.names for cell in cells])):
        given = [dict(cell.conditions).get(name) for cell in cells]
        known = sorted({one for value in given if value for one in value.split(OR)})
        may = np.array(
            [[value is None or one in value.split(OR) for one in known] for value in given]
        )
        bound = np.array([value is not None for value in given])
        asked = np.flatnonzero(found & bound[outer])
        within = ~(may[inner[asked]] & ~may[outer[asked]]).any(axis=1)
        found[asked] = within & bound[inner[asked]]
    return found


# -- the crossing -----------------------------------------------------------------------------


class Part:
    """Persons of every kind in the crossing of some attributes, at every time of arrival."""

    def __init__(self, names: Sequence[str], values: Values, times: Sequence[int]) -> None:
        self.names, self.values, self.times = tuple(names), values, times
        self.codes = np.array(list(product(times, *[range(len(values[n])) for n in names])))
        self.size = len(self.codes)
        self.meets: dict[tuple[str, str], NDArray[np.bool_]] = {}

    def inside(self, cell: Cell) -> NDArray[np.bool_]:
        inside = self.codes[:, 0] <= cell.at
        for condition in cell.conditions:
            if condition not in self.meets:
                self.meets[condition] = self._meets(*condition)
            inside = inside & self.meets[condition]
        return np.asarray(inside)

    def _meets(self, name: str, value: str) -> NDArray[np.bool_]:
        chosen = value.split(OR)
        met = np.array([one in chosen for one in self.values[name]])
        return np.asarray(met[self.codes[:, 1 + self.names.index(name)]])

    def margin(self, names: Sequence[str]) -> NDArray[np.intp]:
        """Rows by time and the shared attributes: one number each, alike in every part."""
        found = np.searchsorted(self.times, self.codes[:, 0])
        for name in names:
            found = found * len(self.values[name]) + self.codes[:, 1 + self.names.index(name)]
        return found


def parts(
    values: Values, cells: Sequence[Cell], asked: Iterable[Cell], times: int
) -> list[tuple[str, ...]]:
    """The whole crossing of what the asked cells name, and others with it while it can be solved.

    Else one part for each set of attributes that was crossed with any of them.
    """
    own = sorted(set().union(*[cell.names for cell in asked]))

    def size(names: Iterable[str]) -> int:
        return times * int(np.prod([len(values[name]) for name in names] or [1]))

    whole: list[str] = own if size(own) <= WHOLE else []
    for name in sorted(set(values) - set(own), key=lambda n: (len(values[n]), n)):
        if whole and size([*whole, name]) <= WHOLE:
            whole.append(name)
    sets = {cell.names for cell in cells if cell.names & set(own)} - {frozenset()}
    near = [s for s in sets if not s <= set(whole) and size(s) <= LARGEST]
    largest = [s for s in near if not any(s < other for other in near)]
    return [tuple(p) for p in [whole, *sorted(map(sorted, largest))] if p or not largest]


def agree(parts: Sequence[Part], start: NDArray[np.intp], links: Sparse) -> None:
    """Parts that share attributes hold the same persons of every kind that both tell apart."""
    for later, part in enumerate(parts):
        seen: set[frozenset[str]] = set()
        for earlier in range(later):
            shared = sorted(set(part.names) & set(parts[earlier].names))
            if frozenset(shared) in seen:
                continue
            seen.add(frozenset(shared))
            one, other = part.margin(shared), parts[earlier].margin(shared)
            for value in np.unique(one):
                links.add([
                    (start[later] + np.flatnonzero(one == value), 1.0),
                    (start[earlier] + np.flatnonzero(other == value), -1.0),
                ])  # fmt: skip


class Sparse:
    """A sparse matrix that grows by rows."""

    def __init__(self, width: int) -> None:
        self.width, self.count = width, 0
        self.ends, self.columns, self.numbers = [0], [np.empty(0, np.intp)], [np.empty(0)]

    def add(self, row: Sequence[tuple[NDArray[np.intp], float]]) -> None:
        for columns, number in row:
            self.columns.append(columns)
            self.numbers.append(np.full(len(columns), number))
        self.count += 1
        self.ends.append(self.ends[-1] + sum(len(columns) for columns, _ in row))

    def matrix(self) -> sparse.csr_array:
        return sparse.csr_array(
            (np.concatenate(self.numbers), np.concatenate(self.columns), self.ends),
            shape=(self.count, self.width),
        )
