"""Lights follow from dates alone; the rule is restated here as an independent table."""

from datetime import date, timedelta
from itertools import product

import pytest

from analysis.core import lights

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
LOOKS = {
    "已销号": ("✓", "grey"),
    "已逾期": ("■", "red"),
    "临近时限": ("▲", "blue"),
    "进度偏慢": ("◆", "yellow"),
    "正常推进": ("●", "green"),
}


def word(state="moving", deadline=100, last=-1, opened=-10):
    """Days counted from today; last None: nothing reported yet."""
    light = lights.light(
        state,
        TODAY + deadline * DAY,
        None if last is None else TODAY + last * DAY,
        TODAY,
        opened_on=TODAY + opened * DAY,
    )
    assert (light["shape"], light["colour"]) == LOOKS[light["word"]]
    return light["word"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deadline": -1}, "已逾期"),
        ({"deadline": 0}, "临近时限"),
        ({"deadline": 7}, "临近时限"),
        ({"deadline": 8}, "正常推进"),
        ({"last": -29, "opened": -60}, "正常推进"),
        ({"last": -30, "opened": -60}, "进度偏慢"),
        ({"last": None, "opened": -10, "deadline": 10}, "正常推进"),
        ({"last": None, "opened": -11, "deadline": 10}, "进度偏慢"),
        ({"last": None, "opened": -29, "deadline": 300}, "正常推进"),
        ({"last": None, "opened": -30, "deadline": 300}, "进度偏慢"),
        ({"last": None, "opened": -20, "deadline": 10, "state": "new"}, "进度偏慢"),
        ({"last": -40, "opened": -60, "state": "checking"}, "正常推进"),
        ({"deadline": -1, "state": "checking"}, "已逾期"),
        ({"deadline": -30, "state": "closed"}, "已销号"),
    ],
)
def test_a_date_gives_its_light(given, said):
    assert word(**given) == said


def test_every_combination_has_exactly_the_light_of_its_dates():
    days = (-40, -30, -8, -1, 0, 1, 7, 8, 60)
    for state, deadline, last in product(("new", "moving", "checking", "closed"), days,
                                         (None, -40, -30, -1, 0)):  # fmt: skip
        said = word(state, deadline, last, opened=-45)
        assert (said == "已销号") == (state == "closed")
        assert (said == "已逾期") == (state != "closed" and deadline < 0)
        assert (said == "临近时限") == (state != "closed" and 0 <= deadline <= 7)
        silent = last is None or last <= -30
        slow = state in ("new", "moving") and deadline > 7 and silent
        assert (said == "进度偏慢") == slow


def test_a_light_never_gets_better_by_waiting():
    order = ["正常推进", "进度偏慢", "临近时限", "已逾期"]
    opened, deadline = TODAY, TODAY + 60 * DAY
    seen = [
        lights.light("moving", deadline, None, TODAY + n * DAY, opened_on=opened)["word"]
        for n in range(70)
    ]
    assert seen == sorted(seen, key=order.index)
    assert set(seen) == set(order)


@pytest.mark.parametrize(
    ("state", "days", "said"),
    [("moving", 5, "还有 5 天"), ("moving", 0, "今天到期"), ("new", -6, "逾期 6 天"),
     ("closed", -6, "")],
)  # fmt: skip
def test_what_the_deadline_means_today(state, days, said):
    assert lights.remaining(state, TODAY + days * DAY, TODAY) == said
