"""An attacker of released tables: solves what was shown and says which small numbers he knows.

    python -m tests.disclosure_attack [--sets 1000] [--seed 1]

Written apart from the gate: he has his own unknowns (one per kind of person and time of arrival),
his own linear programming, and reasons in whole numbers: a number between 3.2 and 4.9 is 4, and
where the reals leave a little room he asks an integer program. He knows the rules of the house: a
hidden cell is not empty, a zero is shown. What he says counts only if it is true of a group of 1 to
9 persons: that is an exact recovery.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from surveys.core.release import Cell, Key, Ledger, release

LIMIT = 10
ATTRIBUTES = {"town": 4, "age": 3, "group": 2, "need": 2}


@dataclass(frozen=True)
class County:
    """Persons as codes per attribute, and the time each arrived (0 first)."""

    codes: dict[str, np.ndarray]
    arrival: np.ndarray

    def count(self, at: int, key: Key) -> int:
        inside = self.arrival <= at
        for name, value in key:
            inside = inside & (self.codes[name] == int(value))
        return int(inside.sum())


@dataclass(frozen=True)
class Shown:
    """One released cell; number None where it is hidden."""

    at: int
    key: Key
    number: int | None


def county(rng: np.random.Generator) -> County:
    """Towns of unequal size, groups and needs that are rare in some, few late arrivals."""
    n = int(rng.integers(60, 400))
    codes = {
        name: rng.choice(k, n, p=rng.dirichlet(np.full(k, rng.choice([0.4, 1.0, 4.0]))))
        for name, k in ATTRIBUTES.items()
    }
    return County(codes, (rng.random(n) < rng.choice([0.0, 0.02, 0.1])).astype(int))


def requests(rng: np.random.Generator) -> Iterator[tuple[int, tuple[str, ...], Key]]:
    """Tables asked for one after the other: (time, crossed attributes, filter)."""
    names = list(ATTRIBUTES)
    for at in (0, 1):
        for _ in range(int(rng.integers(1, 4))):
            crossed = tuple(map(str, rng.permutation(names)[: int(rng.integers(1, 3))]))
            rest = [name for name in names if name not in crossed]
            only = rng.choice(rest) if rng.random() < 0.4 else None
            value = str(rng.integers(ATTRIBUTES[only])) if only is not None else ""
            yield at, crossed, frozenset({(str(only), value)} if only is not None else set())


def cells(crossed: tuple[str, ...], filtered: Key) -> list[Key]:
    """The cells of a table with all its margins."""
    found = []
    for depth in range(len(crossed) + 1):
        for names in itertools.combinations(crossed, depth):
            for values in itertools.product(*[range(ATTRIBUTES[n]) for n in names]):
                own = {(n, str(v)) for n, v in zip(names, values, strict=True)}
                found.append(frozenset(own) | filtered)
    return found


def publish(place: County, rng: np.random.Generator) -> list[Shown]:
    """One set of tables through the gate; the last once more, as the PDF beside the screen."""
    ledger, out = Ledger({n: tuple(map(str, range(k))) for n, k in ATTRIBUTES.items()}), []
    asked = list(requests(rng))
    for at, crossed, filtered in [*asked, asked[-1]]:
        table = {key: place.count(at, key) for key in cells(crossed, filtered)}
        shown = release(at, table, ledger)
        # what the ledger does not know was not released; he is told so, and reads nothing into it
        out += [Shown(at, key, n) for key, n in shown.items()
                if n is not None or Cell(at, key) in ledger.hidden]  # fmt: skip
    return out


# -- the attack --------------------------------------------------------------------------------


class Attacker:
    """Unknowns: how many persons of each kind came at each time."""

    def __init__(self, shown: list[Shown]) -> None:
        self.shown = shown
        ranges = [range(k) for k in ATTRIBUTES.values()]
        self.kinds = np.array(list(itertools.product((0, 1), *ranges)))
        rows = [self._row(one.at, one.key) for one in shown]
        low = [one.number if one.number is not None else 1 for one in shown]
        high = [one.number if one.number is not None else np.inf for one in shown]
        self.rows, self.low, self.high = np.array(rows), np.array(low), np.array(high)

    def _row(self, at: int, key: Key) -> np.ndarray:
        inside = self.kinds[:, 0] <= at
        for name, value in key:
            column = 1 + list(ATTRIBUTES).index(name)
            inside = inside & (self.kinds[:, column] == int(value))
        return inside.astype(float)

    def targets(self) -> Iterator[tuple[tuple[int, Key], tuple[int, Key] | None]]:
        """Every cell, what one shown cell has beyond another inside it, and who arrived late."""
        places = {(one.at, one.key) for one in self.shown}
        for place in sorted(places, key=str):
            yield place, None
        for outer, inner in itertools.permutations(sorted(places, key=str), 2):
            if outer[0] >= inner[0] and outer[1] <= inner[1]:
                yield outer, inner

    def known(self, outer: tuple[int, Key], inner: tuple[int, Key] | None) -> int | None:
        """The one whole number it can be, None where there is a choice."""
        score = self._row(*outer) - (self._row(*inner) if inner else 0)
        low, high = (self._bound(score, sign) for sign in (1, -1))
        if high - low > 3:
            return None
        low, high = np.ceil(low - 1e-6), np.floor(high + 1e-6)
        if low < high:
            low, high = (self._whole(score, sign) for sign in (1, -1))
        return int(low) if low == high else None

    def _bound(self, score: np.ndarray, sign: int) -> float:
        exact = np.isfinite(self.high)
        found = linprog(
            sign * score, A_eq=self.rows[exact], b_eq=self.high[exact],
            A_ub=-self.rows[~exact], b_ub=-self.low[~exact], method="highs",
        )  # fmt: skip
        return -sign * np.inf if found.status == 3 else sign * float(found.fun)

    def _whole(self, score: np.ndarray, sign: int) -> float:
        limits = LinearConstraint(self.rows, self.low, self.high)
        found = milp(sign * score, constraints=limits, integrality=np.ones(len(score)))
        return round(sign * float(found.fun))


def recoveries(place: County, shown: list[Shown]) -> list[str]:
    """Small groups whose exact number the attacker knows, in words."""
    attacker, found = Attacker(shown), []
    for outer, inner in attacker.targets():
        true = place.count(*outer) - (place.count(*inner) if inner else 0)
        if 0 < true < LIMIT and attacker.known(outer, inner) == true:
            found.append(f"{outer} less {inner}: {true}")
    return found


def attack(seed: int) -> tuple[np.ndarray, list[str]]:
    """One random set: number of cells, of hidden ones, of small ones; what was recovered."""
    rng = np.random.default_rng(seed)
    place = county(rng)
    shown = publish(place, rng)
    hidden = sum(one.number is None for one in shown)
    small = sum(0 < place.count(one.at, one.key) < LIMIT for one in shown)
    return np.array([len(shown), hidden, small]), recoveries(place, shown)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    sizes, lost = np.zeros(3, dtype=int), 0
    for k in range(chosen.sets):
        some, found = attack(chosen.seed * 1_000_000 + k)
        sizes, lost = sizes + some, lost + len(found)
        for line in found:
            print(f"set {k}: {line}", flush=True)
    print(f"{chosen.sets} sets, {sizes[0]} cells, {sizes[1]} hidden ({sizes[2]} of them small), "
          f"{lost} exact recoveries")  # fmt: skip
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
