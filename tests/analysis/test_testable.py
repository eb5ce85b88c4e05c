"""Tests where there is nothing to test. Referee: an answer all gave alike differs nowhere, and a
statistic without degrees of freedom has no distribution."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.core import association, compare, estimate, regression, tables, tablewords
from analysis.core.design import Design
from analysis.core.testable import NotTestable

UNITS, N = 24, 240
PSU = np.repeat(np.arange(UNITS), 10)
ALIKE = pytest.mark.parametrize("value", [0.0, 0.7, 2.0, 1e7])


def _design(seed: int = 0) -> Design:
    weights = np.random.default_rng(seed).lognormal(4, 0.5, N)
    return Design.declare(weights=weights, strata=PSU // 4, ids=[PSU])


def _group(classes: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, classes, N)


@ALIKE
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("score", ["wilcoxon", "vanderWaerden", "median"])
def test_ranks_of_an_answer_all_gave_alike_are_not_tested(value, classes, score):
    for seed in range(5):
        with pytest.raises(NotTestable, match="回答都一样"):
            association.rank_test(
                _design(seed), np.full(N, value), _group(classes, seed), score=score
            )


@ALIKE
def test_means_of_an_answer_all_gave_alike_have_no_p(value):
    for seed in range(5):
        design, group, y = _design(seed), _group(2, seed), np.full(N, value)
        found = association.t_test(design, y, group)
        assert np.isnan([found.statistic, found.p_value]).all()
        pair = estimate.by_group(design, y, [group == 0, group == 1])
        assert np.isnan(compare.contrast(pair, [1, -1]).p_value)
        ratio = compare.smooth(pair, lambda b: b[0] - b[1])
        assert np.isnan([ratio.t, ratio.p_value]).all()


@ALIKE
def test_coefficients_of_an_answer_all_gave_alike_are_not_tested(value):
    x = np.stack([np.ones(N), _group(2), _group(3, 1)], axis=1).astype(float)
    fit = regression.fit_linear(_design(), np.full(N, value), x)
    with pytest.raises(NotTestable, match="没有可检验的差异"):
        fit.wald([1, 2])


def test_more_groups_than_units_have_no_joint_test():
    """Six units in two strata leave four degrees; five coefficients cannot be tested together."""
    rng = np.random.default_rng(2)
    psu = np.repeat(np.arange(6), 20)
    design = Design.declare(weights=np.ones(120), strata=psu // 3, ids=[psu])
    x = np.stack([np.ones(120), *(rng.normal(size=120) for _ in range(5))], axis=1)
    fit = regression.fit_linear(design, rng.normal(size=120), x)
    with pytest.raises(NotTestable, match="不满秩"):
        fit.wald([1, 2, 3, 4, 5])
    assert np.isnan(fit.wald([1])[3])
    with pytest.raises(NotTestable, match="自由度"):
        association.rank_test(design, rng.normal(size=120), rng.integers(0, 5, 120))


def _few(strata: int) -> tuple[Design, np.ndarray]:
    """A county of twelve villages and the two of them that are asked about: df 2 - strata."""
    psu = np.concatenate([np.repeat([0, 1], 60), np.repeat(np.arange(2, 12), 10)])
    own = psu if strata == 2 else np.zeros(len(psu), dtype=int)
    stratum = np.where(psu < 2, own, psu % 5)
    return Design.declare(weights=np.ones(len(psu)), strata=stratum, ids=[psu]), psu < 2


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint"])
def test_without_degrees_of_freedom_there_is_no_test(statistic):
    design, inside = _few(2)
    rng = np.random.default_rng(3)
    rows, columns = rng.integers(0, 3, design.n), rng.integers(0, 2, design.n)
    with pytest.raises(NotTestable, match="自由度"):
        association.chi_square(design, rows, columns, statistic=statistic, inside=inside)
    with pytest.raises(NotTestable, match="自由度"):
        association.t_test(design, rng.normal(size=design.n), columns, inside=inside)


def test_a_sample_drawn_whole_has_no_error_to_test():
    psu = np.repeat(np.arange(6), 20)
    design = Design.declare(
        weights=np.ones(120), strata=psu // 3, ids=[psu], fpc=[np.full(120, 3.0)]
    )
    rows, columns = np.arange(120) % 3, np.arange(120) % 2
    with pytest.raises(NotTestable, match="抽样误差"):
        association.chi_square(design, rows, columns)
    with pytest.raises(NotTestable, match="抽样误差"):
        association.goodness_of_fit(design, rows, [0.3, 0.3, 0.4])


def _told(monkeypatch, kind, design, values, heads, inside):
    monkeypatch.setattr(tables, "items", lambda variable, official: heads)
    row = {"estimate": {"status": "ok"}}
    return tables._test(
        SimpleNamespace(kind=kind), SimpleNamespace(kind="single"), SimpleNamespace(design=design),
        values, inside, [[row]],
    )  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3])
def test_a_table_does_not_call_an_answer_all_gave_alike_a_difference(monkeypatch, classes):
    for seed in range(10):
        heads = np.eye(classes)[_group(classes, seed)]
        told = _told(monkeypatch, "number", _design(seed), np.full((N, 1), 2.0), heads,
                     np.ones(N, dtype=bool))  # fmt: skip
        assert told["results"] == []
        assert told["note"] == "所有人的回答都一样，没有可检验的差异，不作检验。"


@pytest.mark.parametrize(("strata", "df"), [(2, 0), (1, 1)])
@pytest.mark.parametrize("kind", ["single", "multiple", "number"])
def test_a_table_of_two_villages_is_not_tested(monkeypatch, strata, df, kind):
    design, inside = _few(strata)
    assert design.degrees(inside) == df
    rng = np.random.default_rng(4)
    heads = np.eye(2)[rng.integers(0, 2, design.n)]
    values = {"single": np.eye(3)[rng.integers(0, 3, design.n)],
              "multiple": rng.integers(0, 2, (design.n, 2)).astype(float),
              "number": rng.normal(size=(design.n, 1))}[kind]  # fmt: skip
    told = _told(monkeypatch, kind, design, values, heads, inside)
    assert told["results"] == []
    assert told["note"].endswith("不作检验。")
    assert "自由度" in told["note"]


def test_a_p_that_is_no_number_is_never_a_sentence():
    words = tablewords._tested({"p": float("nan"), "clear": False, "statistic": 1.0, "df": [1, 2]})
    assert "nan" not in words
    assert "不作检验" in words
