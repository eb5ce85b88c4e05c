"""The full road through the intake gives the numbers of the in-memory study, weight by weight.

Referee: `analysis.demo.coverage`, which computes the same shares from the truth, without any
questionnaire, database or intake.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analysis.core import estimate, joined, rounding
from analysis.demo import coverage, loop, respondents, reviewing, sending, visits
from analysis.demo.stage import later, prepare
from analysis.services import freezing
from fieldwork.models import Review
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES, transaction=True)]
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def in_memory(stage, fielded):
    place = stage.place
    codes = [row.household.village.village.code for row in fielded.rows]
    index = {code: i for i, code in enumerate(place.village_code)}
    _, counts = np.unique(codes, return_counts=True)
    drawn = respondents.Drawn(
        woman=fielded.woman,
        village=np.array([index[code] for code in codes]),
        pi_psu=np.array([row.household.village.probability for row in fielded.rows]),
        drawn=np.repeat(counts, counts),
        listed=np.array([row.household.village.households_listed for row in fielded.rows]),
        eligible=place.household_women[place.woman_household[fielded.woman]],
    )
    weighted = coverage.weigh(place, drawn, fielded.answered)
    women = fielded.woman[fielded.answered]
    tables = {"need": stage.world.in_need, "joint": stage.world.joint}
    return weighted.design, {
        axis: estimate.share(weighted.design, truth[women].astype(float))
        for axis, truth in tables.items()
    }


def both_roads(seed, responses, volunteers=0):
    stage = prepare(seed, NOW, lambda text: None, honest=True)
    fielded = visits.interview(stage, loop.households(responses))
    sending.send(stage, sending.volunteers(stage, volunteers), "线上自填")
    reviewing.check(stage)
    version = freezing.freeze(stage.campaign, by="t", now=NOW)
    weights = [weight for weight, *_ in freezing.weights(stage.campaign, NOW).places.values()]
    design, tables = in_memory(stage, fielded)
    assert weights == pytest.approx(design.weights, rel=1e-8)
    return version, tables


def agree(version, tables):
    """The figures are what is printed of the exact numbers."""
    domains = version.figures["domains"]
    for axis, table in tables.items():
        for domain, exact in zip(domains, table.rows(), strict=True):
            row = domain[axis]
            if row["value"] is not None:
                printed = rounding.row(exact.row(), row["n"])
                assert row["value"] == pytest.approx(printed["value"], rel=1e-8)
                assert row["low"] == pytest.approx(printed["low"], rel=1e-7)
                assert row["high"] == pytest.approx(printed["high"], rel=1e-7)


def test_a_small_sample_agrees_through_the_full_intake():
    version, tables = both_roads(seed=3, responses=200, volunteers=57)
    assert sum(d["need"]["value"] is not None for d in version.figures["domains"]) >= 10
    agree(version, tables)
    may_be_joined_as_frozen_only(version.campaign)


def may_be_joined_as_frozen_only(campaign):
    """The bias gate decides while the answers are those of the version, and nobody afterwards."""
    with suppress(joined.Refused):
        freezing.join_samples(campaign, NOW)
    crowd = campaign.questionnaires.get(source="volunteer")
    one = crowd.reviews.filter(state="approved").first()
    Review.objects.filter(pk=one.pk).update(state="pending")
    with pytest.raises(freezing.CannotFreeze, match="有增减"):
        freezing.join_samples(campaign, NOW)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_full_sample_agrees_through_the_full_intake(seed):
    agree(*both_roads(seed=seed, responses=2400))


@pytest.mark.long
def test_the_next_round_is_frozen_with_what_changed_since():
    """Nothing changed in between, so hardly any of the 12 changes may be called certain."""
    stage = prepare(3, NOW, lambda text: None, honest=True)
    for one in (stage, later(stage, NOW + timedelta(days=364), 4)):
        visits.interview(one, loop.households(500))
        reviewing.check(one)
        version = freezing.freeze(one.campaign, by="t", now=NOW)
    change = version.figures["change"]
    assert len(set(change["villages"].values())) == 1  # all villages were kept
    assert change["since"]["round"] == stage.campaign.round
    rows = [d["joint"]["change"] for d in change["domains"]]
    told = [r for r in rows if r["value"] is not None]
    assert len(told) >= 8
    assert sum(r["low"] <= 0 <= r["high"] for r in told) >= len(told) - 2
    first = stage.campaign.data_versions.get().figures["domains"]
    for row, frozen in zip(change["domains"], first, strict=True):
        assert row["joint"]["before"] == frozen["joint"]
