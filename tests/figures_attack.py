"""An attacker of frozen figures: solves two data versions of a small county for small numbers.

    python -m tests.figures_attack [--sets 1000] [--seed 1] [--jobs 2]

Written apart from the gate. He reads figures.json as it stands: printed sizes and their tens,
shares as counts between their steps, what design effect and error allow, classes against the
whole, one version against the next, orders with their points, coded texts; of interviews he is even
told the shares of which only an adjusted difference is printed. He knows every rule of the house,
that all weights are equal, and that a withheld row is not empty. His unknowns are persons of every
kind, in whole numbers. What he says counts if it is true of a group of 1 to 9 persons: that is an
exact recovery.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from analysis.core import figures, gate, mentions
from tests import small_county
from tests.figures_attacker import (
    ALL,
    ANSWERED,
    REACHED,
    YES,
    Attacker,
    Cell,
    Truth,
    Where,
    share_ends,
    step_of,
)
from tests.small_county import Small

FIRSTS = (*small_county.DOMAINS, "none")


def truth(place: Small, code: str) -> Truth:
    texts = place.texts
    need, urgent, wish = (texts[f"{name}_{code}"] for name in ("need", "urgent", "wish"))

    def mark(answers: np.ndarray, reached: tuple[str, ...]) -> np.ndarray:
        return np.where(answers == "", "-", np.where(np.isin(answers, reached), "1", "0"))

    both = np.char.add(mark(urgent, ("4", "5")), mark(wish, ("1",)))
    wanted = np.isin(need, ["2", "3"])
    kind = np.where(need == "", "missing", np.where(wanted, both, "no"))
    year = np.array([int(b) if b else 0 for b in texts["born"]])
    age = np.select([year == 0, year > 2026 - 35, year > 2026 - 60], ["rest", "18-34", "35-59"],
                    "60+")  # fmt: skip
    age = np.where((year > 0) & (year > 2026 - 18), "rest", age)
    classes = {
        "township": place.township,
        "g": np.select([texts["group"] == "", texts["group"] == "g"], ["unknown", "in"], "out"),
        "education": np.where(texts["school"] == "", "rest", texts["school"]),
        "birth_year": age,
        "level": np.where(need == "3", "in", "out"),
        "flagged": np.where(place.flagged, "in", "out"),
        "who": np.where(texts["who"] == "", "rest", texts["who"]),
    }
    return Truth(place.late.astype(int), classes, kind.astype(str))


def spoken(place: Small) -> Truth:
    """What is asked once and not of every need: firsts, orders, coded texts."""
    texts = place.texts
    orders = [text.split() for text in texts["want"]]
    themes = [None if not text else text.split() for text in texts["coded"]]
    classes = {
        "first": np.where(texts["first"] == "", "rest", texts["first"]),
        "township": place.township,
        **{f"want#{w}": np.array([str(o.index(w) + 1) if o else "rest" for o in orders])
           for w in small_county.WANTED},
        **{f"coded#{t}": np.array(["rest" if f is None else str(int(t in f)) for f in themes])
           for t in small_county.THEMES},
    }  # fmt: skip
    return Truth(place.late.astype(int), classes, np.full(len(orders), "all"))


VALUES = {
    "g": ("in", "out", "unknown"), "education": (*small_county.EDUCATION, "rest"),
    "birth_year": ("18-34", "35-59", "60+", "rest"), "level": ("in", "out"),
    "flagged": ("in", "out"), "who": (*small_county.PRESENT, "rest"),
}  # fmt: skip
PLACES = ("1", "2", "3", "4", "rest")
SPOKEN = {
    "first": (*FIRSTS, "rest"), **{f"want#{w}": PLACES for w in small_county.WANTED},
    **{f"coded#{t}": ("1", "0", "rest") for t in small_county.THEMES},
}  # fmt: skip


def read(attacker: Attacker, at: int, found: dict, code: str) -> None:
    """Everything one version says of one domain."""
    whole, n = Cell(at, None), found["sample"]["n"]
    attacker.size(whole, n, n)

    def of(rows: list[dict]) -> dict:
        return next(row for row in rows if row["code"] == code)

    def item(row: dict, axis: str, where: Where, size: int | None) -> None:
        of_class = None if size is None else (Cell(at, where), size)
        attacker.share(
            row, Cell(at, where, ANSWERED[axis]), Cell(at, where, REACHED[axis]), of_class
        )

    domain = of(found["domains"])
    for axis in ("need", "urgency", "hope", "joint"):
        item(domain[axis], axis, None, n)
        if (rate := domain["missing"][axis]) is not None:  # upwards to ten persons
            lack = attacker.row(whole) - attacker.row(Cell(at, None, ANSWERED[axis]))
            attacker.fact(lack, rate * n - 10 - 1e-6, rate * n + 1e-6)
    item(domain["wish"], "wish", None, None)
    if domain["degree"]["n"] is not None:
        size = domain["degree"]["n"]
        attacker.size(Cell(at, None, ANSWERED["degree"]), size, size + 9)
    _weights(attacker, at, found, code)
    for t in found["townships"]:
        where = ("township", t["code"])
        if t["n"] is not None:
            attacker.size(Cell(at, where), t["n"], t["n"])
            for axis in ("need", "joint"):
                item(of(t["domains"])[axis], axis, where, t["n"])
    for g in found["groups"]:
        _group(attacker, at, g, n)
        for side, value in (("joint", "in"), ("complement", "out")):
            row = of(g["domains"])[side]
            if value == "in":
                item(row, "joint", ("g", value), g["n"])
            elif row["n"] is not None:  # the size of the others is not printed
                base = Cell(at, ("g", "out"), ANSWERED["joint"])
                attacker.size(base, row["n"] - 9, row["n"] + 9)
                yes = Cell(at, ("g", "out"), REACHED["joint"])
                attacker.share(row, base, yes, (base, row["n"]))
        if part := of(g["domains"])["part"]:
            one, both = (Cell(at, ("g", value), ("11",)) for value in ("in", "in|out"))
            attacker.share(part, both, one, None)
    for asked in found.get("presence", []):
        _present(attacker, at, asked, code)
    for b in found["breakdowns"]:
        for row in b["rows"]:
            where = (b["role"], row["value"])
            attacker.size(Cell(at, where), row["n"], row["n"] + 9)
            attacker.share(row["share"], whole, Cell(at, where), (whole, n), width=10)
            item(of(row["domains"])["need"], "need", where, row["n"])
    for row in found["sensitivity"]["threshold3"]:
        if row["code"] == code:
            base = Cell(at, None, ANSWERED["need"])
            attacker.share(row["need"], base, Cell(at, ("level", "in"), YES), (whole, n))
    for row in found["sensitivity"].get("unflagged", []):
        if row["code"] == code:
            item(row["joint"], "joint", ("flagged", "out"), None)


def _weights(attacker: Attacker, at: int, found: dict, code: str) -> None:
    """The index: the smaller of two bases, and its linear form, the mean of the three parts.

    On its steps it follows from the parts beside it; were it finer, he would take it for exact.
    """
    parts = next(d for d in found["domains"] if d["code"] == code)
    for row in found["sensitivity"]["weights"]["domains"]:
        if row["code"] != code:
            continue
        _smaller(attacker, at, row["index"]["n"])
        value, step = row["linear"]["value"], step_of(row["linear"]["n"])
        if abs(value / step - round(value / step)) > 1e-6:
            others = [_ends(parts[part]) for part in ("degree", "wish")]
            reached, of = (attacker.row(Cell(at, None, k["need"])) for k in (REACHED, ANSWERED))
            low, high = (3 * value - sum(ends[side] for ends in others) for side in (1, 0))
            attacker.fact(reached - (low - 1e-9) * of, 0, np.inf)
            attacker.fact(reached - (high + 1e-9) * of, -np.inf, 0)


def _smaller(attacker: Attacker, at: int, n: int) -> None:
    """Those in need who answered either follow-up are so many at least; without tens exactly."""
    bases = [Cell(at, None, ANSWERED[axis]) for axis in ("degree", "wish")]
    for base in bases:
        attacker.fact(attacker.row(base), n, np.inf)
    if n % 10:
        attacker.size(min(bases, key=attacker.known.count), n, n)


def _ends(row: dict) -> tuple[float, float]:
    return (0.0, 1.0) if row["value"] is None else share_ends(row["value"], step_of(row["n"]))


def _present(attacker: Attacker, at: int, asked: dict, code: str) -> None:
    """He is even told, on their steps, the shares of which only the difference is printed."""
    told = {row["value"] is not None for one in asked["classes"]
            for row in one["domains"] if row["code"] == code}  # fmt: skip
    for one in (asked["base"], *asked["classes"]):
        where = ("who", one["value"])
        attacker.size(Cell(at, where), one["n"], one["n"] + 9)
        rows = [row for row in one.get("domains", []) if row["code"] == code]
        if not (rows[0]["value"] is not None if rows else True in told):
            continue
        base, yes = (Cell(at, where, kinds["need"]) for kinds in (ANSWERED, REACHED))
        size, reached = attacker.known.count(base), attacker.known.count(yes)
        n = one["n"] - (attacker.known.count(Cell(at, where)) - size) // 10 * 10
        step = step_of(n)
        value = reached / size
        if 0 < value < 1:
            value = min(max(np.floor(value / step + 0.5), 1), round(1 / step) - 1) * step
        attacker.share(
            {"n": n, "value": value, "reason": ""}, base, yes, (Cell(at, where), one["n"])
        )


def _group(attacker: Attacker, at: int, g: dict, n: int) -> None:
    if g["n"] is not None:
        attacker.size(Cell(at, ("g", "in")), g["n"], g["n"] + (9 if g["n"] else 0))
    if g["unknown"] is not None:
        attacker.size(Cell(at, ("g", "unknown")), g["unknown"], g["unknown"] + 9)
    attacker.share(g["share"], Cell(at, ("g", "in|out")), Cell(at, ("g", "in")),
                   (Cell(at, None), n), width=10)  # fmt: skip


def _spoken(attacker: Attacker, at: int, found: dict) -> None:
    whole, n = Cell(at, None, ALL), found["sample"]["n"]
    attacker.size(whole, n, n)

    def cell(name: str, *values: str) -> Cell:
        return Cell(at, (name, "|".join(values)), ALL)

    for row in found["first_choice"]["first_urgent"]:
        attacker.share(row["share"], cell("first", *FIRSTS), cell("first", row["code"]), (whole, n))
    for asked in found.get("rankings", []):
        for row in asked["rows"]:
            _order(attacker, row, (whole, n), lambda *v, w=row["code"]: cell(f"want#{w}", *v))
    for one in found["mentions"][0]["codes"]:
        name = f"coded#{one['key']}"
        attacker.share(one["share"], cell(name, "0", "1"), cell(name, "1"), (whole, n))


def _order(attacker: Attacker, row: dict, whole: tuple[Cell, int], cell: Callable) -> None:
    """One option of a rank question: in the first place, among three, its points, best or worst."""
    named = cell(*PLACES[:4])
    attacker.share(row["first"], named, cell("1"), whole)
    attacker.share(row["top"], named, cell("1", "2", "3"), whole)
    for key, reach, points in (("borda", 3, (3, 2, 1, 0)), ("best_worst", 2, (1, 0, 0, -1))):
        one = row[key]
        if one and one["value"] is not None:
            unit = _nice(2 * reach / (one["n"] // 10 * 10))
            for sign in (1, -1):
                end = sign * (one["value"] + sign * (unit / 2 + 1e-9))
                score = sum((end - sign * p) * attacker.row(cell(place))
                            for p, place in zip(points, PLACES[:4], strict=True))  # fmt: skip
                attacker.fact(score, 0, np.inf)


def _nice(number: float) -> float:
    return min(m * 10.0**k for k in range(-6, 6) for m in (1, 2, 5) if m * 10.0**k >= number)


def _volunteers(attacker: Attacker, at: int, found: dict, code: str) -> None:
    n = found["volunteers"]["n"]
    if not n:  # the page then says nothing about volunteers
        return
    attacker.size(Cell(at, None), n, n + 9)
    for row in found["volunteers"]["domains"]:
        if row["code"] == code:
            told = {"n": row["n"] or None, "value": row["share"], "reason": ""}
            base, yes = (Cell(at, None, kinds["need"]) for kinds in (ANSWERED, REACHED))
            attacker.share(told, base, yes, None)


# -- random sets -------------------------------------------------------------------------------


@dataclass
class Tally:
    rows: int = 0
    withheld: int = 0
    recovered: Counter = field(default_factory=Counter)


def versions(place: Small, online: Small) -> list[dict]:
    """The county frozen before and after the late ones came, through one ledger."""
    doors, found = figures.Releases(), []
    for at in (0, 1):
        doors.official.at = doors.volunteers.at = at
        some, others = ((p.late <= bool(at)) for p in (place, online))
        try:
            official, crowd = place.official(some), online.volunteers(others)
            built = figures.build(official, crowd, {}, {}, {}, releases=doors)
            names = [str(k) for k in np.flatnonzero(some)]
            table = mentions.table(official.design, place.coded(), names, doors.official)
            found.append(built | {"mentions": [table]})
        except gate.TooClose:
            break
    return json.loads(json.dumps(found))


def attack(seed: int) -> Tally:
    rng, tally = np.random.default_rng(seed), Tally()
    place = small_county.small(rng)
    online = small_county.small(rng, people=int(rng.integers(40, 300)))
    found = versions(place, online)
    for one in found:
        for row in all_rows(one):
            tally.rows += 1
            tally.withheld += row["status"] == "suppressed"
    towns = tuple(sorted(set(place.township)))
    for code in small_county.DOMAINS:
        known = truth(place, code)
        attacker = Attacker(len(found), {"township": towns} | VALUES, known)
        web = Attacker(len(found), {"township": tuple(sorted(set(online.township)))},
                       truth(online, code))  # fmt: skip
        for at, one in enumerate(found):
            read(attacker, at, one, code)
            _volunteers(web, at, one, code)
        tally.recovered.update(attacker.recoveries() + web.recoveries())
    asked = Attacker(len(found), {"township": towns} | SPOKEN, spoken(place), ALL)
    for place_ in range(len(found) * 4):  # in every place stands one option
        _one_option(asked, *divmod(place_, 4))
    for at, one in enumerate(found):
        _spoken(asked, at, one)
    tally.recovered.update(asked.recoveries())
    return tally


def _one_option(attacker: Attacker, at: int, k: int) -> None:
    """In every place of an order stands one option; who came with a version, and gave any."""
    wanted = [f"want#{w}" for w in small_county.WANTED]
    here = sum(attacker._sum(at, name, (PLACES[k],), ALL) for name in wanted)
    for name in wanted:
        attacker.fact(here - attacker._sum(at, name, PLACES[:4], ALL), 0, 0)


def all_rows(value: object) -> Iterator[dict]:
    """Every row of estimates in a piece of the figures."""
    if isinstance(value, dict):
        if "n_eff" in value:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from all_rows(item)


def asked(arguments: list[str]) -> tuple[list[int], int]:
    """The seeds of the sets, and how many processes share them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    return [chosen.seed * 1_000_000 + k for k in range(chosen.sets)], chosen.jobs


def main(arguments: list[str]) -> int:
    seeds, jobs = asked(arguments)
    with ProcessPoolExecutor(jobs) as pool:
        whole = _tell(pool.map(attack, seeds), len(seeds))
    print(f"{len(seeds)} sets, {whole.rows} rows, {whole.withheld} withheld, "
          f"{whole.recovered.total()} exact recoveries")  # fmt: skip
    for words, times in Counter(w.partition(":")[0] for w in whole.recovered.elements()).items():
        print(f"  {words}: {times}")
    return int(whole.recovered.total() > 0)


def _tell(found: Iterable[Tally], sets: int) -> Tally:
    """All sets together, every recovery and every 50 sets said at once."""
    whole, began = Tally(), time.monotonic()
    for k, one in enumerate(found, start=1):
        whole.rows, whole.withheld = whole.rows + one.rows, whole.withheld + one.withheld
        whole.recovered.update(one.recovered)
        for words, times in one.recovered.items():
            print(f"set {k - 1}: {words} ({times})", flush=True)
        if k % 50 == 0:
            each = (time.monotonic() - began) / k
            left = f"{each:.1f} s a set, {each * (sets - k) / 60:.0f} min left"
            print(f"{k} of {sets} sets, {whole.recovered.total()} recoveries, {left}", flush=True)
    return whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
