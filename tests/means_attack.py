"""An attacker of means: solves the workbench's tables of amounts for one woman's amount.

    python -m tests.means_attack [--sets 200] [--seed 1]

Written apart from the gate. He knows of every woman which classes she is in, with which version she
came and whether she gave an amount, so that he needs no printed size; some women have told him
their amounts. He does not know the others', which are his unknowns, and knows the steps in which
means are printed. To tell an amount to within a tenth of it is a recovery; so is the sum of the
amounts of 1 to 9 women.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from analysis.core import gate, tables, variables
from analysis.core.spec import Spec
from tests import small_county
from tests.small_county import Small

NEAR, LIMIT, TOLD_HIM = 0.10, 10, 0.2
HEADS = ("", "@township", "@age", "school", "@group:g")
FILTERS = (("", ""), *[("school", option) for option in small_county.EDUCATION])


@dataclass
class Fact:
    """Among these women the mean lies between two numbers."""

    women: np.ndarray
    low: float
    high: float


def amounts(place: Small) -> np.ndarray:
    return np.array([float(a) if a else np.nan for a in place.texts["amount"]])


def published(place: Small) -> Iterator[tuple[int, Spec, dict]]:
    """Every table of the amounts, of both versions, through one ledger."""
    door = gate.Release()
    for at in (0, 1):
        door.at = at
        rows = place.late <= bool(at)
        official = place.official(rows)
        known = variables.offered(official.definition, official.townships)
        for head in HEADS:
            for where, option in FILTERS:
                if head and head == where:
                    continue
                spec = Spec("amount", head, where=where, option=option)
                yield at, spec, tables.table(spec, official, known, door)


def members(place: Small, at: int, head: str, value: str) -> np.ndarray:
    """Who is in a class of a version, from the answers themselves."""
    texts, here = place.texts, place.late <= bool(at)
    if not head:
        return here
    if head == "@township":
        return here & (place.township == value)
    if head == "school":
        return here & (texts["school"] == value)
    if head == "@group:g":
        return here & (texts["group"] == ("g" if value == "1" else "x"))
    age = np.array([2026 - int(b) if b else -1 for b in texts["born"]])
    low, high = {"18-34": (18, 34), "35-59": (35, 59), "60+": (60, 200)}[value]
    return here & (age >= low) & (age <= high)


def nice(number: float) -> float:
    """1, 2 or 5 times a power of ten, not below a number."""
    return min(m * 10.0**k for k in range(-6, 12) for m in (1, 2, 5) if m * 10.0**k >= number)


def facts(place: Small) -> Iterator[Fact]:
    given = amounts(place)
    for at, spec, table in published(place):
        here = given[np.isfinite(given) & (place.late <= bool(at))]
        reach = nice(here.max()) if here.max() > 0 else 0.0
        for one in table["classes"]:
            row = one["rows"][0]["estimate"]
            if row["value"] is None:
                continue
            inside = members(place, at, spec.by if one["value"] else "", one["value"])
            if spec.where:
                inside = inside & members(place, at, spec.where, spec.option)
            women = np.flatnonzero(inside & np.isfinite(given))
            unit = nice(2 * reach / (row["n"] // 10 * 10)) if reach else 0.0
            if unit and abs(row["value"] / unit - round(row["value"] / unit)) > 1e-6:
                unit = 0.0  # it was not rounded at all
            yield Fact(women, row["value"] - unit / 2 - 1e-9, row["value"] + unit / 2 + 1e-9)


def targets(place: Small, found: list[Fact]) -> Iterator[np.ndarray]:
    """Women with the largest amounts of every class; who came late; what two classes differ by."""
    given, seen = amounts(place), set()
    groups = [f.women for f in found]
    for women in groups:
        yield from ([w] for w in women[np.argsort(-given[women])][:2])
    for some in groups:
        for others in groups:
            more = np.setdiff1d(some, others)
            if 0 < len(more) < LIMIT and np.isin(others, some).all() and tuple(more) not in seen:
                seen.add(tuple(more))
                yield more


def recoveries(place: Small, rng: np.random.Generator) -> list[str]:
    """What he can tell, in words."""
    given = amounts(place)
    found = list(facts(place))
    if not found or not np.nanmax(given) > 0:
        return []
    told = np.isfinite(given) & (rng.random(len(given)) < TOLD_HIM)
    most = nice(np.nanmax(given))
    matrix = np.zeros((len(found), len(given)))
    for k, fact in enumerate(found):
        matrix[k, fact.women] = 1 / len(fact.women)
    bounds = [(a, a) if t else (0, most) for a, t in zip(np.nan_to_num(given), told, strict=True)]
    limits = (np.concatenate([matrix, -matrix]),
              np.array([*[f.high for f in found], *[-f.low for f in found]]))  # fmt: skip
    out = {}
    for women in targets(place, found):
        who, true = tuple(int(w) for w in women), float(given[women].sum())
        if who in out or told[women].all() or true <= 0:
            continue
        out[who] = _told(who, true, limits, bounds)
    return [words for words in out.values() if words]


def _told(who: tuple[int, ...], true: float, limits: tuple, bounds: list) -> str:
    score = np.zeros(len(bounds))
    score[list(who)] = 1
    ends = []
    for sign in (1, -1):
        found = linprog(sign * score, A_ub=limits[0], b_ub=limits[1], bounds=bounds)
        assert found.success, "the facts contradict each other: the attacker is mistaken"
        ends.append(float(score @ found.x))
    return f"{len(who)} women: {true:.0f}" if ends[1] - ends[0] < NEAR * true else ""


def attack(seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return recoveries(small_county.small(rng), rng)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen, lost = parser.parse_args(arguments), 0
    for k in range(chosen.sets):
        for words in attack(chosen.seed * 1_000_000 + k):
            lost += 1
            print(f"set {k}: {words}", flush=True)
    print(f"{chosen.sets} sets, {lost} amounts told")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
