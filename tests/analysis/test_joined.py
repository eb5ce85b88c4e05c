"""Errors of the joined estimates. Referees: the linearised error and a bootstrap by hand."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.core import estimate, joined, needs, weights
from analysis.core.cuts import Official
from analysis.core.design import Design
from analysis.core.resample import bootstrap_multipliers
from tests import small_county

TOWNS, VILLAGES, PER = 6, 5, 20
POPULATION = {"a": 3600.0, "b": 3600.0}


def county(seed):
    """Need hangs on schooling, schooling on the village: weights met to schooling tell much."""
    rng = np.random.default_rng(seed)
    town = np.repeat(np.arange(TOWNS), VILLAGES * PER)
    village = np.repeat(np.arange(TOWNS * VILLAGES), PER)
    lettered = rng.random(len(town)) < rng.beta(1, 1, TOWNS * VILLAGES)[village]
    texts = {"school": np.where(lettered, "a", "b")}
    for code in ("01", "02"):
        needy = rng.random(len(town)) < np.where(lettered, 0.75, 0.1)
        texts |= {f"need_{code}": np.where(needy, "3", "0")}
        texts |= {f"{axis}_{code}": np.full(len(town), "") for axis in ("urgent", "wish")}
    texts |= {"first": np.full(len(town), "01"), "group": np.full(len(town), "x")}
    names = np.char.add("t", town.astype(str)), np.char.add("v", village.astype(str))
    none = np.zeros(len(town), dtype=bool)
    return small_county.Small(texts, *names, none, none).columns(~none)


@pytest.fixture(scope="module")
def sample():
    """Columns, the design before calibration and the weighted sample."""
    columns = county(1)
    base = Design.declare(
        weights=np.full(columns.n, 12.0), strata=columns.keys["township"],
        ids=[columns.keys["psu"]],
    )  # fmt: skip
    margins = [("学历", columns.texts["school"], POPULATION)]
    return columns, base, weights.calibrate_sample(base, margins)


@pytest.fixture(scope="module")
def done(sample):
    columns, _, weighted = sample
    official = Official(columns, weighted.design, small_county.definition(), {}, 2026)
    return joined.join(official, weighted, small_county.definition(), county(2))


def test_the_sample_keeps_the_error_it_has_alone(sample, done):
    """Referee: residuals of the regression on the margins, by villages. Without calibrating each
    replicate the error comes out 2.5 times as large."""
    columns, _, weighted = sample
    found = needs.indicators(needs.plan(small_county.definition()), columns)
    alone = estimate.share(weighted.design, found.need)
    assert done.official == pytest.approx(alone.values, rel=1e-12)
    assert done.official_se == pytest.approx(alone.se, rel=0.15)


def test_every_replicate_is_the_share_of_weights_met_by_hand(sample, done):
    """Referee: villages redrawn, then each school's weight scaled to its women."""
    columns, base, _ = sample
    factors = bootstrap_multipliers(base, joined.REPLICATES, seed=joined.SEED)
    school = columns.texts["school"]
    shares = []
    for drawn in factors[base.stages[0].unit[base.leaf]].T:
        met = 12.0 * drawn
        for name, women in POPULATION.items():
            met[school == name] *= women / met[school == name].sum()
        shares.append(met @ (columns.texts["need_01"] == "3") / met.sum())
    assert done.official_se[0] == pytest.approx(np.std(shares, ddof=1), rel=1e-9)


def test_base_and_degrees_of_freedom_travel_along(done):
    assert list(done.n) == list(done.crowd_n) == [TOWNS * VILLAGES * PER] * 2
    assert list(done.df) == [TOWNS * VILLAGES - TOWNS] * 2


@pytest.mark.parametrize(("every", "refused"), [(50, False), (10, True)])
def test_few_draws_that_cannot_meet_the_margins_are_left_out(sample, monkeypatch, every, refused):
    columns, _, weighted = sample
    official = Official(columns, weighted.design, small_county.definition(), {}, 2026)
    asked = iter(range(joined.REPLICATES))

    def recalibrated(*given):
        if next(asked) % every == 0:
            raise weights.CalibrationFailed("没有解")
        return weights.recalibrated(*given)

    monkeypatch.setattr(joined, "recalibrated", recalibrated)
    args = official, weighted, small_county.definition(), county(2)
    if refused:
        with pytest.raises(joined.Refused, match="200次整村重抽样里有20次"):
            joined.join(*args)
    else:
        assert np.isfinite(joined.join(*args).official_se).all()


def test_a_stratum_with_one_village_is_refused_in_words(sample):
    columns, _, weighted = sample
    lonely = Design.declare(
        weights=weighted.adjusted, strata=columns.keys["psu"], ids=[columns.keys["psu"]]
    )
    official = Official(columns, weighted.design, small_county.definition(), {}, 2026)
    with pytest.raises(joined.Refused, match="只有一个抽中的村"):
        joined.join(
            official, replace(weighted, design=lonely), small_county.definition(), county(2)
        )


# -- calibrated again --------------------------------------------------------------------------


def test_weights_multiplied_by_one_are_the_same_again(sample):
    weighted = sample[2]
    again = weights.recalibrated(weighted, np.ones(weighted.design.n))
    assert again == pytest.approx(weighted.design.weights, rel=1e-9)


def test_a_cell_left_empty_joins_its_neighbour_and_the_margins_hold(sample):
    columns, base, _ = sample
    towns = {f"t{k}": 1200.0 for k in range(TOWNS)}
    margins = [("学历", columns.texts["school"], POPULATION),
               ("乡镇", columns.keys["township"], towns)]  # fmt: skip
    weighted = weights.calibrate_sample(base, margins)
    gone = columns.keys["township"] == "t0"
    again = weights.recalibrated(weighted, np.where(gone, 0.0, 1.0))
    assert again[gone].sum() == 0
    assert again[columns.keys["township"] == "t1"].sum() == pytest.approx(2400, rel=1e-6)
    assert again[columns.texts["school"] == "a"].sum() == pytest.approx(3600, rel=1e-6)
