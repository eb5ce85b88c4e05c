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
