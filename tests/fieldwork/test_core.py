"""Sampling, areas, outcomes and quality checks of the middle floor."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwork.core import areas, quality, sampling
from fieldwork.core.areas import Level
from fieldwork.core.outcomes import Disposition, response_rate


def test_villages_are_drawn_as_often_as_their_probability_says():
    """Referee: the binomial spread of 4,000 draws around pi_i = n size_i / sum (5 sigma)."""
    sizes, n, rounds = np.array([5, 10, 20, 40, 15, 30, 25, 55]), 3, 4000
    rng = np.random.default_rng(1)
    hits = np.zeros(len(sizes))
    for _ in range(rounds):
        drawn = sampling.draw_pps(sizes, n, rng)
        assert len(set(drawn.index)) == n
        hits[drawn.index] += 1
    pi = n * sizes / sizes.sum()
    assert np.all(np.abs(hits / rounds - pi) < 5 * np.sqrt(pi * (1 - pi) / rounds))


def test_a_village_too_large_for_the_interval_is_certain():
    pi = sampling.inclusion([100, 10, 10, 10], 2)
    assert pi == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])
    for seed in range(20):
        assert 0 in sampling.draw_pps([100, 10, 10, 10], 2, np.random.default_rng(seed)).index


@given(
    st.lists(st.integers(1, 1000), min_size=3, max_size=40), st.data(), st.integers(0, 2**32 - 1)
)
def test_every_draw_has_its_size_and_probabilities_that_add_up(sizes, data, seed):
    n = data.draw(st.integers(1, len(sizes)))
    assert sampling.inclusion(sizes, n).sum() == pytest.approx(n)
    drawn = sampling.draw_pps(sizes, n, np.random.default_rng(seed))
    assert len(np.unique(drawn.index)) == n
    assert np.all((drawn.probability > 0) & (drawn.probability <= 1))


def test_the_same_seed_draws_the_same_sample():
    sizes, strata = np.arange(1, 41), np.repeat(["a", "b"], 20)
    one, two = (
        sampling.draw_stratified(sizes, strata, {"a": 5, "b": 6}, np.random.default_rng(7))
        for _ in range(2)
    )
    assert list(one.index) == list(two.index)
    assert (strata[one.index] == "b").sum() == 6


def test_a_panel_estimates_todays_total_without_bias():
    """Referee: the exact mean over all samples of 2 of 4 villages, drawn with equal probability."""
    last, codes = ["a", "b", "c", "d"], ["b", "c", "d", "new"]
    today = {"b": 20.0, "c": 30.0, "d": 50.0, "new": 7.0}
    found = []
    for pair in itertools.combinations(last, 2):
        drawn = sampling.keep_villages(codes, last, dict.fromkeys(pair, 0.5))
        values = np.array([today[codes[i]] for i in drawn.index])
        found.append((values / drawn.probability).sum())
    assert np.mean(found) == pytest.approx(sum(today.values()))


def test_one_woman_is_drawn_evenly_from_each_household():
    """Referee: each of three women a third of the time, 6,000 draws, 5 sigma."""
    order = sampling.draw_one(np.full(6000, 3), np.random.default_rng(3))
    shares = np.bincount(order, minlength=3) / 6000
    assert np.all(np.abs(shares - 1 / 3) < 5 * np.sqrt(2 / 9 / 6000))


def test_allocation_gives_everyone_the_minimum_and_uses_all():
    given_units = sampling.allocate({"a": 10, "b": 100, "c": 1000}, 40, 10)
    assert sum(given_units.values()) == 40
    assert min(given_units.values()) >= 10
    assert given_units["c"] > given_units["a"]


CODES = st.tuples(
    st.integers(11, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 999),
    st.integers(0, 999),
)  # fmt: skip


@given(CODES)
def test_an_area_lies_in_all_its_ancestors_and_its_level_is_one_below(parts):
    code = "".join(f"{p:0{w}}" for p, w in zip(parts, (2, 2, 2, 3, 3), strict=True))
    if not areas.is_code(code):
        return
    while areas.level(code) > Level.PROVINCE:
        above = areas.parent(code)
        assert areas.contains(above, code)
        assert not areas.contains(code, above)
        assert areas.level(above) < areas.level(code)
        code = above


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("990101000000", True),
        ("990101001002", True),
        ("990100001000", False),
        ("99010100000", False),
        ("000101001002", False),
        ("99010100000x", False),
    ],
)
def test_codes_are_twelve_digits_without_gaps(code, good):
    assert areas.is_code(code) is good


def test_a_county_contains_its_villages_and_not_the_neighbours():
    assert areas.contains("990101000000", "990101003004")
    assert not areas.contains("990101000000", "990102003004")
    assert not areas.contains("990101003000", "990101030004")


def test_response_rate_counts_unknown_households_by_the_share_of_eligible():
    """Referee: AAPOR RR3 by hand. 60/(60+20+10+0.9*10) with e = 90/100."""
    outcomes = (["complete"] * 60 + ["refused"] * 20 + ["no_contact"] * 10
                + ["not_eligible"] * 10 + ["unknown"] * 10)  # fmt: skip
    found = response_rate(outcomes)
    assert found.eligibility == pytest.approx(0.9)
    assert found.value == pytest.approx(60 / 99)
    assert Disposition("complete").label == "完成"


def test_flags_point_at_the_interviews_that_need_a_look():
    rng = np.random.default_rng(2)
    scales = rng.integers(0, 4, (30, 12)).astype(float)
    scales[0] = 2
    batch = quality.Batch(
        scales, np.where(np.arange(30) == 1, 100.0, 1000.0), ["甲"] * 30, np.arange(30) == 2
    )
    found = quality.flags(batch)
    assert found[0] == ["straight_line"]
    assert found[1] == ["too_fast"]
    assert found[2] == ["others_present"]


def test_an_inventing_interviewer_shows_as_near_duplicates():
    rng = np.random.default_rng(2)
    scales = rng.integers(0, 4, (20, 12)).astype(float)
    scales[10:] = scales[10]
    names = ["甲"] * 10 + ["乙"] * 10
    batch = quality.Batch(scales, np.full(20, np.nan), names, np.zeros(20, dtype=bool))
    found = quality.flags(batch)
    assert not any("near_duplicate" in row for row in found[:10])
    assert all("near_duplicate" in row for row in found[10:])
