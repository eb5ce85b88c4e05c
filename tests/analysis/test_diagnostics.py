"""How weights are shown. Referees: plain arithmetic, the counts the margins ask for."""

import numpy as np
import pytest

from analysis.core import diagnostics, official, weights
from analysis.core.calibrate import CalibrationFailed
from analysis.core.design import Design
from analysis.services import description

VILLAGES, EACH = 20, 6
N = VILLAGES * EACH


def facts(**changed):
    """20 villages of two strata, 6 of 60 households drawn in each, every fifth not answering."""
    village = np.repeat(np.arange(VILLAGES), EACH)
    found = {
        "stratum": np.where(village < VILLAGES // 2, "甲", "乙"), "village": village,
        "pi_psu": np.where(village % 2, 0.25, 0.5), "drawn": np.full(N, EACH),
        "listed": np.full(N, 60), "eligible": 1 + np.arange(N) % 2,
        "outcome": np.where(np.arange(N) % 5, "responded", "nonresponse"), "classes": village,
    }  # fmt: skip
    return official.SampleFacts(**(found | changed))


def rows(given):
    return np.asarray(given.outcome) == "responded"


def margins(given, first=6000, second=4000):
    strata = np.asarray(given.stratum)[rows(given)]
    return [("乡镇", strata, {"甲": first, "乙": second})]


def test_every_factor_of_the_weights_stands_on_its_own():
    given = facts()
    weighted, _ = official.weigh(given, margins(given))
    stages = diagnostics.chain(given, weighted.design, weighted.steps)
    answered = rows(given)
    pi, women = np.asarray(given.pi_psu)[answered], np.asarray(given.eligible)[answered]
    assert stages[0].total == pytest.approx((1 / pi).sum())
    assert stages[1].total == pytest.approx((10 / pi).sum())
    assert stages[2].total == pytest.approx((10 / pi * women).sum())
    assert stages[4].total == pytest.approx(10_000)
    w = 10 / pi * women
    assert stages[2].kish == pytest.approx(1 + np.var(w) / np.mean(w) ** 2)
    assert stages[2].cv == pytest.approx(np.std(w) / np.mean(w))
    assert stages[4].median == pytest.approx(np.median(weighted.design.weights), rel=0.05)


def test_no_weight_of_one_woman_and_no_crossing_of_margins_is_told():
    """Four young women of one township need factors beyond the limits: their number is theirs."""
    town = np.repeat(["A", "B", "C"], [140, 120, 40])
    age = np.concatenate([
        np.repeat(["18-34", "35-59", "60+"], some)
        for some in ((40, 60, 40), (35, 50, 35), (4, 20, 16))
    ])  # fmt: skip
    design = Design.declare(weights=np.full(300, 10.0))
    margins = [("乡镇", town, {"A": 1200.0, "B": 900.0, "C": 900.0}),
               ("年龄", age, {"18-34": 1500.0, "35-59": 900.0, "60+": 600.0})]  # fmt: skip
    last = weights.calibrate_sample(design, margins).steps[-1]
    assert any("限界校准" in note for note in last.notes)
    assert not any("个权数" in note for note in last.notes)
    told = description.method((last,), ["乡镇"])["steps"][0]
    for name in ("smallest", "largest"):
        assert told[name] == float(f"{getattr(last, name):.2g}")
    assert told["factor_high"] == round(last.factor_high, 1)


def test_bars_begin_and_end_at_no_weight():
    w = np.linspace(10.37, 48.61, 400)
    bars = diagnostics.histogram(w)
    assert (bars[0][0], bars[-1][1]) == (10, 49)


def test_the_margins_are_met_and_the_distance_before_is_said():
    given = facts()
    weighted, _ = official.weigh(given, margins(given))
    found = diagnostics.balance(margins(given), weighted.adjusted, weighted.design.weights)[0]
    before = weighted.adjusted[np.asarray(given.stratum)[rows(given)] == "甲"].sum()
    share = before / weighted.adjusted.sum()
    cell = next(c for c in found.cells if c.label == "甲")
    assert cell.before == pytest.approx(share)
    assert cell.asmd_before == pytest.approx(abs(share - 0.6) / np.sqrt(0.24))
    assert found.mean_after == pytest.approx(0, abs=1e-9)


def test_a_margin_whose_cells_are_all_withheld_has_no_mean_before():
    cell = diagnostics.Cell("甲", ("甲",), None, 0.6, None, 0.6)
    hidden = diagnostics.Balance("乡镇", (cell,))
    assert hidden.mean_before is None
    assert hidden.mean_after == 0


def test_a_joined_cell_knows_its_parts_whatever_they_are_called():
    labels = np.repeat(["town|60+", "town|18-34", "country|60+"], [10, 25, 85])
    counts = {"town|18-34": 250, "town|60+": 100, "country|60+": 850}
    [found] = diagnostics.balance([("年龄", labels, counts)], np.ones(120), np.ones(120))
    assert [(c.parts, c.n) for c in found.cells] == [
        (("town|18-34", "town|60+"), 35), (("country|60+",), 85),
    ]  # fmt: skip


def test_no_bar_of_the_histogram_stands_for_a_few():
    weights = np.concatenate([np.full(200, 10.0), np.full(30, 40.0), np.full(3, 90.0)])
    bins = diagnostics.histogram(weights)
    assert [n for *_, n in bins] == [200, 30]  # the three beside the thirty, in tens
    assert (bins[0][0], bins[-1][1]) == (10.0, 90.0)


def test_margins_that_cannot_be_met_are_named():
    """All answers of 甲 are urban, yet few women of the population are: 甲 cannot be 60 %."""
    given = facts()
    strata = np.asarray(given.stratum)[rows(given)]
    urban = np.where(strata == "甲", "城镇", "乡村")
    asked = [*margins(given), ("城乡", urban, {"城镇": 1000, "乡村": 9000})]
    with pytest.raises(CalibrationFailed) as refused:
        official.weigh(given, asked)
    said = diagnostics.complaint(asked, given, refused.value)
    assert "权重不收敛" in said
    assert "城乡" in said or "乡镇" in said
    assert "人口中占" in said


def test_margins_with_different_totals_are_told_with_their_totals():
    given = facts()
    asked = [*margins(given), ("城乡", np.repeat("乡村", rows(given).sum()), {"乡村": 9000})]
    with pytest.raises(CalibrationFailed) as refused:
        official.weigh(given, asked)
    said = diagnostics.complaint(asked, given, refused.value)
    assert "“乡镇”合计 10000，“城乡”合计 9000" in said


def test_joined_cells_are_told_in_words():
    labels = np.repeat(["城镇|60+", "城镇|35-59", "乡村|60+"], [10, 25, 85])
    design = Design.declare(weights=np.ones(120))
    ages = ("年龄×城乡", labels, {"城镇|35-59": 250, "城镇|60+": 100, "乡村|60+": 850})
    towns = ("乡镇", np.repeat(["509923101000", "509923102000"], [100, 20]),
             {"509923101000": 900, "509923102000": 300})  # fmt: skip
    done = weights.calibrate_sample(design, [ages, towns])
    names = {"509923101000": "城关镇", "509923102000": "石门乡"}
    assert weights.named(done, names).steps[-1].notes[:2] == (
        "年龄×城乡：样本少的相邻类别合并计算（城镇35—59岁、城镇60岁及以上）",
        "乡镇：样本少的相邻类别合并计算（城关镇、石门乡）",
    )
