"""An attacker of test statistics: which whole numbers fit a small table, and its statistic too?

    python -m tests.statistics_attack [--sets 200] [--seed 1]

Of tables of two answers by two or three classes he writes down all whole numbers that fit what is
printed of every class (n, share) and keeps those whose statistic and p are the printed ones. The
worst case is assumed: equal weights, and somebody tells him exactly what the villages make of the
statistic (the trace and the degrees of freedom of the Rao-Scott test), which he could only guess
from the printed design effects, and p before it is corrected for several items. Told is a class
whose number of women without an answer is 1 to 9 and certain, where it was not without the test.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import stats

from analysis.core import association, gate, tables, variables
from analysis.core.cuts import Official
from analysis.core.spec import Spec
from tests.figures_attacker import LIMIT, share_ends, step_of
from tests.tables_attack import county

ASKED = [(q, by) for q in ("@need", "@joint", "@urgency", "@hope")
         for by in ("@township", "@group:g", "school", "who", "@age")]  # fmt: skip
MOST = 3_000_000


@dataclass
class Small:
    """Answers by classes: what is printed of every class, and what is true (n, yes)."""

    rows: list[dict]
    sizes: list[int]
    exact: bool  # the classes are townships: their sizes stand as they are
    true: np.ndarray
    test: association.Test
    df: float


def small_tables(official: Official) -> Iterator[Small]:
    known = variables.offered(official.definition, official.townships)
    for question, by in ASKED:
        found = tables.table(Spec(question, by), official, known, gate.Release())
        results = (found["test"] or {}).get("results") or []
        heads, asked = (variables.items(known[key], official) for key in (by, question))
        for k, told in enumerate(results):
            rows = [one["rows"][k]["estimate"] for one in found["classes"][1:]]
            if told["statistic"] is None or len(rows) > 3 or any(r["n"] is None for r in rows):
                continue
            yield _small(official, rows, heads, asked[:, k], by == "@township")


def _small(official: Official, rows: list[dict], heads, column, exact: bool) -> Small:
    inside = (heads == 1).any(axis=1)
    pair = tables._labels(np.stack([column, 1 - column], axis=1))
    test = association.chi_square(official.design, pair, tables._labels(heads), inside=inside)
    members = [heads[:, j] == 1 for j in range(heads.shape[1])]
    true = np.array([[np.isfinite(column[m]).sum(), np.nansum(column[m])] for m in members])
    return Small(rows, [int(m.sum()) for m in members], exact, true.astype(int), test,
                 official.design.degrees(inside))  # fmt: skip


def fitting(table: Small) -> np.ndarray | None:
    """All (n, yes) of every class that fit what is printed: (tables, classes, 2)."""
    some = [
        _class(row, size, table.exact) for row, size in zip(table.rows, table.sizes, strict=True)
    ]
    if np.prod([float(len(s)) for s in some]) > MOST:
        return None
    at = np.indices([len(s) for s in some]).reshape(len(some), -1)
    return np.stack([s[k] for s, k in zip(some, at, strict=True)], axis=1)


def _class(row: dict, size: int, exact: bool) -> np.ndarray:
    n, value = row["n"], row["value"]
    unit = step_of(n)
    most = min(n + (0 if exact else 9), size if exact else size // 10 * 10 + 9)
    found = []
    for base, yes in product(range(max(n - 9, 0), most + 1), range(n + 10)):
        if value in (0, 1):
            fits = yes == value * base
        else:
            low, high = share_ends(value, unit)
            fits = low * base <= yes + 1e-9 <= high * base + 2e-9 and LIMIT <= yes <= base - LIMIT
        if fits:
            found.append((base, yes))
    return np.array(found).reshape(-1, 2)


def association_of(counts: np.ndarray) -> np.ndarray:
    """Pearson's statistic over n, of (tables, classes, 2)."""
    n, yes = counts[..., 0].astype(float), counts[..., 1].astype(float)
    p = yes.sum(axis=1) / n.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (yes - n * p[:, None]) ** 2 / (n * (p * (1 - p))[:, None])
    return np.nan_to_num(squares.sum(axis=1) / n.sum(axis=1))


def windows(test: association.Test, below: float) -> dict[str, tuple[float, float]]:
    """What is printed -> between which statistics the exact one then lies."""
    f, p = test.statistic, round(test.p_value, 3)
    printed, d0 = round(f, 2), test.df[0]
    decimals = (max(printed - 0.005, 0), printed + 0.005)
    ends = stats.f.isf([min(p + 0.0005, 1), max(p - 0.0005, 0)], d0, d0 * below)
    both = (max(decimals[0], ends[0]), min(decimals[1], ends[1]))
    unit = max(10.0 ** (np.floor(np.log10(f)) - 1), 0.01)
    digits = round(f / unit) * unit
    return {
        "2 decimals": decimals,
        "2 decimals and p": both,
        "2 decimals and p, villages to within 10 %": (both[0] / 1.1, both[1] * 1.1),
        "2 digits, p follows": (digits - unit / 2, digits + unit / 2),
    }


def look(table: Small, counter: Counter) -> None:
    every = fitting(table)
    if every is None:
        counter["too many"] += 1
        return
    assert (every == table.true).all(axis=(1, 2)).any(), "the true table does not fit"
    own = association_of(table.true[None])[0]
    if not own > 1e-12 or not table.test.statistic > 1e-9:
        return
    f = association_of(every) * (table.test.statistic / own)
    counter["tables"] += 1
    for name, (low, high) in windows(table.test, table.df).items():
        left = every[(f >= low - 1e-9) & (f <= high + 1e-9)]
        counter[name, "one table left"] += len(left) == 1
        counter[name, "a count of yes certain"] += bool(_certain(left, 1) - _certain(every, 1))
        told = _told(table, left) - _told(table, every)
        counter[name, "1 to 9 without an answer told"] += bool(told)
        counter[name, "left of 1000"] += round(1000 * len(left) / len(every))


def _certain(some: np.ndarray, part: int) -> set[int]:
    """Classes of which n (0) or yes (1) can be one number only."""
    return {j for j in range(some.shape[1]) if len(set(some[:, j, part])) == 1}


def _told(table: Small, some: np.ndarray) -> set[int]:
    """Classes of known size of which the number of women without an answer is small and certain."""
    lack = np.array(table.sizes) - table.true[:, 0]
    return {j for j in _certain(some, 0) if 0 < lack[j] < LIMIT}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen, counter = parser.parse_args(arguments), Counter()
    for k in range(chosen.sets):
        rng = np.random.default_rng(chosen.seed * 1_000_000 + k)
        place = county(rng)
        for table in small_tables(place.official(np.ones(len(place.late), dtype=bool))):
            look(table, counter)
    for words, times in counter.items():
        print(f"{', '.join(words) if isinstance(words, tuple) else words}: {times}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
