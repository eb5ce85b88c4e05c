"""What is missing or impossible in a declared sample is refused in Chinese, with its rows counted.

R's survey stops at the same places; plain counting is the referee of the numbers.
"""

import numpy as np
import pytest

from analysis.core import calibrate, estimate, official, resample, weights
from analysis.core.design import Design
from analysis.core.replicates import Replicates
from analysis.core.variance import LonelyStrata

CHINESE = r"[\u4e00-\u9fff]"
PSU = np.repeat(np.arange(10), 4)
MISSING = pytest.mark.parametrize("gap", [np.nan, None, ""])


def _with(values, gap):
    column = np.asarray(values).astype(object)
    column[[3, 30]] = gap
    return column


@MISSING
@pytest.mark.parametrize("column", ["strata", "ids"])
def test_a_row_without_stratum_or_unit_is_refused_with_the_count(column, gap):
    given = {"strata": PSU // 2, "ids": PSU}
    given[column] = _with(given[column], gap)
    with pytest.raises(ValueError, match="有 2 行缺失"):
        Design.declare(weights=np.ones(40), strata=given["strata"], ids=[given["ids"]])


@pytest.mark.parametrize("column", ["weights", "fpc"])
def test_a_missing_weight_or_size_is_refused_with_the_count(column):
    given = {"weights": np.ones(40), "fpc": np.full(40, 9.0)}
    given[column][[3, 30]] = np.nan
    with pytest.raises(ValueError, match="有 2 行缺失"):
        Design.declare(weights=given["weights"], ids=[PSU], fpc=[given["fpc"]])


@pytest.mark.parametrize(
    "given",
    [{"weights": -np.ones(40)}, {"strata": PSU[:-1]}, {"fpc": [np.full(40, -1.0)]},
     {"fpc": [np.full(40, 5.0)]}],
)  # fmt: skip
def test_an_impossible_column_is_refused_in_chinese(given):
    with pytest.raises(ValueError, match=CHINESE):
        Design.declare(**{"weights": np.ones(40), "ids": [PSU], **given})


@pytest.mark.parametrize("count", [np.nan, -5.0, np.inf])
def test_a_population_count_that_is_none_is_refused(count):
    design = Design.declare(weights=np.ones(40), ids=[PSU])
    cells = np.where(PSU == 0, "乙", "甲")
    for call in (
        lambda: calibrate.post_stratify(design, cells, {"甲": 100.0, "乙": count}),
        lambda: calibrate.rake(design, [(cells, {"甲": 100.0, "乙": count})]),
    ):
        with pytest.raises(calibrate.CalibrationFailed, match=r"缺失或为负.*乙"):
            call()


def test_a_calibration_variable_with_gaps_is_refused_with_the_count():
    design, x = Design.declare(weights=np.ones(40), ids=[PSU]), np.ones((40, 2))
    x[[3, 7, 9], 1] = np.nan
    with pytest.raises(calibrate.CalibrationFailed, match="3 行缺失"):
        calibrate.calibrate(design, x, [40.0, 40.0])
    with pytest.raises(calibrate.CalibrationFailed, match="总数有缺失"):
        calibrate.calibrate(design, np.ones((40, 1)), [np.nan])


@pytest.mark.parametrize("bad", [np.nan, -2.0])
def test_weights_given_with_replicates_are_whole_numbers_or_refused(bad):
    full, columns = np.ones(3), np.ones((3, 4))
    for at in ("full", "columns"):
        broken = {"full": full.copy(), "columns": columns.copy()}
        broken[at][1] = bad
        with pytest.raises(ValueError, match="1 行"):
            Replicates.given(broken["full"], broken["columns"], "BRR")
    with pytest.raises(ValueError, match="行数"):
        Replicates.given(np.ones(3), np.ones((5, 4)), "BRR")


def test_unknown_words_for_an_outcome_do_not_lose_weight():
    with pytest.raises(ValueError, match="“拒访”"):
        weights.nonresponse(np.ones(3), ["responded", "nonresponse", "拒访"], ["a"] * 3)
    with pytest.raises(ValueError, match="1 行"):
        weights.nonresponse([1, np.nan], ["responded", "responded"], ["a"] * 2)
    with pytest.raises(ValueError, match="入样概率"):
        weights.base_weights([np.nan, 0.5], [5, 5], [10, 10], [1, 1])


def test_a_township_with_one_village_has_no_weights_to_estimate_with():
    village = np.repeat(["东村", "西村", "南村", "北村", "山村"], 40)
    township = np.repeat(["甲镇", "甲镇", "乙镇", "乙镇", "丙镇"], 40)
    facts = official.SampleFacts(
        stratum=township, village=village, pi_psu=np.full(200, 0.3), drawn=np.full(200, 40),
        listed=np.full(200, 200), eligible=np.ones(200), outcome=["responded"] * 200,
        classes=village,
    )  # fmt: skip
    population = {"甲镇": 3000.0, "乙镇": 3000.0, "丙镇": 1500.0}
    with pytest.raises(LonelyStrata, match="丙镇"):
        official.weigh(facts, [("乡镇", township, population)])


def test_lonely_strata_are_named_at_every_stage():
    village = np.repeat(["东村", "西村", "南村", "北村"], [4, 1, 4, 3])
    township = np.repeat(["甲镇", "乙镇"], [5, 7])
    given = {"weights": np.ones(12), "strata": township, "ids": [village, np.arange(12)]}
    staged = Design.declare(**given, fpc=[np.full(12, 4.0), np.full(12, 9.0)])
    with pytest.raises(LonelyStrata) as refusal:
        estimate.mean(staged, np.arange(12.0))
    assert refusal.value.strata == ("西村",)
    certain = np.where(village == "西村", 1.0, 0.3)
    drawn = Design.declare(**given, fpc=[certain, np.full(12, 0.2)], pps=True)
    with pytest.raises(LonelyStrata) as refusal:
        estimate.mean(drawn, np.arange(12.0))
    assert refusal.value.strata == ("甲镇", "必选单位西村（甲镇）")


@pytest.mark.parametrize(
    ("kind", "scale"),
    [("ACS", 4 / 80), ("successive-difference", 4 / 80), ("SDR", 4 / 80), ("JK2", 1.0),
     ("BRR", 1 / 80), ("JK1", 79 / 80), ("bootstrap", 1 / 79)],
)  # fmt: skip
def test_kinds_of_replicates_have_the_scale_of_r(kind, scale):
    """Referee: svrepdesign of survey 4.1-1."""
    assert Replicates.given(np.ones(5), np.ones((5, 80)), kind).scale == pytest.approx(scale)


def test_a_kind_nobody_knows_or_without_variance_is_refused():
    full, columns = np.ones(5), np.ones((5, 80))
    for kind, given in (
        ("brr", columns), ("JK3", columns), ("JKn", columns), ("other", columns),
        ("bootstrap", columns[:, :1]), ("JK1", columns[:, :1]),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=CHINESE):
            Replicates.given(full, given, kind)
    pairs = Design.declare(strata=np.repeat(np.arange(5), 2))
    for call in (
        lambda: Replicates.given(full, columns, "Fay", rho=1.0),
        lambda: resample.balanced(pairs, rho=1.0),
        lambda: resample.bootstrap(pairs, 1, seed=1),
    ):
        with pytest.raises(ValueError, match=r"rho|两次"):
            call()
