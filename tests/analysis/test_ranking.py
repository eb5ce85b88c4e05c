"""Rank sets. Referee: the truth itself, in simulations with a fixed seed, and plain arithmetic."""

import numpy as np
import pytest

from analysis.core.ranking import best_set, rank_sets


def test_far_apart_values_have_one_rank_each():
    found = rank_sets([0.5, 0.3, 0.1], np.eye(3) * 1e-6)
    assert list(zip(found.low, found.high, strict=True)) == [(1, 1), (2, 2), (3, 3)]
    assert found.tier(1) == ["confirmed", "rest", "rest"]


def test_equal_values_may_have_any_rank():
    found = rank_sets([0.3, 0.3, 0.3], np.eye(3) * 1e-4)
    assert set(found.low) == {1}
    assert set(found.high) == {3}
    assert found.tier(2) == ["possible"] * 3


def test_a_singular_covariance_is_handled():
    ones = np.ones((3, 3)) * 1e-4  # all errors move together: every difference is known exactly
    found = rank_sets([0.5, 0.3, 0.1], ones)
    assert list(found.low) == [1, 2, 3]


def test_few_degrees_of_freedom_widen_the_sets():
    x, s = [0.50, 0.44, 0.38], np.eye(3) * 0.0002
    wide, narrow = rank_sets(x, s, df=4), rank_sets(x, s)
    assert (wide.high - wide.low).sum() > (narrow.high - narrow.low).sum()


def test_the_same_seed_gives_the_same_sets():
    x, s = np.linspace(0.1, 0.5, 12), np.eye(12) * 0.0004
    one, two = rank_sets(x, s), rank_sets(x, s)
    assert list(one.low) == list(two.low)
    assert list(one.high) == list(two.high)


def test_the_best_set_holds_every_possible_leader():
    members = best_set([0.5, 0.49, 0.2, 0.1], np.eye(4) * 1e-4, 1)
    assert list(members) == [True, True, False, False]


def test_missing_estimates_are_refused():
    with pytest.raises(ValueError, match="finite"):
        rank_sets([0.5, np.nan], np.eye(2))


@pytest.mark.parametrize("truth", ["spread", "blocks", "equal"])
def test_all_true_ranks_are_covered_together(truth):
    """Joint coverage at 95 % over 200 draws: below 180 has probability < 0.2 % (binomial)."""
    values = {
        "spread": np.linspace(0.1, 0.5, 12),
        "blocks": np.repeat([0.2, 0.3, 0.4], 4),
        "equal": np.full(12, 0.3),
    }[truth]
    rng, s = np.random.default_rng(5), np.eye(12) * 0.02**2
    low_rank = 1 + (values[None, :] > values[:, None]).sum(axis=1)
    high_rank = 12 - (values[None, :] < values[:, None]).sum(axis=1)
    hits = 0
    for _ in range(200):
        found = rank_sets(values + rng.normal(0, 0.02, 12), s, draws=4000)
        hits += bool(np.all(found.low <= low_rank) and np.all(found.high >= high_rank))
    assert hits >= 180
