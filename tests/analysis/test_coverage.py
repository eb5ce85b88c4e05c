"""The intervals against the known truth of the demonstration county (the referee)."""

import numpy as np
import pytest

from analysis.core import estimate
from analysis.demo import interval_study, rank_study
from analysis.demo.county import county
from analysis.demo.coverage import one_sample
from analysis.demo.truth import PLANTED, SHARES, truth


@pytest.fixture(scope="module")
def place():
    return county()


@pytest.fixture(scope="module")
def world(place):
    return truth(place)


def test_the_county_is_large_enough_and_always_the_same(place):
    assert len(place.age) > 30_000
    assert len(place.village_code) >= 280
    assert np.bincount(place.village_township).min() >= 35
    assert len(set(place.village_code)) == len(place.village_code)
    assert np.array_equal(place.age, county().age)


def test_the_truth_has_two_blocks_of_exact_ties(world):
    counts = world.in_need.sum(axis=0)
    assert counts[2] == counts[3] == counts[4]
    assert counts[7] == counts[8] == counts[9]
    assert counts / len(world.need) == pytest.approx(SHARES, abs=1e-4)


def test_every_township_has_ten_villages_and_none_more_than_its_share(place):
    weighted, women = one_sample(place, np.random.default_rng(1))
    villages = np.unique(place.woman_village[women])
    drawn = np.bincount(place.village_township[villages])
    assert drawn.min() >= 10
    assert len(villages) / len(place.village_code) <= 0.3
    assert weighted.design.weights.sum() == pytest.approx(len(place.age), rel=1e-6)


def test_a_few_samples_hold_the_truth_about_as_often_as_promised(place, world):
    """20 samples x 12 needs, expected 228 hits; villages correlate, so the window is wide."""
    done = interval_study.study(place, world, replications=20, seed=3)
    assert 0.90 <= done.rate(("county", "need", "logit")).value <= 0.99
    assert np.all(np.abs(done.bias["need"]) < 0.02)
    assert done.bias["volunteers"].mean() > 0.1
    assert done.hits["township", "joint", "beta"].shape == (20, 12 * 8)


def test_ranks_hold_in_every_planted_truth_where_the_bootstrap_does_not(place):
    worlds = {name: truth(place, shares=shares) for name, shares in PLANTED.items()}
    found = rank_study.study(place, worlds, replications=8, seed=5)
    assert all(found[name, "published"].joint.sum() >= 7 for name in PLANTED)
    assert found["equal", "bootstrap"].joint.sum() <= 4


def test_tied_needs_share_the_span_of_their_tie():
    low, high = rank_study.true_ranks(np.array([0.4, 0.2, 0.4, 0.1]))
    assert low.tolist() == [1, 3, 1, 4]
    assert high.tolist() == [2, 3, 2, 4]


def test_a_logit_interval_stays_inside_zero_and_one(place, world):
    weighted, women = one_sample(place, np.random.default_rng(5))
    low, high = estimate.share(weighted.design, world.joint[women].astype(float)).interval()
    assert np.all((low > 0) & (high < 1))


@pytest.mark.long
def test_coverage_over_200_samples(place, world):
    """Windows: pooled 93-97 %, each need 180-198 hits of 200."""
    done = interval_study.study(place, world, replications=200, seed=20261123)
    assert 0.93 <= done.rate(("county", "need", "logit")).value <= 0.97
    each = done.each("need")
    assert np.all((each >= 180) & (each <= 198))


@pytest.mark.long
def test_joint_coverage_of_ranks_over_200_samples(place):
    """936 of 1,000 is 95 % less two Monte-Carlo errors; of 200 the same rule asks for 184."""
    worlds = {name: truth(place, shares=shares) for name, shares in PLANTED.items()}
    found = rank_study.study(place, worlds, replications=200, seed=20261123)
    assert all(found[name, "published"].joint.sum() >= 184 for name in PLANTED)
