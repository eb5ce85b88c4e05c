"""Ratios of groups and ranks that hold in all groups at once. Referees: closed forms for a simple

random sample, identities of the ratios, and simulation for the family."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.core import cuts, equity, estimate, needs, printed, ranking, standing, wording
from analysis.core.design import Design


def simple(joint, mask):
    design = Design.declare(weights=np.ones(len(joint)), ids=[np.arange(len(joint))])
    pair = estimate.by_group(design, joint, [mask == 1, mask == 0], statistic="share")
    return design, pair


@pytest.fixture(scope="module")
def sample():
    """200 members with 60 in need, 800 others with 120."""
    mask = np.repeat([1.0, 0.0], [200, 800])
    joint = np.concatenate([np.arange(200) < 60, np.arange(800) < 120]).astype(float)
    return joint, mask


def test_the_risk_ratio_has_katz_interval(sample):
    """log RR has variance (1 - p1)/(n1 p1) + (1 - p0)/(n0 p0) (Katz 1978), here with n/(n - 1) of

    the whole sample, which the linearised variance carries."""
    joint, mask = sample
    design, pair = simple(joint, mask)
    done = equity.ratios(design, joint, mask, pair)["risk_ratio"]
    assert done["value"] == pytest.approx(0.30 / 0.15, rel=1e-12)
    variance = (0.70 / (200 * 0.30) + 0.85 / (800 * 0.15)) * 1000 / 999
    half = np.log(done["high"] / done["low"]) / 2
    assert half == pytest.approx(stats.t.ppf(0.975, 199) * np.sqrt(variance), rel=1e-4)


def test_representation_is_the_part_of_those_in_need_over_the_part_of_all(sample):
    joint, mask = sample
    design, pair = simple(joint, mask)
    done = equity.ratios(design, joint, mask, pair)
    assert done["part"]["value"] == pytest.approx(60 / 180, rel=1e-12)
    assert done["representation"]["value"] == pytest.approx((60 / 180) / 0.2, rel=1e-12)
    assert done["representation"]["low"] > 1


def test_those_whose_membership_is_unknown_are_on_neither_side(sample):
    joint, mask = sample
    unknown = np.concatenate([mask, np.full(100, np.nan)])
    more = np.concatenate([joint, np.ones(100)])
    design, pair = simple(more, unknown)
    done = equity.ratios(design, more, unknown, pair)
    assert done["part"]["value"] == pytest.approx(60 / 180, rel=1e-12)
    assert done["part"]["n"] == 180


@pytest.mark.parametrize("status", ["ok", "suppressed"])
def test_ratios_go_with_their_gap_and_stand_to_one_decimal(sample, status):
    joint, mask = sample
    design, pair = simple(joint, mask)
    sides = dict(zip(("joint", "complement"), cuts.rows_of(pair), strict=True))
    sides["joint"]["status"] = status
    gap = {"se": 0.03, "df": 199, "status": "ok"}
    domain = {**sides, "gap": gap, **equity.ratios(design, joint, mask, pair)}
    shown = printed._group({"n": 200, "unknown": 0, "domains": [domain]})["domains"][0]
    if status == "suppressed":
        assert {shown[k] for k in ("risk_ratio", "representation", "part")} == {None}
        assert wording.times(shown["risk_ratio"]) == "不显示"
    else:
        assert shown["risk_ratio"]["value"] == 2.0
        assert shown["part"]["value"] == pytest.approx(0.33, abs=0.011)


def test_nobody_in_need_gives_no_ratio(sample):
    joint, mask = sample
    none = np.where(mask == 1, 0.0, joint)
    design, pair = simple(none, mask)
    assert set(equity.ratios(design, none, mask, pair).values()) == {None}


def test_more_groups_make_the_claim_about_each_more_cautious(sample):
    """Two needs 3 standard errors apart: enough for one group (1.96), too few for forty (3.2)."""
    design, _ = simple(*sample)
    table = estimate.share(design, np.stack([sample[0], sample[0]], axis=1))
    apart = replace(table, values=np.array([0.3, 0.3 - 3e-2 * np.sqrt(2)]),
                    covariance=np.eye(2) * 1e-4)  # fmt: skip
    assert list(cuts.ranks(apart, equity.coverage(1)).high) == [1, 2]
    assert list(cuts.ranks(apart, equity.coverage(40)).high) == [2, 2]
    assert equity.coverage(4) == pytest.approx(0.9875)


def test_all_groups_are_right_together():
    """200 worlds of four groups, four tied needs each: whoever is confirmed is confirmed wrongly.

    At 95 % for all groups at once, more than 20 wrong worlds have probability below 0.2 %."""
    rng, s = np.random.default_rng(2), np.eye(4) * 1e-4
    wrong = sum(
        any(
            "confirmed" in ranking.rank_sets(
                rng.normal(0.3, 0.01, 4), s, coverage=equity.coverage(4), draws=20_000
            ).tier(2)
            for _group in range(4)
        )
        for _ in range(200)
    )  # fmt: skip
    assert wrong <= 20


def test_the_family_is_printed_with_the_groups_ranks():
    rng = np.random.default_rng(3)
    need = (rng.random((2000, 3)) < (0.5, 0.3, 0.1)).astype(float)
    design = Design.declare(
        weights=np.ones(2000), strata=np.arange(2000) // 500, ids=[np.arange(2000) // 20]
    )
    found = needs.Indicators(("1", "2", "3"), ("甲", "乙", "丙"), *[need] * 6)
    told = [{"joint": {"value": share, "status": "ok"}} for share in (0.5, 0.3, 0.1)]
    top = standing.top(design, found, np.ones(2000), told, 4)
    assert top["confirmed"] == ["1", "2"]
    assert "4个群体" in top["family"]
    assert "95%" in top["family"]


@pytest.mark.parametrize(
    ("low", "high", "clear"),
    [
        (0.0004, 0.16, False), (0.0006, 0.16, True), (-0.16, -0.0004, False), (-0.2, -0.001, True),
        (-0.1, 0.1, False), (None, None, False),
    ],
)  # fmt: skip
def test_a_clear_gap_is_one_whose_printed_interval_leaves_zero_out(low, high, clear):
    gap = {"value": 0.08 if (high or 1) > 0 else -0.08, "low": low, "high": high, "status": "ok"}
    assert wording.clear(gap) is clear
    if low is not None:
        assert ("不明显" in wording.points(gap)) is not clear
        assert "间0.0—" not in wording.points(gap)


def a_world_without_differences(rng, groups=6, items=8):
    """Printed groups of 900 women in 45 villages whose needs have nothing to do with the groups."""
    n = 900
    design = Design.declare(
        weights=np.ones(n), strata=np.arange(n) // 100, ids=[np.arange(n) // 20]
    )
    joint = (rng.random((n, items)) < np.linspace(0.5, 0.3, items)).astype(float)
    out = []
    for _ in range(groups):
        mask = rng.random(n) < 0.2
        table = estimate.by_group(design, joint, [mask, ~mask], statistic="share")
        pairs = [table.take([2 * k, 2 * k + 1]) for k in range(items)]
        rows = [cuts.rows_of(pair) for pair in pairs]
        out.append({"n": 180, "unknown": 0, "domains": [
            {"joint": one, "complement": two, "gap": cuts._gap(pair),
             "risk_ratio": None, "representation": None, "part": None}
            for pair, (one, two) in zip(pairs, rows, strict=True)
        ]})  # fmt: skip
    return equity.judged([printed._group(group) for group in out])


def test_where_no_group_differs_few_worlds_show_a_difference():
    """Referee: simulation. Of 60 worlds without any difference Benjamini and Hochberg's rule at

    0.05 errs in about 3 (more than 8 has probability below 1 %); intervals alone in most."""
    rng = np.random.default_rng(20261129)
    worlds = [a_world_without_differences(rng) for _ in range(60)]
    gaps = [[d["gap"] for group in world for d in group["domains"]] for world in worlds]
    assert sum(any(wording.clear(gap) for gap in one) for one in gaps) <= 8
    assert sum(any(wording.off_zero(gap) for gap in one) for one in gaps) >= 30


def test_a_gap_that_stands_out_of_the_whole_family_is_still_clear():
    shown = {"se": 0.02, "df": 40, "low": -0.03, "high": 0.05, "status": "ok", "reason": ""}
    gaps = [shown | {"value": 0.01} for _ in range(20)]
    gaps += [shown | {"value": 0.1, "low": 0.06, "high": 0.14}]  # t = 5
    gaps += [shown | {"value": 0.045, "low": 0.004, "high": 0.086}]  # t = 2.25, p = 0.030
    gaps += [shown | {"value": None, "se": None, "low": None, "high": None}]
    equity.judged([{"domains": [{"gap": gap} for gap in gaps]}])
    assert [wording.clear(gap) for gap in gaps] == [False] * 20 + [True, False, False]
    assert "clear" not in gaps[-1]
    said = wording.points(gaps[-2])
    assert "0.4—8.6" in said
    assert "校正后差异不明显" in said


def test_versions_frozen_before_the_family_go_by_their_intervals():
    assert wording.clear({"value": 0.1, "low": 0.06, "high": 0.14, "status": "ok"})
