"""Smallest cells by level and data class. Referee: the analysis contract, 10 persons at least."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.core import figures, thresholds
from analysis.core.export import anonymity
from analysis.core.thresholds import CELLS, THRESHOLDS, TOWNSHIP, VILLAGE
from surveys.core import disclosure
from tests import small_county


@pytest.mark.parametrize("key", CELLS)
def test_no_level_or_class_goes_below_the_contract(key):
    found = thresholds.cell(*key)
    assert found is None or found >= 10


def test_a_village_shows_nothing_of_sensitive_answers():
    assert thresholds.cell(VILLAGE, "L4") is None
    assert thresholds.cell(VILLAGE, "L5") is None
    assert thresholds.cell(VILLAGE, "L3") == 10


def test_records_tables_and_ledger_know_one_floor():
    assert THRESHOLDS.cell == disclosure.FLOOR == 10
    nine = anonymity.judge({("a",): 9})
    assert nine.of(("a",)) == {0}
    assert anonymity.judge({("a",): 10}).of(("a",)) == frozenset()


def _classed(data_class):
    plain = small_county.definition()
    children = tuple(
        replace(q, properties={**q.properties, "class": data_class})
        if q.properties.get("domain") == "01" else q
        for q in plain.children
    )  # fmt: skip
    return replace(plain, children=children)


def test_a_sensitive_need_asks_for_more_persons_in_a_township():
    place = small_county.small(np.random.default_rng(11), people=500)
    shown = {}
    for data_class in ("L3", "L4"):
        official = replace(place.official(np.ones(500, bool)), definition=_classed(data_class))
        found = figures.build(official, None, {}, {}, {})
        rows = [d["need"] for t in found["townships"] for d in t["domains"] if d["code"] == "01"]
        shown[data_class] = [row["value"] for row in rows if row["value"] is not None]
    smallest = thresholds.cell(TOWNSHIP, "L4")
    assert smallest == 20
    assert len(shown["L4"]) < len(shown["L3"])
