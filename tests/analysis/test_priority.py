"""The index and its weights. Referees: closed forms written out here, and plain arithmetic."""

import numpy as np
import pytest

from analysis.core import needs, priority, rounding
from analysis.core.design import Design
from analysis.core.estimate import mean


@pytest.fixture(scope="module")
def answers():
    """Two needs of 240 women in 40 villages; urgency and wish only of those in need."""
    rng = np.random.default_rng(4)
    need = (rng.random((240, 2)) < (0.6, 0.4)).astype(float)
    degree = np.where(need == 1, rng.integers(0, 5, need.shape) / 4, np.nan)
    wish = np.where(need == 1, rng.random(need.shape) < (0.7, 0.5), np.nan)
    design = Design.declare(
        weights=rng.uniform(1, 3, 240), strata=np.arange(240) // 60, ids=[np.arange(240) // 6]
    )
    joint = np.where(need == 1, wish * (degree > 0.5), 0.0)
    parts = (need, need * np.nan_to_num(degree > 0.5), need * np.nan_to_num(wish), joint)
    return design, needs.Indicators(("01", "02"), ("甲", "乙"), *parts, degree, wish)


def test_the_geometric_index_has_the_delta_method_error(answers):
    """d log P = a dN/N + b dU/U + c dE/E with the joint covariance of N, U and E."""
    design, found = answers
    table = priority.table_of(design, found, [0, 1])
    a, b, c = weights = (0.5, 0.3, 0.2)
    done = priority.index(table, weights)
    alone = mean(design, np.stack([found.need[:, 1], found.degree[:, 1], found.wish[:, 1]], 1))
    n, u, e = alone.values
    value = n**a * u**b * e**c
    slope = value * np.array([a / n, b / u, c / e])
    assert done.values[1] == pytest.approx(value, rel=1e-12)
    assert done.se[1] == pytest.approx(np.sqrt(slope @ alone.covariance @ slope), rel=1e-10)


def test_the_linear_index_is_a_weighted_sum(answers):
    design, found = answers
    table = priority.table_of(design, found, [0])
    done = priority.index(table, (0.2, 0.3, 0.5), "linear")
    assert done.values[0] == pytest.approx(table.values @ [0.2, 0.3, 0.5], rel=1e-12)


@pytest.mark.parametrize("weights", [(0.5, 0.5, 0.5), (1.2, -0.1, -0.1)])
def test_weights_that_are_no_shares_are_refused(answers, weights):
    design, found = answers
    with pytest.raises(ValueError, match="合计为 1"):
        priority.index(priority.table_of(design, found, [0]), weights)


def test_acceptability_is_the_area_of_the_weights_that_prefer_an_issue():
    """First where w . d > 0, d the difference of logarithms; with d1 > 0 > d2, d3 the share of the

    triangle of weights is d1^2 / ((d1 - d2)(d1 - d3))."""
    x = np.array([[0.6, 0.3, 0.4], [0.3, 0.5, 0.45]])
    d = np.log(x[0]) - np.log(x[1])
    exact = d[0] ** 2 / ((d[0] - d[1]) * (d[0] - d[2]))
    done = priority.robustness(x)
    error = np.sqrt(exact * (1 - exact) / priority.DRAWS)
    assert abs(done.acceptability[0, 0] - exact) < 4 * error
    assert done.acceptability.sum(axis=1) == pytest.approx([1, 1])
    assert list(zip(done.best, done.worst, strict=True)) == [(1, 2), (1, 2)]


def test_what_is_larger_on_every_axis_is_first_under_every_weighting():
    done = priority.robustness([[0.5, 0.5, 0.5], [0.4, 0.3, 0.2], [0.1, 0.35, 0.1]])
    assert (done.best[0], done.worst[0]) == (1, 1)
    assert done.acceptability[0, 0] == 1
    assert done.worst[2] == 3
    assert list(done.without[0]) == [1, 1, 1]


def test_equal_issues_share_every_rank_and_a_share_of_zero_is_last():
    done = priority.robustness([[0.3, 0.4, 0.5], [0.3, 0.4, 0.5], [0.3, 0.4, 0.0]])
    assert list(done.equal) == [1, 1, 3]
    assert done.worst[2] == 3


def test_leaving_an_axis_out_can_turn_the_order():
    done = priority.robustness([[0.9, 0.2, 0.2], [0.2, 0.5, 0.5]])
    assert list(done.without[:, 0]) == [2, 1]
    assert list(done.without[:, 1]) == [1, 2]


def printed(need, degree, wish, n=240, needed=100):
    """Domain rows as the gate leaves them: (value, n); None is withheld."""

    def row(value, size):
        return {"value": value, "n": size, "n_eff": rounding.tens(size * 0.9), "df": 36}

    return [
        {"code": code, "need": row(a, n), "degree": row(b, needed), "wish": row(c, needed)}
        for code, a, b, c in zip(("01", "02"), need, degree, wish, strict=True)
    ]  # fmt: skip


def test_a_need_with_a_part_withheld_or_of_few_women_is_left_out_by_name(answers):
    design, found = answers
    told = printed((0.6, 0.4), (0.5, 0.5), (0.7, 0.5))
    for part, change in (("wish", {"value": None}), ("degree", {"n": 20})):
        short = [told[0], {**told[1], part: {**told[1][part], **change}}]
        done = priority.section(design, found, short)
        assert done["left_out"] == ["02"]
        assert "不足两项" in done["refused"]


def test_the_section_follows_from_the_printed_parts_but_for_its_error(answers):
    """Referees: the formula and the ranks of the printed values; another sample changes neither."""
    design, found = answers
    told = printed((0.6, 0.4), (0.52, 0.48), (0.7, 0.5))
    done = priority.section(design, found, told)
    ranks = priority.robustness([[0.6, 0.52, 0.7], [0.4, 0.48, 0.5]])
    for k, (row, domain) in enumerate(zip(done["domains"], told, strict=True)):
        index, linear = row["index"], row["linear"]
        parts = [domain[part]["value"] for part in priority.PARTS]
        assert index["value"] == rounding.share(float(np.prod(parts) ** (1 / 3)), 100)
        assert linear["value"] == rounding.share(sum(parts) / 3, 100)
        assert (index["n"], index["n_eff"]) == (100, 90)
        step = rounding.step(100) / 1000
        assert index["se"] / step == pytest.approx(round(index["se"] / step))
        assert index["low"] < index["value"] < index["high"]
        assert row["acceptability"] == ranks.acceptability[k].tolist()
        assert (row["rank"], row["best"], row["worst"]) == (
            ranks.equal[k], ranks.best[k], ranks.worst[k])  # fmt: skip


def test_an_index_of_zero_is_not_said_to_have_few_degrees_of_freedom(answers):
    """Nobody in need of the first wishes for help: no logarithm, so no interval."""
    design, found = answers
    row = priority.section(design, found, printed((0.6, 0.4), (0.5, 0.5), (0.0, 0.5)))["domains"]
    row = row[0]["index"]
    assert (row["value"], row["low"], row["df"] >= 8) == (0.0, None, True)
    assert row["reason"] == "指数为 0，给不出区间"


def test_below_eight_degrees_of_freedom_no_order_is_given_under_any_weighting(answers):
    _, found = answers
    few = Design.declare(
        weights=np.ones(240), strata=np.arange(240) // 60, ids=[np.arange(240) // 30]
    )
    done = priority.section(few, found, printed((0.6, 0.4), (0.5, 0.5), (0.7, 0.5)))
    assert "自由度4，不足8，不排名次" in done["refused"]
    assert done["domains"] == []
