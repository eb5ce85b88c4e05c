"""What the figures hold back: partitions, releases that lie too close, few domains."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from analysis.core import cuts, gate
from analysis.core.design import Design
from analysis.core.estimate import share

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"


def row(value, status="ok"):
    return {"value": value, "se": 0.01, "low": 0.1, "high": 0.3, "deff": 1.0, "n": 99,
            "status": status, "reason": ""}  # fmt: skip


def test_a_lone_withheld_class_takes_the_smallest_other_with_it():
    rows = [row(0.2), row(None, "suppressed"), row(0.3), row(0.4)]
    done = gate.partition(rows, [40, 4, 15, 60])
    assert [r["status"] for r in done] == ["ok", "suppressed", "suppressed", "ok"]
    assert done[2]["value"] is None
    assert done[2]["low"] is None


def test_nothing_is_withheld_where_every_class_is_large():
    rows = [row(0.2), row(0.3)]
    assert gate.partition(rows, [40, 50]) == rows


def test_two_small_classes_that_their_sum_gives_away_take_a_third():
    rows = [row(None, "suppressed"), row(None, "suppressed"), row(0.3), row(0.4)]
    done = gate.partition(rows, [1, 1, 15, 60])
    assert [r["status"] for r in done] == ["suppressed", "suppressed", "suppressed", "ok"]


@pytest.fixture(scope="module")
def figures():
    return json.loads(EXAMPLE.read_text("utf-8"))


def test_a_release_that_differs_by_a_few_persons_is_refused(figures):
    now = copy.deepcopy(figures)
    now["sample"]["n"] += 3
    with pytest.raises(gate.TooClose, match="相差不足10份"):
        gate.against_earlier(now, [figures])
    now["sample"]["n"] += 60
    assert gate.against_earlier(now, [figures]) == now


def test_a_township_that_differs_by_a_few_persons_is_blanked_and_another_with_it(figures):
    now = copy.deepcopy(figures)
    now["townships"][0]["n"] += 2
    now["sample"]["n"] += 40
    done = gate.against_earlier(now, [figures])
    blank = [t for t in done["townships"] if t["n"] is None]
    assert len(blank) == 2
    assert done["townships"][0] in blank
    assert all(d["need"]["value"] is None for t in blank for d in t["domains"])


def test_a_class_of_a_background_question_is_held_against_earlier_releases(figures):
    now = copy.deepcopy(figures)
    now["sample"]["n"] += 40
    now["breakdowns"][0]["rows"][1]["n"] += 3
    done = gate.against_earlier(now, [figures])["breakdowns"]
    assert [r["n"] is None for r in done[0]["rows"]] == [False, True, False, True]
    assert done[1:] == now["breakdowns"][1:]


def test_one_more_volunteer_would_be_known_by_her_answers(figures):
    now = copy.deepcopy(figures)
    now["sample"]["n"] += 40
    now["volunteers"]["n"] += 1
    done = gate.against_earlier(now, [figures])["volunteers"]
    assert {d["share"] for d in done["domains"]} == {None}


def test_volunteers_who_came_since_and_nearly_all_agree_are_not_told(figures):
    now = copy.deepcopy(figures)
    now["sample"]["n"] += 40
    now["volunteers"]["n"] += 20
    first, second = now["volunteers"]["domains"][:2]
    for row_, more in ((first, 19), (second, 10)):
        yes = round(row_["share"] * row_["n"]) + more
        row_["n"] += 20
        row_["share"] = yes / row_["n"]
    done = gate.against_earlier(now, [figures])["volunteers"]["domains"]
    assert done[0]["share"] is None
    assert done[1]["share"] == second["share"]


@pytest.mark.parametrize(("domains", "expected"), [(1, 1), (2, 1), (3, 2), (7, 3), (12, 3)])
def test_leading_places_are_fewer_than_the_domains(domains, expected):
    assert cuts.top_count(domains) == expected


def test_a_domain_without_answers_may_stand_anywhere():
    y = np.tile([[1.0, 0.0, np.nan], [1.0, 1.0, np.nan], [1.0, 0.0, np.nan], [0.0, 0.0, np.nan]],
                (50, 1))  # fmt: skip
    design = Design.declare(weights=np.ones(200), strata=np.zeros(200), ids=[np.arange(200) // 4])
    sets = cuts.ranks(share(design, y))
    assert (sets.low[2], sets.high[2]) == (1, 3)
    assert sets.low[0] == 1
    assert sets.high[0] <= 2
