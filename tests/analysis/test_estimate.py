"""Estimates against R's survey package (Debian r-cran-survey 4.1-1), the referee of every number.

d <- data.frame(h=rep(c("a","b"),each=6), psu=rep(1:6,each=2),
  w=c(10,10,12,12,8,8,20,20,25,25,18,18), y=c(1,0,1,1,0,0,0,1,1,1,0,1),
  g=c(1,1,0,0,1,0,1,0,1,1,0,0), x=c(3,5,2,8,6,1,4,7,9,2,5,3))
s <- svydesign(ids=~psu, strata=~h, weights=~w, data=d, nest=TRUE)
m <- svymean(~y+x, s); coef(m); SE(m); vcov(m); degf(s); SE(svytotal(~x,s))
r <- svyratio(~y,~x,s); sub <- subset(s,g==1); svymean(~y,sub); degf(sub)
svyciprop(~y,s,method="logit"); svyciprop(~y,s,method="beta")
d$pi <- c(.2,.2,.3,.3,.25,.25,.1,.1,.15,.15,.12,.12)
d$f2 <- c(rep(.1,6),rep(.05,6)); d$id <- 1:12
svymean(~y+x, svydesign(ids=~psu, strata=~h, fpc=~pi, data=d, pps="brewer", nest=TRUE))
svymean(~y+x, svydesign(ids=~psu+id, strata=~h, fpc=~pi+f2, data=d, pps="brewer", nest=TRUE))
"""

import numpy as np
import pytest

from analysis.core import calibrate, estimate
from analysis.core.design import Design

H = np.repeat(["a", "b"], 6)
PSU = np.repeat(np.arange(1, 7), 2)
W = np.array([10, 10, 12, 12, 8, 8, 20, 20, 25, 25, 18, 18], dtype=float)
Y = np.array([1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1], dtype=float)
G = np.array([1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0], dtype=bool)
X = np.array([3, 5, 2, 8, 6, 1, 4, 7, 9, 2, 5, 3], dtype=float)
PI = np.array([0.2, 0.2, 0.3, 0.3, 0.25, 0.25, 0.1, 0.1, 0.15, 0.15, 0.12, 0.12])
F2 = np.repeat([0.1, 0.05], 6)
EXACT = {"rel": 1e-10}


@pytest.fixture
def design():
    return Design.declare(weights=W, strata=H, ids=[PSU])


def test_means_and_their_covariance(design):
    table = estimate.mean(design, np.stack([Y, X], axis=1))
    assert table.values == pytest.approx([0.655913978494624, 4.811827956989247], **EXACT)
    assert table.se == pytest.approx([0.152350008733875, 0.348869430452475], **EXACT)
    assert table.covariance[0, 1] == pytest.approx(0.0336356826312117, **EXACT)
    assert design.degrees() == 4


def test_a_total(design):
    assert estimate.total(design, X).se[0] == pytest.approx(126.952747114822, **EXACT)


def test_a_ratio(design):
    table = estimate.ratio(design, Y, X)
    assert table.values[0] == pytest.approx(0.136312849162011, **EXACT)
    assert table.se[0] == pytest.approx(0.0265345380550898, **EXACT)


def test_a_domain_keeps_the_whole_design_and_has_its_own_degrees(design):
    table = estimate.mean(design, Y, inside=G)
    assert table.values[0] == pytest.approx(0.612244897959184, **EXACT)
    assert table.se[0] == pytest.approx(0.285214177698369, **EXACT)
    assert table.df[0] == 2


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("logit", 0.226344329573975, 0.925486925968563),
        ("beta", 0.218615430401870, 0.951506440410816),
    ],
)
def test_intervals_of_a_share(design, method, low, high):
    found = estimate.share(design, Y).interval(method=method)
    assert found[0][0] == pytest.approx(low, rel=1e-7)
    assert found[1][0] == pytest.approx(high, rel=1e-7)


def test_villages_drawn_with_unequal_probabilities_brewer():
    design = Design.declare(strata=H, ids=[PSU], fpc=[PI], pps=True, weights=1 / PI)
    table = estimate.mean(design, np.stack([Y, X], axis=1))
    assert table.values == pytest.approx([0.580357142857143, 4.705357142857142], **EXACT)
    assert table.se == pytest.approx([0.114692494924331, 0.341719552392851], **EXACT)


def test_a_second_stage_adds_its_share():
    design = Design.declare(
        strata=H, ids=[PSU, np.arange(12)], fpc=[PI, F2], pps=True, weights=1 / (PI * F2)
    )
    table = estimate.mean(design, np.stack([Y, X], axis=1))
    assert table.values == pytest.approx([0.601604278074866, 4.823529411764707], **EXACT)
    assert table.se == pytest.approx([0.134864628893463, 0.524182449823401], **EXACT)


def test_a_share_of_zero_has_an_exact_upper_bound_and_no_zero_width(design):
    low, high = estimate.share(design, np.zeros(12)).interval()
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - 0.05 ** (1 / 12), rel=1e-9)


def test_a_lonely_stratum_is_refused_by_name():
    design = Design.declare(weights=W, strata=H, ids=[np.where(H == "a", 1, PSU)])
    with pytest.raises(ValueError, match="a"):
        estimate.mean(design, Y)


def test_few_degrees_of_freedom_give_no_interval():
    design = Design.declare(weights=W, strata=H, ids=[np.where(PSU % 3 == 0, PSU - 1, PSU)])
    row = estimate.share(design, Y).rows()[0]
    assert row.df <= 2
    assert np.isnan(row.low)


def test_small_bases_are_withheld(design):
    row = estimate.share(design, Y).rows()[0].row()
    assert row["status"] == "suppressed"
    assert row["value"] is None
    assert row["reason"]


def test_raking_meets_its_margins(design):
    raked = calibrate.rake(design, [(H, {"a": 80.0, "b": 120.0}), (G.astype(str),
                           {"True": 90.0, "False": 110.0})])  # fmt: skip
    assert raked.weights[H == "b"].sum() == pytest.approx(120, rel=1e-9)
    assert raked.weights[G].sum() == pytest.approx(90, rel=1e-9)


def test_a_calibrated_margin_has_no_sampling_error(design):
    raked = calibrate.post_stratify(design, H, {"a": 80.0, "b": 120.0})
    assert estimate.mean(raked, (H == "b").astype(float)).se[0] < 1e-12
