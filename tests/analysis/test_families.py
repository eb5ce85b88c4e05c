"""Every family of estimators against R's survey package (Debian r-cran-survey 4.1-1).

d <- data.frame(h=rep(c("a","b"),each=6), psu=rep(1:6,each=2),
  w=c(10,10,12,12,8,8,20,20,25,25,18,18), y=c(1,0,1,1,0,0,0,1,1,1,0,1),
  g=factor(c(1,1,0,0,1,0,1,0,1,1,0,0)), x=c(3,5,2,8,6,1,4,7,9,2,5,3),
  v=factor(c(1,2,1,3,2,1,2,3,3,2,1,2)))
s <- svydesign(ids=~psu, strata=~h, weights=~w, data=d, nest=TRUE)
svyvar(~x, s); svychisq(~g+v, s); svychisq(~g+v, s, statistic="adjWald")
svygofchisq(~v, p=c(.3,.4,.3), s); svyttest(x~g, s); svyranktest(x~g, s); svytable(~g+v, s)
svyglm(x~g, s); svyglm(y~x, s, family=quasibinomial()); svyglm(x~g, s, family=quasipoisson())
svyolr(v~x, s); svyratio(~y, ~x, as.svrepdesign(s, type="JKn"))
svymean(~y, calibrate(s, ~x, c(`(Intercept)`=190, x=900)))
svymean(~y, calibrate(s, ~x, c(`(Intercept)`=190, x=900), calfun="logit", bounds=c(.5,2)))
svytotal(~y, postStratify(s, ~g, data.frame(g=c("0","1"), Freq=c(100,90))))
svymean(~y, trimWeights(s, upper=22)); svyciprop(~y, s, method="asin")
d$x2 <- d$x + c(1,-1,2,0,1,0,0,2,-1,1,0,1); svycralpha(~x+x2, s)
d1 <- d[-(5:6),]; d1 <- rbind(d1, transform(d1[1:2,], h="c", psu=9))
for (rule in c("adjust","average","remove")) {options(survey.lonely.psu=rule); svymean(~y, s1)}
The total under "adjust" is the published check of survey 4.5 (4.1-1 is wrong there).
"""

import numpy as np
import pytest
from scipy import stats

from analysis.core import (
    association,
    calibrate,
    estimate,
    quadratic,
    quantiles,
    regression,
    reliability,
    resample,
)
from analysis.core.design import Design

H = np.repeat(["a", "b"], 6)
PSU = np.repeat(np.arange(1, 7), 2)
W = np.array([10, 10, 12, 12, 8, 8, 20, 20, 25, 25, 18, 18], dtype=float)
Y = np.array([1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1], dtype=float)
G = np.array([1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0], dtype=float)
X = np.array([3, 5, 2, 8, 6, 1, 4, 7, 9, 2, 5, 3], dtype=float)
V = np.array([1, 2, 1, 3, 2, 1, 2, 3, 3, 2, 1, 2], dtype=float)
ONE = np.ones(12)
EXACT = {"rel": 1e-9}


@pytest.fixture
def design():
    return Design.declare(weights=W, strata=H, ids=[PSU])


def _test(found):
    return [found.statistic, *found.df, found.p_value]


def test_a_variance(design):
    table = estimate.variance(design, X)
    assert [table.values[0], table.se[0]] == pytest.approx(
        [6.93497934600952, 2.91498882544675], **EXACT
    )


def test_tables_by_rao_and_scott_and_by_wald(design):
    assert _test(association.chi_square(design, G, V)) == pytest.approx(
        [1.21747787908808, 1.74695902968983, 6.98783611875932, 0.344060494995853], **EXACT
    )
    assert _test(association.chi_square(design, G, V, statistic="adjWald")) == pytest.approx(
        [3.76090550692291, 2, 3, 0.152246086044815], **EXACT
    )


def test_goodness_of_fit(design):
    assert _test(association.goodness_of_fit(design, V, [0.3, 0.4, 0.3])) == pytest.approx(
        [1.7016129032258, 13.5104305077481, 1.36306683784295, 0.836392498674018], **EXACT
    )


def test_weighted_counts(design):
    labels, counts = association.table(design, G, V)
    assert labels == [["0.0", "1.0"], ["1.0", "2.0", "3.0"]]
    assert counts.flatten(order="F").tolist() == [38, 10, 18, 63, 32, 25]


def test_two_means_and_two_rank_distributions(design):
    found = association.t_test(design, X, G)
    assert [found.estimate, *_test(found)] == pytest.approx(
        [0.246753246753246, 0.214350310171532, 3, 0.844016943543057], **EXACT
    )
    found = association.rank_test(design, X, G)
    assert [found.estimate, *_test(found)] == pytest.approx(
        [0.0240164980948391, 0.221111132505893, 3, 0.839200464077525], **EXACT
    )


@pytest.mark.parametrize(
    ("fit", "y", "x", "values", "se"),
    [
        (regression.fit_linear, X, G, [4.68181818181818, 0.246753246753246],
         [0.806809583979755, 1.15116813479665]),
        (regression.fit_logit, Y, X, [0.0661892230673993, 0.12356817732204],
         [1.04556689363998, 0.143701215577091]),
        (regression.fit_poisson, X, G, [1.54368653487132, 0.0513626401106809],
         [0.17232826065587, 0.241670268900142]),
    ],
)  # fmt: skip
def test_regressions(design, fit, y, x, values, se):
    found = fit(design, y, np.stack([ONE, x], axis=1))
    assert found.values == pytest.approx(values, rel=1e-8)
    assert found.se == pytest.approx(se, rel=1e-8)
    assert found.df == 3


@pytest.mark.parametrize(
    ("fit", "values", "se"),
    [
        (regression.fit_poisson, [0.885224912299265, -0.0570663921227585],
         [0.0519263531603075, 0.0552266646782654]),
        (regression.fit_linear, [4.14054269900615, 0.062175876585895],
         [0.626441973529572, 0.917367929102452]),
    ],
)  # fmt: skip
def test_a_part_of_the_predictor_may_be_given(design, fit, values, se):
    """svyglm(x ~ g + offset(log(v)), s, family=quasipoisson() and gaussian())"""
    found = fit(design, X, np.stack([ONE, G], axis=1), offset=np.log(V))
    assert found.values == pytest.approx(values, rel=1e-8)
    assert found.se == pytest.approx(se, rel=1e-8)


def test_a_scale_that_a_variable_tells_apart_has_no_odds(design):
    for y, x in ((V, V), (np.repeat([1, 2, 3], 4), np.arange(12.0))):
        with pytest.raises(regression.NotEstimable, match="有序回归"):
            regression.fit_ordinal(design, y, x[:, None])


def test_proportional_odds(design):
    found = regression.fit_ordinal(design, V, X[:, None])
    assert found.values == pytest.approx(
        [0.936072957201769, 2.3018066170609, 5.93267426774879], rel=1e-6
    )
    # R takes its Hessian by finite differences
    assert found.se == pytest.approx(
        [0.401612141361071, 1.12253508327288, 1.97762747706611], rel=1e-4
    )


def test_a_ratio_by_the_jackknife(design):
    table = estimate.ratio(resample.jackknife(design), Y, X)
    assert table.se[0] == pytest.approx(0.0279301474149128, **EXACT)


def test_calibration_carries_into_the_standard_error(design):
    x, totals = np.stack([ONE, X], axis=1), [190, 900]
    linear = estimate.mean(calibrate.calibrate(design, x, totals), Y)
    assert [linear.values[0], linear.se[0]] == pytest.approx(
        [0.653887343068373, 0.147612258464038], **EXACT
    )
    bounded = calibrate.calibrate(design, x, totals, kind="logit", bounds=(0.5, 2))
    table = estimate.mean(bounded, Y)
    assert [table.values[0], table.se[0]] == pytest.approx(
        [0.653971717162538, 0.147627968189959], rel=1e-8
    )


def test_post_stratified_totals_and_trimmed_means(design):
    table = estimate.total(calibrate.post_stratify(design, G, {"0.0": 100, "1.0": 90}), Y)
    assert [table.values[0], table.se[0]] == pytest.approx(
        [125.556586270872, 29.4848345394107], **EXACT
    )
    table = estimate.mean(calibrate.trim(design, upper=22), Y)
    assert [table.values[0], table.se[0]] == pytest.approx(
        [0.639784946236559, 0.148373335482223], **EXACT
    )


def test_an_arcsine_interval_and_the_reliability_of_a_scale(design):
    low, high = estimate.share(design, Y).interval(method="arcsine")
    assert [low[0], high[0]] == pytest.approx([0.228812235125592, 0.967364325663679], **EXACT)
    other = X + np.array([1, -1, 2, 0, 1, 0, 0, 2, -1, 1, 0, 1])
    alpha = reliability.cronbach_alpha(design, np.stack([X, other], axis=1))
    assert alpha == pytest.approx(0.956178190933779, **EXACT)


@pytest.mark.parametrize(
    ("rule", "se"),
    [
        ("adjust", 0.134715745906402),
        ("average", 0.163071176085338),
        ("remove", 0.133147057721541),
    ],
)
def test_lonely_strata_by_each_rule(rule, se):
    pick = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 0, 1]
    strata, units = H[pick], PSU[pick]
    strata[-2:], units[-2:] = "c", 9
    design = Design.declare(weights=W[pick], strata=strata, ids=[units], lonely=rule)
    assert estimate.mean(design, Y[pick]).se[0] == pytest.approx(se, **EXACT)


@pytest.mark.parametrize(
    ("rule", "domains", "mean", "deff", "ratio"),
    [("average", False, [0.904224096271497, 0.636012971565832],
      [1.07174119849325, 0.301881758546833], [1.14779411513737, 2.10108706320015]),
     ("average", True, [1.27860120185266, 0.870818580417299],
      [2.14293002524032, 0.565926849108562], [0.458167286374449, 2.95234960326941]),
     ("adjust", True, [0.73840751876641, 0.560178542966437],
      [0.714710222201764, 0.234184347410763], [1.5287141298637, 1.8031798928414])],
)  # fmt: skip
def test_lonely_strata_of_a_group_are_its_own(rule, domains, mean, deff, ratio):
    """d1$g[12] <- "0"; svyby(~x, ~g, s1, svymean, deff=TRUE); the same with svyratio over y."""
    pick = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 0, 1]
    strata, units, g = H[pick], PSU[pick], G[pick]
    strata[-2:], units[-2:], g[-1] = "c", 9, 0
    design = Design.declare(
        weights=W[pick], strata=strata, ids=[units], lonely=rule, lonely_in_domains=domains
    )
    found = estimate.by_group(design, X[pick], [g == 0, g == 1])
    assert found.se == pytest.approx(mean, **EXACT)
    assert found.deff == pytest.approx(deff, **EXACT)
    assert found.n_eff == pytest.approx(found.n / deff, **EXACT)
    found = estimate.by_group(design, X[pick], [g == 0, g == 1], statistic="ratio", below=Y[pick])
    assert found.se == pytest.approx(ratio, **EXACT)


def test_a_lonely_total_is_centred_at_the_mean_unit():
    design = Design.declare(
        weights=[10.5, 10.5, 20, 20, 15], strata=[1, 1, 2, 2, 3], lonely="adjust"
    )
    variance = estimate.total(design, [30.5, 40.5, 35, 52, 44]).covariance[0, 0]
    assert variance == pytest.approx(127579.8, rel=1e-6)


@pytest.mark.parametrize(
    ("rule", "values"),
    [("math", (21, 50, 100)), ("school", (21, 50.5, 100.5)), ("hf3", (21, 50, 100)),
     ("hf5", (20.5, 50.5, 100.5)), ("hf9", (20.4, 50.4375, 100.5)), ("shahvaish", (35, 65, 115))],
)  # fmt: skip
def test_a_level_on_a_step_is_decided_as_in_r(rule, values):
    """svyquantile(~x, svydesign(~1, weights=~w, data=data.frame(x=1:200, w=30.97)), ...)."""
    equal = Design.declare(weights=np.full(200, 1 / (1 / 30.97)))
    found = quantiles.quantile(equal, np.arange(1, 201), [0.1, 0.25, 0.5], rule=rule)
    assert found.values == pytest.approx(values, rel=1e-12)


def test_the_score_interval_of_a_quantile():
    """svyquantile(~x, d, .25, interval.type="score") with fpc 6194."""
    drawn = Design.declare(weights=np.full(200, 30.97), fpc=[np.full(200, 6194.0)])
    found = quantiles.quantile(drawn, np.arange(1, 201), [0.25], interval="score")
    assert (found.low[0], found.high[0]) == (40, 63)


@pytest.mark.parametrize(
    ("x", "plain", "over"),
    [(1, 0.870894808723359, 0.8699412873488015), (10, 0.2004164573022042, 0.2346565693231214),
     (40, 0.0059294213112191059, 0.019512166416775278)],
)  # fmt: skip
def test_weighted_chi_squares_as_in_r(x, plain, over):
    """pchisqsum and pFsum (ddf = 12), method="saddlepoint", weights 5, 0.5, 1."""
    assert quadratic.saddlepoint(x, [5, 0.5, 1]) == pytest.approx(plain, rel=1e-6)
    assert quadratic.saddlepoint(x, [5, 0.5, 1], 12) == pytest.approx(over, rel=1e-6)


def test_at_the_mean_the_saddlepoint_gives_way_to_satterthwaite():
    """pchisqsum(3, c(1,1,1), c(1,1,1), lower.tail=FALSE, method="saddlepoint") = pchisq(3, 3)."""
    assert quadratic.saddlepoint(3, [1, 1, 1]) == pytest.approx(stats.chi2.sf(3, 3), rel=1e-9)
    assert quadratic.saddlepoint(3, [1, 1, 1], 8) == pytest.approx(stats.f.sf(1, 3, 8), rel=1e-9)


@pytest.mark.parametrize("interval", ["symmetric", "beta", "score"])
def test_a_quantile_of_nobody_or_of_one_value(interval):
    rows = Design.declare(weights=np.ones(8))
    nobody = quantiles.quantile(rows, np.full(8, np.nan), [0.5], interval=interval)
    assert np.isnan([nobody.values[0], nobody.low[0], nobody.high[0]]).all()
    assert nobody.n == 0
    same = quantiles.quantile(rows, np.full(8, 3.0), [0.5], interval=interval)
    assert same.values[0] == 3.0
    assert np.isnan(same.low[0]) or same.low[0] == 3.0


@pytest.mark.parametrize("x", [0.3, 3.0, 12.0])
def test_the_exact_tail_is_scipys_where_that_has_one(x):
    assert quadratic.exact(x, [2, 2, 2]) == pytest.approx(stats.chi2.sf(x / 2, 3), abs=1e-9)
    assert quadratic.exact(x, [2, 2, 2], 9) == pytest.approx(stats.f.sf(x / 6, 3, 9), abs=1e-8)
