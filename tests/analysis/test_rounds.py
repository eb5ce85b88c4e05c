"""Change between rounds. Referees: the pooled design (itself judged by R), hand-written formulas,

and the demonstration county, whose truth is changed by a known amount between two rounds."""

import numpy as np
import pytest

from analysis.core import compare, estimate, rounds
from analysis.core.design import Design


def a_round(rng, villages, *, fpc=None, base=0.4):
    """30 women in each village of two townships; a village keeps its own level over the years."""
    code = np.repeat(villages, 30)
    level = np.array([(sum(map(ord, v)) * 37 % 97) / 400 for v in villages])
    y = (rng.random(len(code)) < np.repeat(base + level, 30)).astype(float)
    township = np.array([str(v)[0] for v in code], dtype=object)
    extra = {} if fpc is None else {"fpc": [np.full(len(code), fpc)], "pps": True}
    design = Design.declare(
        weights=rng.uniform(1, 3, len(code)), strata=township, ids=[code], **extra
    )
    return rounds.Round(design, code.astype(object), township), y


VILLAGES = [f"{t}{v:02}" for t in "AB" for v in range(8)]


def pooled(one, two, y1, y2, **declared):
    """One design of both rounds' rows, the rounds being its domains."""
    design = Design.declare(
        weights=np.concatenate([one.design.weights, two.design.weights]),
        strata=np.concatenate([one.township, two.township]),
        ids=[np.concatenate([one.village, two.village])], **declared,
    )  # fmt: skip
    early = np.arange(design.n) < one.design.n
    return estimate.by_group(design, np.concatenate([y1, y2]), [early, ~early], statistic="share")


@pytest.mark.parametrize("fraction", [None, 0.25])
def test_kept_villages_give_the_covariance_of_the_pooled_design(fraction):
    rng = np.random.default_rng(1)
    one, y1 = a_round(rng, VILLAGES, fpc=fraction)
    two, y2 = a_round(rng, VILLAGES, fpc=fraction, base=0.3)
    rows = 2 * len(y1)
    declared = {} if fraction is None else {"fpc": [np.full(rows, fraction)], "pps": True}
    found, referee = rounds.together(one, two, y1, y2), pooled(one, two, y1, y2, **declared)
    assert found.values == pytest.approx(referee.values, rel=1e-12)
    assert found.covariance == pytest.approx(referee.covariance, rel=1e-10)
    assert found.covariance[0, 1] > 0
    change = compare.contrast(found, [-1, 1])
    assert change.se < np.sqrt(found.se @ found.se)


def test_other_villages_are_independent():
    rng = np.random.default_rng(2)
    one, y1 = a_round(rng, VILLAGES)
    two, y2 = a_round(rng, [f"{v}x" for v in VILLAGES])
    found = rounds.together(one, two, y1, y2)
    assert found.covariance[0, 1] == 0
    assert rounds.shared(one, two) == {"before": 16, "after": 16, "both": 0}


def test_part_of_the_villages_enters_by_the_formula():
    """Written out for one township: 6 of 8 villages kept, fraction 0.25 (Tam's factor)."""
    rng = np.random.default_rng(3)
    names = [f"A{v:02}" for v in range(10)]
    one, y1 = a_round(rng, names[:8], fpc=0.25)
    two, y2 = a_round(rng, names[2:], fpc=0.25)
    found = rounds.together(one, two, y1, y2)

    def sums(part, y):
        w = part.design.weights
        scores = w * (y - w @ y / w.sum()) / w.sum()
        return {v: scores[part.village == v].sum() for v in names}

    first, second = sums(one, y1), sums(two, y2)
    z1, z2 = (np.array([z[v] for v in names[2:8]]) for z in (first, second))
    expected = (1 - 0.25 * 8 / 6) * 6 / 5 * ((z1 - z1.mean()) @ (z2 - z2.mean()))
    assert found.covariance[0, 1] == pytest.approx(expected, rel=1e-12)


def test_a_certain_village_shares_no_first_stage_variance():
    rng = np.random.default_rng(4)
    parts = []
    for _ in range(2):
        code = np.repeat(VILLAGES, 30)
        pi = np.where(np.isin(code, VILLAGES[:2]), 1.0, 0.3)
        y = (rng.random(len(code)) < 0.4).astype(float)
        township = np.array([v[0] for v in code], dtype=object)
        design = Design.declare(
            weights=1 / pi, strata=township, ids=[code, np.arange(len(code))],
            fpc=[pi, np.full(len(code), 0.2)], pps=True,
        )  # fmt: skip
        parts.append((rounds.Round(design, code.astype(object), township), y))
    villages = rounds._villages(*parts[0])
    assert list(villages.fraction[:3]) == [1.0, 1.0, 0.3]


def test_chosen_for_being_large_falls_back_by_the_share_of_error():
    """Five shares, error variance 1/4 of the variance between them: a quarter of the distance."""
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    error = np.full(5, np.sqrt(values.var(ddof=1) / 4))
    found = rounds.fallback(values, error)
    assert found == pytest.approx((values - 0.3) / 4, rel=1e-12)
    assert np.isnan(rounds.fallback(values[:2], error[:2])).all()
