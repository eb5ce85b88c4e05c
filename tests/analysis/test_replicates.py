"""Replicate weights made from a design. Referee: survey 4.1-1.

i <- 0:(2*h-1)  # h strata of two rows
d <- data.frame(h=sprintf("s%02d", i %/% 2), y=(i*7)%%11+1, x=(i*5)%%13+1, w=i%%3+1)
s <- svydesign(~1, strata=~h, weights=~w, data=d)
b <- as.svrepdesign(s, type="BRR"); f <- as.svrepdesign(s, type="Fay", fay.rho=.3)
SE(svyratio(~y, ~x, b)); SE(svyratio(~y, ~x, f)); degf(b)
r <- as.svrepdesign(svydesign(ids=~psu, strata=~h, weights=~w, data=d, nest=TRUE), type="JKn")
degf(r); degf(postStratify(r, ~g, data.frame(g=c("0","1"), Freq=c(100,90))))
calibrate(r, ~x, c(`(Intercept)`=190, x=900)) and with bounds=c(.5,2), with calfun="raking"
the data of test_families. svyttest and svyglm have degf(r) - 1 whatever is missing.
"""

import numpy as np
import pytest

from analysis.core import association, calibrate, estimate, regression, resample
from analysis.core.design import Design
from tests.analysis.test_families import EXACT, ONE, PSU, G, H, W, X


def _halves(strata: int, per: int = 2) -> tuple[Design, np.ndarray, np.ndarray]:
    i = np.arange(strata * per)
    labels = [f"s{k:02d}" for k in i // per]
    design = Design.declare(weights=i % 3 + 1.0, strata=labels)
    return design, i * 7 % 11 + 1, i * 5 % 13 + 1


@pytest.mark.parametrize(
    ("strata", "brr", "fay"),
    [(2, 1.04284239683751, 0.602995663834139), (8, 0.185035415880349, 0.183027728220964),
     (11, 0.14055802097169, 0.138844730650077), (20, 0.112137310749819, 0.110174328108451),
     (33, 0.101212278924363, 0.099708155941404)],
)  # fmt: skip
def test_a_ratio_by_balanced_half_samples_of_r(strata, brr, fay):
    design, y, x = _halves(strata)
    for rho, se in ((0.0, brr), (0.3, fay)):
        found = estimate.ratio(resample.balanced(design, rho=rho), y, x)
        assert found.se[0] == pytest.approx(se, **EXACT)
        assert found.df[0] == strata


def test_a_stratum_of_four_is_two_pairs():
    design, y, x = _halves(6, 4)
    found = estimate.ratio(resample.balanced(design), y, x)
    assert found.se[0] == pytest.approx(0.11454161558016, **EXACT)
    assert found.df[0] == 12


@pytest.mark.parametrize("at_least", range(1, 130))
def test_half_samples_are_balanced(at_least):
    signs = resample.hadamard(at_least).astype(int)
    assert len(signs) >= at_least
    assert np.array_equal(signs @ signs.T, len(signs) * np.eye(len(signs)))
    assert (signs[0] == 1).all()


def test_degrees_of_freedom_after_calibration():
    made = resample.jackknife(Design.declare(weights=W, strata=H, ids=[PSU]))
    x, totals = np.stack([ONE, X], axis=1), [190, 900]
    assert made.degrees() == made.degrees(ONE == 1) == 4
    assert made.degrees(PSU < 5) == 3
    assert calibrate.post_stratify(made, G.astype(int), {"0": 100.0, "1": 90.0}).degrees() == 5
    assert calibrate.calibrate(made, x, totals).degrees() == 5
    assert calibrate.calibrate(made, x, totals, bounds=(0.5, 2)).degrees() == 4
    assert calibrate.calibrate(made, x, totals, kind="raking").degrees() == 4


def test_missing_answers_take_no_degrees_from_replicates():
    made = resample.jackknife(Design.declare(weights=W, strata=H, ids=[PSU]))
    x = np.where(PSU == 5, np.nan, X)
    assert association.t_test(made, x, G).df == (3,)
    assert regression.fit_linear(made, x, np.stack([ONE, G], axis=1)).df == 3
