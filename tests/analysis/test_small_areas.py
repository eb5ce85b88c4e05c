"""Township models. Referees: the textbook formulas in R (base `optimize`, `shapiro.test`), and the

demonstration county, whose shares by township are known."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from analysis.core import estimate, small_areas
from analysis.core.population import Place
from analysis.core.report import townships as report
from analysis.demo.county import AGES, county
from analysis.demo.coverage import one_sample
from analysis.demo.truth import CODES, truth

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
X1 = [0.12, 0.31, 0.22, 0.45, 0.18, 0.27, 0.39, 0.05, 0.33, 0.51, 0.24, 0.16]
D = [4e-4, 9e-4, 6e-4, 12e-4, 5e-4, 8e-4, 10e-4, 3e-4, 7e-4, 15e-4, 6e-4, 4e-4]
Y = [0.31, 0.34, 0.30, 0.47, 0.26, 0.38, 0.36, 0.27, 0.43, 0.42, 0.34, 0.33]
X = np.column_stack([np.ones(12), X1])
# R 4.2.2: V <- s2 + D; Q <- solve(t(X/V) %*% X); b <- Q %*% t(X/V) %*% y; r <- y - X %*% b
# s2 minimises sum(log(V)) + log(det(t(X/V) %*% X)) + sum(r^2/V); g <- s2/V
# est <- g*y + (1-g)*X%*%b; g1 <- s2*D/V; g2 <- (1-g)^2*diag(X%*%Q%*%t(X))
# g3 <- D^2/V^3 * 2/sum(1/V^2); mse <- g1 + g2 + 2*g3
S2 = 0.00063218303959
BETA = [0.244772897292, 0.396345887553]
EST = [0.303154083908, 0.356235730032, 0.315567001749, 0.439301241876, 0.284781839636,
       0.364240163561, 0.384107463736, 0.268258987312, 0.401398020588, 0.438930809019,
       0.339949314497, 0.321547328385]  # fmt: skip
MSE = [0.000353871722147, 0.000540527451735, 0.000436831801466, 0.000716386118184,
       0.000397082269451, 0.000505076681218, 0.000609122833290, 0.000299865953248,
       0.000488120274032, 0.000872007797669, 0.000436170928096, 0.000345543042499]  # fmt: skip
SHAPIRO = 0.876112389856


def test_the_textbook_estimates_are_met():
    found = small_areas.fit(Y, D, X)
    assert found.s2 == pytest.approx(S2, rel=1e-5)
    assert found.beta == pytest.approx(BETA, rel=1e-6)
    assert found.value == pytest.approx(EST, rel=1e-6)
    assert found.mse == pytest.approx(MSE, rel=1e-5)
    assert found.normality == pytest.approx(SHAPIRO, rel=1e-4)


def test_the_less_a_township_was_asked_the_more_it_borrows():
    found = small_areas.fit(Y, D, X)
    order = np.argsort(D, kind="stable")
    assert np.all(np.diff(found.shrinkage[order]) <= 0)
    low, high = np.minimum(Y, found.synthetic), np.maximum(Y, found.synthetic)
    assert np.all((low <= found.value) & (found.value <= high))


@pytest.mark.parametrize(
    ("y", "d", "x", "reason"),
    [
        (Y[:7], D[:7], X[:7], "不足 8 个"),
        (Y[:8], D[:8], np.column_stack([X[:8], np.arange(8.0)]), "不够估计 3 个系数"),
        (Y, D, np.column_stack([np.ones(12), np.ones(12)]), "共线"),
        (X @ [0.25, 0.4], D, X, "看不出超过抽样误差"),
        ([*([0.3] * 6), 0.29, 0.31, 0.3, 0.3, 0.9, 0.3], [1e-6] * 12, X[:, :1], "偏离正态"),
    ],
)
def test_a_model_that_fails_a_check_is_refused_in_words(y, d, x, reason):
    with pytest.raises(small_areas.NotModelled, match=reason):
        small_areas.fit(y, d, x)


def test_variances_of_zero_are_no_variances():
    with pytest.raises(ValueError, match="positive variance"):
        small_areas.fit(Y, [0.0, *D[1:]], X)


# -- against the county ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place():
    return county()


def frame_of(place):
    village = place.woman_village
    return [
        Place(place.township_code(t), bool(urban), int((village == v).sum()), {
            name: int(((village == v) & (place.age == k)).sum()) for k, name in enumerate(AGES)
        })
        for v, (t, urban) in enumerate(
            zip(place.village_township, place.village_urban, strict=True)
        )
    ]  # fmt: skip


def published(place, need, rng):
    """Rows of townships and county, as the figures hold them."""
    weighted, women = one_sample(place, rng)
    y, where = need[women].astype(float), place.woman_township[women]
    towns = [
        {"code": place.township_code(t), "name": f"乡镇{t}", "domains": [
            {"code": code, "need": row.row()}
            for code, row in zip(
                CODES, estimate.share(weighted.design, y, inside=where == t).rows(), strict=True)
        ]}
        for t in range(8)
    ]  # fmt: skip
    whole = estimate.share(weighted.design, y).rows()
    return towns, [{"code": c, "need": r.row()} for c, r in zip(CODES, whole, strict=True)]


def judged(place, samples, seed):
    """Root mean squared errors of direct and model values, the error the model states, refusals."""
    need, frame = truth(place).in_need, frame_of(place)
    true = np.array([need[place.woman_township == t].mean(axis=0) for t in range(8)])
    errors, why = {"direct": [], "model": [], "stated": []}, Counter()
    for number in range(samples):
        towns, whole = published(place, need, np.random.default_rng([seed, number]))
        done = small_areas.section(towns, whole, frame)
        for k, domain in enumerate(done["domains"]):
            why[domain.get("refused", "used")[:8]] += 1
            if "refused" in domain:
                continue
            direct = np.array([t["domains"][k]["need"]["value"] for t in towns])
            model = np.array([row["value"] for row in domain["rows"]])
            errors["direct"] += list((direct - true[:, k]) ** 2)
            errors["model"] += list((model - true[:, k]) ** 2)
            errors["stated"] += [row["se"] ** 2 for row in domain["rows"]]
    return {name: float(np.sqrt(np.mean(e))) for name, e in errors.items()}, why


def test_the_model_is_nearer_to_the_truth_than_the_direct_estimate(place):
    """Three samples x 12 needs x 8 townships; 40 samples give 2.5 against 3.9 points."""
    errors, why = judged(place, 3, 5)
    assert why["used"] > 10
    assert errors["model"] < 0.85 * errors["direct"]
    assert errors["stated"] > 0.9 * errors["model"]


@pytest.mark.long
def test_forty_samples_of_the_county(place):
    errors, why = judged(place, 40, 5)
    print({name: round(e, 4) for name, e in errors.items()}, dict(why))
    assert errors["model"] < 0.75 * errors["direct"]
    assert errors["model"] < errors["stated"] < 1.5 * errors["model"]


@pytest.fixture(scope="module")
def figures(place):
    """The example with the townships and models of one sample."""
    towns, whole = published(place, truth(place).in_need, np.random.default_rng(2))
    done = small_areas.section(towns, whole, frame_of(place))
    return json.loads(EXAMPLE.read_text("utf-8")) | {"townships": towns, "models": done}


def test_a_withheld_township_gets_no_model_value(place):
    towns, whole = published(place, truth(place).in_need, np.random.default_rng(2))
    first = towns[0]["domains"][0]
    first["need"] = first["need"] | {"status": "suppressed", "value": None}
    done = small_areas.section(towns, whole, frame_of(place))["domains"]
    assert "不足 8 个" in done[0]["refused"]
    assert any("rows" in d for d in done[1:])


def test_the_page_labels_the_model_and_ranks_nobody(figures):
    page = report.words(figures)
    text = "".join([page["title"], *page["lines"], page["plot"][0]])
    assert "模型估计" in page["title"]
    assert "不排名次" in text
    assert not any("第" in str(cell) for row in page["table"]["rows"] for cell in row)
    assert [row[0] for row in page["table"]["rows"]] == [t["name"] for t in figures["townships"]]
    assert "None" not in json.dumps(page, ensure_ascii=False)
    assert report.chart(figures).alt.count("模型") >= 9


def test_without_a_model_the_page_says_why(figures):
    refused = [{"code": c, "refused": "残差偏离正态"} for c in CODES]
    page = report.words(figures | {"models": figures["models"] | {"domains": refused}})
    assert page["title"] == report.NONE
    assert "残差偏离正态" in page["lines"][-1]
    assert report.chart(figures | {"models": {"domains": refused}}) is None


# -- words from numbers ------------------------------------------------------------------------


def model(code, towns, se):
    return {"code": code, "beta": [0.3] * (towns // 4), "rows": [
        {"code": f"t{k}", "value": 0.3, "se": se, "low": 0.2, "high": 0.4, "shrinkage": 0.5,
         "n": 60, "status": "ok", "reason": ""} for k in range(towns)
    ]}  # fmt: skip


def told(*models):
    """The lines about twelve townships whose own error is 5 points."""
    own = {"value": 0.3, "se": 0.05, "low": 0.2, "high": 0.4, "n": 60, "df": 9, "n_eff": 50,
           "deff": 1.2, "status": "ok", "reason": ""}  # fmt: skip
    towns = [{"code": f"t{k}", "name": f"乡{k}", "domains": [
        {"code": m["code"], "need": own} for m in models]} for k in range(12)]  # fmt: skip
    domains = [{"code": m["code"], "label": f"需要{m['code']}", "need": own} for m in models]
    section = {"covariates": ["60岁及以上妇女占比", "城镇村妇女占比"], "domains": list(models)}
    return report.words({"models": section, "townships": towns, "domains": domains})["lines"]


def test_only_the_covariates_of_the_shown_model_are_named():
    assert "按60岁及以上妇女占比、城镇村妇女占比推算" in told(model("01", 12, 0.03))[0]
    few = told(model("01", 10, 0.03))[0]
    assert "按60岁及以上妇女占比推算" in few
    assert "城镇" not in few


def test_other_models_are_mentioned_only_where_there_are_some():
    assert "另有" not in told(model("01", 12, 0.03))[1]
    assert "另有1项通过检验" in told(model("01", 12, 0.03), model("02", 12, 0.03))[1]


@pytest.mark.parametrize(
    ("se", "said"),
    [
        (0.03, ""),
        (0.05, "两者相近，这一项用模型没有明显好处"),
        (0.064, "模型的误差更大，这一项用模型没有好处"),
    ],
)
def test_the_errors_are_compared_as_they_are(se, said):
    line = told(model("01", 12, se))[2]
    assert said in line
    assert ("相近" in line, "更大" in line) == ("相近" in said, "更大" in said)
