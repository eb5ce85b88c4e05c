"""An attacker of the workbench: solves tables, and the figures beside them, for small numbers.

    python -m tests.tables_attack [--leaving] [--sets 1000] [--seed 1] [--jobs 1]

A set is a small county, its figures frozen twice through one ledger, and tables that a researcher
might make before, between and after, through the same ledger; with ``--leaving`` women take their
answers back meanwhile (`tables_leaving`). He reads what is printed as
`figures_attack` does and knows the same rules; his unknowns are the persons of every kind in the
crossing of what the tables name, one need at a time.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.core import figures, gate, tables, variables
from analysis.core.cuts import Official
from analysis.core.spec import Spec
from tests import figures_attack, small_county, tables_leaving
from tests.small_county import Small
from tests.tables_attacker import Moment
from tests.tables_read import AXES, Table, attacker

BACKGROUND = ("school", "who", "first", "@age")
GROUPS = ("@group:g", "group")


@dataclass
class Tally:
    tables: int = 0
    rows: int = 0
    withheld: int = 0
    recovered: Counter = field(default_factory=Counter)

    def __str__(self) -> str:
        lost = self.recovered.total()
        return (f"{self.tables} tables, {self.rows} rows, {self.withheld} withheld, "
                f"{lost} exact recoveries")  # fmt: skip


# -- a random set ------------------------------------------------------------------------------


def county(rng: np.random.Generator) -> Small:
    """A small county of few townships, so that their crossing stays small."""
    place = small_county.small(rng)
    towns = np.unique(place.township)
    some = towns[: int(rng.choice([2, 3], p=[0.8, 0.2]))]
    at = np.searchsorted(towns, place.township) % len(some)
    return replace(place, township=some[at])


def specs(rng: np.random.Generator, place: Small) -> list[Spec]:
    """Tables of a few variables, so that they meet; some cannot be made."""
    backgrounds = [str(name) for name in rng.choice(BACKGROUND, rng.integers(1, 3), replace=False)]
    split = ["@township", *GROUPS, *backgrounds, *AXES[:2]]
    scales = [f"need_{code}" for code in small_county.DOMAINS] if len(backgrounds) == 1 else []
    asked = [*split, *AXES, *scales]
    towns = sorted(set(place.township))
    known = variables.offered(small_county.definition(), {t: t for t in towns})
    found = []
    for _ in range(int(rng.integers(6, 11))):
        by = str(rng.choice(split)) if rng.random() < 0.8 else ""
        where = str(rng.choice(split)) if rng.random() < 0.4 else ""
        option = str(rng.choice([v for v, _ in known[where].classes])) if where else ""
        area = str(rng.choice(towns)) if rng.random() < 0.2 else ""
        found.append(Spec(str(rng.choice(asked)), by, where, option, area))
    return found


def published(rng: np.random.Generator, place: Small) -> tuple[list[dict], list[Table]]:
    """Figures of both versions and the tables made meanwhile, through one ledger."""
    doors, frozen, made = figures.Releases(), [], []
    asked = specs(rng, place)
    early = int(rng.integers(0, len(asked) + 1))
    for at, some in enumerate((asked[:early], asked[early:])):
        doors.official.at = at
        official = place.official(place.late <= bool(at))
        try:
            frozen.append(figures.build(official, None, {}, {}, {}, releases=doors))
        except gate.TooClose:
            break
        for spec in some:  # a table of the first version can still be asked for later
            of = at if rng.random() < 0.8 else 0
            doors.official.at = of
            found = _table(place.official(place.late <= bool(of)), spec, doors.official)
            if found is not None:
                made.append(Table(of, spec, found))
    return json.loads(json.dumps(frozen)), made


def _table(official: Official, spec: Spec, door: gate.Release) -> dict | None:
    known = variables.offered(official.definition, official.townships)
    try:
        found = tables.table(spec, official, known, door)
    except tables.CannotTabulate:
        return None
    return json.loads(json.dumps(found))


def attack(seed: int) -> Tally:
    rng = np.random.default_rng(seed)
    place = county(rng)
    frozen, made = published(rng, place)
    moments = [Moment(at) for at in range(len(frozen))]
    return _tally(place, list(enumerate(frozen)), made, moments)


def attack_leaving(seed: int) -> Tally:
    rng = np.random.default_rng(seed)
    place = county(rng)
    past = tables_leaving.published(rng, place, specs(rng, place), _table)
    return _tally(place, past.frozen, past.made, past.moments, past.leaves)


def _tally(
    place: Small, frozen: list[tuple[int, dict]], made: list[Table], moments: list[Moment],
    leaves: np.ndarray | None = None,
) -> Tally:  # fmt: skip
    tally = Tally()
    rows = [row["estimate"] for t in made for one in t.found["classes"] for row in one["rows"]]
    tally.tables, tally.rows = len(made), len(rows)
    tally.withheld = sum(row["status"] == "suppressed" for row in rows)
    for code in small_county.DOMAINS if frozen else ():
        one = attacker(place, frozen, made, code, moments, leaves)
        tally.recovered.update(one.recoveries())
    return tally


def main(arguments: list[str]) -> int:
    seeds, jobs = figures_attack.asked([one for one in arguments if one != "--leaving"])
    one = attack_leaving if "--leaving" in arguments else attack
    with ProcessPoolExecutor(jobs) as pool:
        whole = _tell(pool.map(one, seeds))
    print(f"{len(seeds)} sets, {whole}")
    return int(whole.recovered.total() > 0)


def _tell(found: Iterable[Tally]) -> Tally:
    """All sets together, every recovery and every ten sets said at once."""
    whole, began = Tally(), time.monotonic()
    for k, one in enumerate(found, start=1):
        whole.tables, whole.rows = whole.tables + one.tables, whole.rows + one.rows
        whole.withheld += one.withheld
        whole.recovered.update(one.recovered)
        for words, times in one.recovered.items():
            print(f"set {k - 1}: {words} ({times})", flush=True)
        if k % 10 == 0:
            each = (time.monotonic() - began) / k
            print(f"so far {k} sets, {whole}; {each:.1f} s a set", flush=True)
    return whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
