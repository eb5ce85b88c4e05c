"""Answers at the edges: a clear number or a clear refusal in Chinese. Referee: plain arithmetic."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from analysis.core import (
    association,
    calibrate,
    digest,
    estimate,
    figures,
    needs,
    plackett_luce,
    presence,
    pseudoweights,
    quantiles,
    resample,
    screening,
)
from analysis.core.aggregate import Rows, bootstrap_means, group_means
from analysis.core.design import Design
from analysis.core.multinomial import choice_rank_sets
from analysis.core.report import annex
from tests import small_county

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _design(units: int, rows: int = 20, strata: int = 1, **more) -> Design:
    psu = np.repeat(np.arange(units), rows)
    return Design.declare(weights=np.ones(units * rows), strata=psu % strata, ids=[psu], **more)


def _half(n: int) -> np.ndarray:
    return (np.arange(n) % 2).astype(float)


@pytest.mark.parametrize(("units", "shown"), [(2, False), (3, False), (4, True), (8, True)])
def test_domain_df_decides_on_the_interval(units, shown):
    row = estimate.share(_design(units), _half(units * 20)).rows()[0]
    assert row.df == units - 1
    assert np.isfinite(row.low) == shown
    assert row.status == ("review" if shown else "suppressed")
    assert CHINESE.search(row.reason)
    assert ("谨慎" in row.reason) == shown


def test_eight_degrees_of_freedom_need_no_warning():
    y = np.random.default_rng(3).integers(0, 2, 180).astype(float)
    assert estimate.share(_design(9), y).rows()[0].reason == ""


def test_a_lonely_stratum_is_named_and_refused_in_chinese():
    design = Design.declare(weights=np.ones(5), strata=["城东", *["城西"] * 4], ids=[np.arange(5)])
    with pytest.raises(ValueError, match="城东") as refusal:
        estimate.mean(design, _half(5))
    assert "层" in str(refusal.value)


def test_an_empty_domain_is_no_number():
    row = estimate.share(_design(9), _half(180), inside=np.zeros(180, dtype=bool)).rows()[0]
    assert row.n == 0
    assert row.status == "suppressed"
    assert row.row()["value"] is None


@pytest.mark.parametrize(("value", "low", "high"), [(0.0, 0.0, None), (1.0, None, 1.0)])
def test_an_item_all_zero_or_all_one_has_a_one_sided_bound(value, low, high):
    row = estimate.share(_design(9), np.full(180, value)).rows()[0]
    bound = 1 - 0.05 ** (1 / 180)
    assert row.low == pytest.approx(low if low is not None else 1 - bound)
    assert row.high == pytest.approx(high if high is not None else bound)
    assert "单侧" in row.reason


def test_rows_of_weight_zero_do_not_count():
    psu = np.repeat(np.arange(9), 20)
    w = np.where(np.arange(180) % 4 == 0, 0.0, 1.0)
    table = estimate.share(Design.declare(weights=w, ids=[psu]), _half(180))
    assert table.n[0] == 135
    assert table.values[0] == pytest.approx(90 / 135)


def test_one_respondent_is_hidden():
    row = estimate.share(_design(9), _half(180), inside=np.arange(180) == 5).rows()[0].row()
    assert row["value"] is None
    assert row["n"] is None
    assert CHINESE.search(row["reason"])


def test_a_million_categories_are_counted_without_a_matrix():
    labels, counts = association.table(_design(1000, 1000), np.arange(1_000_000))
    assert counts.shape == (1_000_000,)
    assert len(labels[0]) == 1_000_000


def test_a_test_over_a_million_categories_is_refused():
    design = _design(1000, 1000)
    with pytest.raises(ValueError, match="类别"):
        association.chi_square(design, np.arange(1_000_000), _half(1_000_000))


def test_sums_per_unit_give_the_same_as_the_rows():
    """Referee: `estimate.by_group`, itself equal to R."""
    rng = np.random.default_rng(1)
    psu = np.repeat(np.arange(12), 15)
    design = Design.declare(weights=rng.lognormal(0, 0.5, 180), strata=psu % 3, ids=[psu])
    items = rng.integers(0, 2, (180, 2)).astype(float)
    items[rng.random(180) < 0.1, 1] = np.nan
    group = rng.integers(-1, 3, 180)
    table = group_means(design, Rows(design, list(items.T), group, 3))
    other = estimate.by_group(design, items, [group == g for g in range(3)])
    assert table.values == pytest.approx(other.values, rel=1e-12)
    assert table.covariance == pytest.approx(other.covariance, rel=1e-9, abs=1e-15)
    assert table.deff == pytest.approx(other.deff, rel=1e-9)
    assert list(table.df) == list(other.df)
    assert list(table.n) == list(other.n)


def test_sums_per_unit_without_covariances_keep_the_errors():
    design, group = _design(9), np.arange(180) % 2
    source = Rows(design, [np.arange(180) % 3], group, 2)
    quick = group_means(design, source, joint=False, precision=False)
    assert quick.se == pytest.approx(group_means(design, source).se, rel=1e-12)
    assert np.isnan(quick.covariance[0, 1])


def test_the_bootstrap_of_unit_sums_equals_that_of_the_rows():
    """Referee: `resample.bootstrap` with the same seed."""
    design, y = _design(6, strata=2), _half(120) * np.arange(120)
    source = Rows(design, [y], np.zeros(120, dtype=int), 1)
    draws = bootstrap_means(design, source.mass(0), [source.sums(0)], 50, seed=4)
    whole = estimate.mean(resample.bootstrap(design, 50, seed=4), y)
    assert draws.var(ddof=1) == pytest.approx(whole.covariance[0, 0], rel=1e-9)


def test_exact_rank_sets_of_votes():
    """Referee: binomial tails by hand; 90 of 100 against 10 is certain, 50:50 is not."""
    assert list(choice_rank_sets([90, 10]).high) == [1, 2]
    assert list(choice_rank_sets([50, 50]).high) == [2, 2]
    with pytest.raises(ValueError, match="整数"):
        choice_rank_sets([1.5, 2])


def test_worth_of_two_items_is_their_share_of_wins():
    """Referee: with two items the model is one proportion; log odds of 30 to 10."""
    rankings = np.array([[0, 1]] * 30 + [[1, 0]] * 10, dtype=float)
    found = plackett_luce.fit(Design.declare(n=40), rankings, 2)
    assert found.worth == pytest.approx([0.75, 0.25], rel=1e-9)
    assert found.log_worth.sum() == pytest.approx(0, abs=1e-12)


def test_an_item_that_never_loses_has_no_worth():
    with pytest.raises(plackett_luce.NotComparable, match="从未"):
        plackett_luce.fit(Design.declare(n=5), np.array([[0, 1]] * 5, dtype=float), 2)


def test_volunteers_weigh_what_the_reference_says():
    """Referee: with one 0/1 covariate the weights are population over volunteers, per cell."""
    a = np.stack([np.ones(50), np.repeat([0, 1], [40, 10])], axis=1)
    b = np.stack([np.ones(20), np.repeat([0, 1], 10)], axis=1)
    found = pseudoweights.propensity(a, b, np.full(20, 10.0))
    assert found.weights[0] == pytest.approx(100 / 40, rel=1e-9)
    assert found.weights[-1] == pytest.approx(100 / 10, rel=1e-9)


def test_copies_straight_lines_and_durations():
    """Referee: counted by hand."""
    answers = np.array([[1, 2, 3, np.nan], [1, 2, 4, np.nan], [5, 5, 5, 5]])
    assert screening.closest_match(answers) == pytest.approx([0.75, 0.75, 0.0])
    assert screening.closest_match(answers, missing="ignore")[0] == pytest.approx(2 / 3)
    lines = screening.straight_lines(answers)
    assert list(lines.straight) == [False, False, True]
    assert list(lines.longest_run) == [1, 1, 4]
    times = screening.durations([100, 200, 300, 400, 40, np.nan])
    assert times.median == 200
    assert list(times.share < 0.5) == [False, False, False, False, True, False]


def _place(**answers):
    place = small_county.small(np.random.default_rng(3), people=1500)
    given = {name: np.full(1500, value) for name, value in answers.items()}
    return dataclasses.replace(place, texts=place.texts | given)


def test_a_county_in_need_of_nothing_is_reported_without_a_design_effect():
    nothing = {f"{name}_{code}": "0" if name == "need" else ""
               for name in ("need", "urgent", "wish") for code in small_county.DOMAINS}  # fmt: skip
    official = _place(**nothing).official(np.ones(1500, dtype=bool))
    found = figures.build(official, None, {}, {}, {})
    assert found["sample"]["deff_median"] is None
    example = json.loads(EXAMPLE.read_text("utf-8"))
    sample = example["sample"] | found["sample"]
    report = example | found | {"sample": sample, **{k: example[k] for k in ("meta", "method")}}
    assert dict(annex.technical(report))["精度"].startswith("设计效应中位数无，")
    assert "设计效应中位数 无" in "".join(digest.sample(report))


def test_answers_of_everybody_have_no_error_to_test_differences_with():
    place, everybody = _place(), np.ones(1500, dtype=bool)
    design = Design.declare(
        weights=np.ones(1500), strata=place.township, ids=[place.village], fpc=[np.ones(1500)]
    )
    official = dataclasses.replace(place.official(everybody), design=design)
    plan = needs.plan(official.definition)
    (asked,) = presence.section(official, needs.indicators(plan, official.columns))
    rows = [d for one in asked["classes"] for d in one["domains"]]
    assert rows
    assert {row["value"] for row in rows} == {None}
    assert all(CHINESE.search(row["reason"]) for row in rows)


@pytest.mark.parametrize("classes", [1_000, 100_000])
def test_too_many_classes_are_counted_before_anything_is_laid_out(classes):
    """A matrix of the larger number would take 80 GB."""
    design, many = Design.declare(n=classes), np.arange(classes)
    for call in (
        lambda: association.chi_square(design, many, many),
        lambda: association.chi_square(design, many, many % 2),
        lambda: association.goodness_of_fit(design, many, np.ones(classes)),
        lambda: association.rank_test(design, many, many),
        lambda: calibrate.rake(design, [(many // 2 * 2, {str(2 * k): 2.0 for k in many // 2})] * 5),
    ):
        with pytest.raises(ValueError, match="类别"):
            call()


def test_a_table_nobody_can_read_is_refused():
    with pytest.raises(ValueError, match="类别过多"):
        association.table(Design.declare(n=10_000), np.arange(10_000), np.arange(10_000))


def test_post_stratification_of_many_cells():
    """Referee: the same cells as columns of a calibration; every cell alone is met exactly."""
    rng = np.random.default_rng(6)
    psu, cell = np.repeat(np.arange(20), 15), rng.integers(0, 7, 300)
    design = Design.declare(weights=rng.lognormal(0, 0.5, 300), strata=psu % 4, ids=[psu])
    counts = {str(k): 50.0 + k for k in range(7)}
    made = calibrate.post_stratify(design, cell, counts)
    other = calibrate.calibrate(design, np.eye(7)[cell], list(counts.values()))
    y = rng.normal(size=(300, 2))
    one, two = estimate.mean(made, y), estimate.mean(other, y)
    assert one.values == pytest.approx(two.values, rel=1e-12)
    assert one.covariance == pytest.approx(two.covariance, rel=1e-9)
    large = Design.declare(n=100_000)
    whole = calibrate.post_stratify(
        large, np.arange(100_000), {str(k): 2.0 for k in range(100_000)}
    )
    assert estimate.total(whole, np.ones(100_000)).se[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rule", list(quantiles.RULES))
def test_a_quantile_of_one_respondent_is_her_answer(rule):
    found = quantiles.quantile(_design(9), np.arange(180.0), [0.1, 0.5],
                               inside=np.arange(180) == 3, rule=rule)  # fmt: skip
    assert list(found.values) == [3.0, 3.0]


def test_a_quantile_outside_the_whole_or_by_no_rule_is_refused():
    for given in ({"levels": [1.5]}, {"levels": [np.nan]}, {"levels": [0.5], "rule": "zz"}):
        with pytest.raises(ValueError, match="分位数"):
            quantiles.quantile(_design(9), np.arange(180.0), **given)
