"""Means of amounts, in steps that hide one woman's. Referees: the attacker of means, plain sums."""

import numpy as np
import pytest

from analysis.core import rounding
from tests import means_attack

ROW = {"value": 123.456, "se": 3.21, "low": 117.0, "high": 130.0, "n": 240, "n_eff": 187.3,
       "df": 20, "deff": 1.284, "status": "ok", "reason": ""}  # fmt: skip


@pytest.mark.parametrize(("largest", "expected"), [(0, 0), (11, 20), (20, 20), (999_999, 1e6)])
def test_the_reach_is_no_nearer_to_the_largest_amount_than_the_next_of_1_2_5(largest, expected):
    assert rounding.reach([0.0, -largest / 2, largest, np.nan]) == pytest.approx(expected)


@pytest.mark.parametrize("n", [30, 39, 100, 290, 2300])
@pytest.mark.parametrize("amount", [1.0, 12.0, 4_000.0, 750_000.0])
def test_one_step_of_the_mean_is_more_than_any_one_womans_amount(amount, n):
    reach = rounding.reach([amount])
    assert rounding.amount_step(reach, n) * n > amount


def test_an_error_is_never_printed_smaller_and_the_interval_follows_from_what_is_printed():
    found = rounding.amounts(ROW, 240, 500.0)
    assert rounding.amount_step(500.0, 240) == 5
    assert (found["value"], found["se"]) == (125, 5)
    assert found["high"] - 125 == pytest.approx(125 - found["low"])
    assert found["high"] - 125 > 1.96 * 5
    assert (found["n_eff"], found["deff"]) == (180, 1.3)


def test_means_without_rounding_give_amounts_away(monkeypatch):
    monkeypatch.setattr(rounding, "amounts", lambda row, n, reach: {**row, "n": n})
    assert means_attack.attack(1_000_003)


def test_the_attacker_tells_no_amount_from_rounded_means():
    assert [means_attack.attack(1_000_000 + k) for k in (0, 1, 3)] == [[], [], []]


@pytest.mark.long
def test_the_attacker_tells_no_amount_from_two_hundred_counties():
    assert [words for k in range(200) for words in means_attack.attack(2_000_000 + k)] == []
