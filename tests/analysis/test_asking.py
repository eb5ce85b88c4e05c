"""Rows beside the ledger: what was printed before is known, and stays so. Referee: the counts."""

from analysis.core import gate, items
from analysis.core.crossing import Crossing
from analysis.core.items import ALL, Item

GROUPS = ("in",) * 145 + ("out",) * 2000
ANSWERS = ("1",) * 30 + ("0",) * 114 + ("rest",) + ("1",) * 270 + ("0",) * 1715 + ("rest",) * 15


def people():
    found = Crossing(len(GROUPS))
    found.add("g", GROUPS, ("in", "out"))
    found.add("need", ANSWERS, ("0", "1", "rest"))
    return found


def row(yes, n):
    return {"value": yes / n, "se": 0.01, "low": 0.0, "high": 1.0, "n": n, "deff": 1.2,
            "n_eff": n / 1.2, "df": 30, "status": "ok", "reason": ""}  # fmt: skip


def item(estimate, where=ALL):
    yes, no, lack = (items.is_("need", value) | where for value in ("1", "0", "rest"))
    return Item(estimate, where, items.is_("need", "0|1") | where, yes, no, lack)


def asked():
    return [item(row(300, 2129)), item(row(30, 144), items.is_("g", "in")),
            item(row(270, 1985), items.is_("g", "out"))]  # fmt: skip


def test_a_class_withheld_now_takes_nothing_with_it_that_was_printed_before():
    """That one woman of the class gave no answer is known as "fewer than ten", not as one."""
    door = gate.Release()
    before = asked()[:2]
    gate.rows(before, people(), door)
    assert [one.row["n"] for one in before] == [2135, 140]
    again = asked()
    again[1].row.update(gate.withheld(again[1].row) | {"n": None})
    gate.rows(again, people(), door)
    whole, inside, outside = (one.row for one in again)
    assert whole == before[0].row
    assert (inside["value"], inside["n"]) == (None, None)
    assert (outside["value"], outside["n"]) == (0.136, 1990)


def test_a_class_of_which_nothing_was_told_keeps_its_size_to_itself():
    """The size of a township is exact: beside it, what it leaves for the others is known too."""
    found = Crossing(337)
    towns = ("a",) * 293 + ("b",) * 41 + ("c",) * 3
    found.add("township", towns, ("a", "b", "c"))
    found.add("need", ("0", "1") * 168 + ("0",), ("0", "1", "rest"))
    rows = [item(row(147, 293), items.is_("township", "a")),
            item(row(20, 41), items.is_("township", "b"))]  # fmt: skip
    gate.rows([item(row(168, 337)), *rows], found, gate.Release())
    assert None in [one.row["n"] for one in rows]
