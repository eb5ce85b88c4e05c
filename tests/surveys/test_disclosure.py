"""Means that tell too much of one person. Referee: the p % rule by hand."""

import pytest

from surveys.core.disclosure import dominated


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100, 50, 9.9], True),  # the second knows the first to 9.9 %
        ([100, 50, 10], False),
        ([100, 1], True),  # two persons know each other
        ([-100, 1, 1], True),
        ([5] * 12, False),
        ([0, 0], False),
        ([], False),
    ],
)
def test_one_large_amount_among_small_ones_is_refused(values, expected):
    assert dominated(values) is expected
