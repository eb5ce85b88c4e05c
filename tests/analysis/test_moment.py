"""Where in the ledger's time women stand who are still there. Referee: who holds whom."""

import pytest

from analysis.core import moment

FIRST, SECOND = 1_000, 2_000


def test_who_is_still_there_stands_before_the_version():
    assert moment.of(FIRST, [FIRST], []) == FIRST
    assert moment.of(FIRST, [FIRST], [1_200] * 12) == FIRST - 12
    # between two versions: all of the first are taken to be in the second, and in what is left
    assert FIRST < moment.of(SECOND, [FIRST, SECOND], [2_100] * 12) < SECOND


def test_an_older_version_does_not_follow_when_women_left_after_the_newer_one():
    assert moment.of(FIRST, [FIRST, SECOND], [1_500] * 12) == FIRST - 12
    with pytest.raises(moment.Overtaken):
        moment.of(FIRST, [FIRST, SECOND], [1_500, 2_500])


def test_so_many_left_that_the_version_before_is_reached():
    assert moment.of(1_005, [FIRST, 1_005], [1_006] * 5) is None
