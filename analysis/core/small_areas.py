"""Model estimates per township: the area-level model of Fay and Herriot (1979).

    y_i = x_i'b + v_i + e_i,   v_i ~ (0, s2),   e_i ~ (0, D_i) known
    b = (sum x x'/(s2 + D))^-1 sum x y/(s2 + D),   g_i = s2 / (s2 + D_i)
    estimate_i = g_i y_i + (1 - g_i) x_i'b

y_i: the direct estimate of township i, x_i: facts of the frame known for every township without
sampling error. s2 by restricted maximum likelihood; mean squared error after Prasad and Rao (1990)
and Datta and Lahiri (2000): g1 + g2 + 2 g3. An aid beside the direct estimates, never a ranking;
refused where the checks fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from analysis.core.population import Place

Floats = NDArray[np.float64]
Row = dict[str, Any]
AREAS, PER_COEFFICIENT, NORMAL = 8, 4, 0.05
OLD = "60+"  # name of the last class of `ages.AGES`
Z = float(stats.norm.ppf(0.975))


class NotModelled(ValueError):
    """The model does not hold or there are too few areas; the text says which."""


@dataclass(frozen=True)
class Fit:
    """m areas, k coefficients: beta (k,), s2, shrinkage g (m,), synthetic, value, mse (m,)."""

    beta: Floats
    s2: float
    shrinkage: Floats
    synthetic: Floats
    value: Floats
    mse: Floats
    normality: float  # p-value of Shapiro and Wilk on the standardised residuals


def fit(y: ArrayLike, variance: ArrayLike, x: ArrayLike) -> Fit:
    """Estimates of areas from y (m,), their sampling variances (m,), x (m, k) with a constant.

    Raises `NotModelled` with the reason when a check fails; ValueError on variances that are none.
    """
    direct, d, matrix = (np.asarray(v, dtype=float) for v in (y, variance, x))
    if not np.all(np.isfinite(direct)) or np.any(~(d > 0)):
        raise ValueError("every area needs a finite estimate and a positive variance")
    m, k = matrix.shape
    if m < AREAS:
        raise NotModelled(f"能用的乡镇只有 {m} 个，不足 {AREAS} 个，不建模型")
    if m < PER_COEFFICIENT * k or np.linalg.matrix_rank(matrix) < k:
        raise NotModelled(f"{m} 个乡镇不够估计 {k} 个系数，或解释变量共线，不建模型")
    s2 = _reml(direct, d, matrix)
    if s2 <= 1e-6 * float(d.mean()):
        raise NotModelled("乡镇之间看不出超过抽样误差的差别，模型只会把各乡镇拉平，不采用")
    done = _estimates(direct, d, matrix, s2)
    if done.normality < NORMAL:
        raise NotModelled(f"模型残差偏离正态（p={done.normality:.3f}），不采用")
    return done


def _parts(d: Floats, x: Floats, s2: float) -> tuple[Floats, Floats]:
    """Inverse variances (m,) and (x'V^-1 x)^-1 (k, k)."""
    weight = 1 / (s2 + d)
    return weight, np.asarray(np.linalg.inv(x.T @ (x * weight[:, None])), dtype=float)


def _reml(y: Floats, d: Floats, x: Floats) -> float:
    """s2 >= 0 of the largest restricted likelihood."""

    def minus_log_likelihood(s2: float) -> float:
        weight, inverse = _parts(d, x, s2)
        beta = inverse @ (x.T @ (weight * y))
        rest = y - x @ beta
        information = -np.linalg.slogdet(inverse)[1]
        return float(information - np.log(weight).sum() + weight @ (rest * rest))

    scale = float(d.mean()) + float(y.var())
    grid = np.concatenate([[0.0], scale * np.geomspace(1e-8, 1e3, 120)])
    at = int(np.argmin([minus_log_likelihood(s2) for s2 in grid]))
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(
        minus_log_likelihood, bounds=(low, high), method="bounded",
        options={"xatol": 1e-12 * scale},
    )  # fmt: skip
    best = float(found.x)
    return 0.0 if minus_log_likelihood(0.0) <= minus_log_likelihood(best) else best


def _estimates(y: Floats, d: Floats, x: Floats, s2: float) -> Fit:
    weight, inverse = _parts(d, x, s2)
    beta = inverse @ (x.T @ (weight * y))
    synthetic = x @ beta
    shrinkage = s2 * weight
    spread = np.einsum("ij,jk,ik->i", x, inverse, x)
    g1, g2 = s2 * d * weight, (1 - shrinkage) ** 2 * spread
    g3 = d**2 * weight**3 * 2 / float((weight**2).sum())
    residual = (y - synthetic) * np.sqrt(weight)
    return Fit(
        beta, s2, shrinkage, synthetic, shrinkage * y + (1 - shrinkage) * synthetic,
        g1 + g2 + 2 * g3, float(stats.shapiro(residual).pvalue),
    )  # fmt: skip


# -- the section of figures.json ---------------------------------------------------------------


def section(townships: Sequence[Row], domains: Sequence[Row], frame: Sequence[Place]) -> Row | None:
    """Needs of townships with the model, from what is published of them; None without townships.

    covariates: those all townships could carry; a model uses the first ``len(beta) - 1`` of them.
    A township whose own estimate is withheld stays out: a model value would give it away.
    """
    facts = covariates(frame)
    if not townships or not facts:
        return None
    return {
        "axis": "need",
        "covariates": list(next(iter(facts.values())))[: _affordable(len(townships))],
        "domains": [
            {"code": d["code"], **_modelled(_published(townships, d["code"]), d["need"], facts)}
            for d in domains
        ],
    }


def covariates(frame: Sequence[Place]) -> dict[str, dict[str, float]]:
    """Township -> named shares of its women, in the order they are used; known, not estimated."""
    women: dict[str, Counter[str]] = {}
    for place in frame:
        found = women.setdefault(place.township, Counter())
        found["all"] += place.women
        found["urban"] += place.women if place.urban else 0
        found["old"] += place.by_age.get(OLD, 0)
    names = {"urban": "城镇村妇女占比"}
    if frame and all(place.by_age for place in frame):
        names = {"old": "60岁及以上妇女占比", **names}
    return {
        township: {label: found[key] / found["all"] for key, label in names.items()}
        for township, found in women.items() if found["all"]
    }  # fmt: skip


def _affordable(areas: int) -> int:
    """Covariates so many townships can carry, the constant apart."""
    return max(areas // PER_COEFFICIENT - 1, 0)


def _published(townships: Sequence[Row], code: str) -> dict[str, Row]:
    rows = {t["code"]: d["need"] for t in townships for d in t["domains"] if d["code"] == code}
    return {
        town: row for town, row in rows.items()
        if row["status"] != "suppressed" and row["value"] is not None and row["deff"]
    }  # fmt: skip


def _modelled(own: Mapping[str, Row], county: Row, facts: Mapping[str, Row]) -> Row:
    """Rows by township, or why there are none."""
    towns = [town for town in own if town in facts]
    if county["status"] == "suppressed" or not towns:
        return {"refused": "没有可公布的乡镇估计，不建模型"}
    known = np.array([list(facts[town].values())[: _affordable(len(towns))] for town in towns])
    try:
        found = fit(
            [own[town]["value"] for town in towns],
            smoothed([own[town] for town in towns], county["value"]),
            np.column_stack([np.ones(len(towns)), known]),
        )
    except NotModelled as reason:
        return {"refused": str(reason)}
    rows = zip(towns, found.value, np.sqrt(found.mse), found.shrinkage, strict=True)
    return {
        "s2": found.s2, "normality": found.normality, "beta": found.beta.tolist(),
        "rows": [
            {"code": town, "value": float(value), "se": float(se),
             "low": max(float(value - Z * se), 0.0), "high": min(float(value + Z * se), 1.0),
             "shrinkage": float(g), "n": own[town]["n"], "status": "ok", "reason": ""}
            for town, value, se, g in rows
        ],
    }  # fmt: skip


def smoothed(rows: Sequence[Row], share: float) -> Floats:
    """(m,) sampling variances: the county's p (1 - p) / n times the townships' median deff.

    A township's own variance rests on some ten villages and moves with its own estimate, which
    would pull small shares too hard (generalised variance function, Wolter 2007 ch. 7).
    """
    deff = float(np.median([row["deff"] for row in rows]))
    return share * (1 - share) * deff / np.array([row["n"] for row in rows], dtype=float)
