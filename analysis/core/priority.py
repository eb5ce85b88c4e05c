"""The priority index, the second view beside J_k, and how far its order hangs on the weights.

P_k = N_k^a U_k^b E_k^c with a + b + c = 1 (geometric: a low axis is not made up for by a high
one), or a N_k + b U_k + c E_k (linear): N_k the share in need, U_k how urgent and E_k how wished
among the women in need. Errors by the delta method on the joint covariance. Nobody can prove one
set of weights right, so all are tried: Dirichlet(1, 1, 1) draws give the share of weightings under
which an issue takes each rank (stochastic multicriteria acceptability analysis, Lahdelma and
Salminen 2001). That is about weights only; sampling error stands with the rank sets (`ranking.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core import intervals, needs, rounding
from analysis.core.compare import transform
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, Estimates, mean
from analysis.core.thresholds import THRESHOLDS

PARTS = ("need", "degree", "wish")
EQUAL = (1 / 3, 1 / 3, 1 / 3)
DRAWS, SEED = 100_000, 20261124
LEAST = 1e-12  # stands for a share of zero where a logarithm is taken
Ints = NDArray[np.intp]
Row = dict[str, Any]


@dataclass(frozen=True)
class Robustness:
    """Ranks of p issues over all weightings, 1 = foremost.

    acceptability (p, p): share of the weightings that put issue i on rank j + 1; best, worst (p,):
    over all weightings, both forms of the index, and every axis left out or alone.
    equal (p,): rank at equal weights; without (p, 3): rank when one axis is left out.
    """

    acceptability: Floats
    best: Ints
    worst: Ints
    equal: Ints
    without: Ints

    def within(self, tau: int) -> Floats:
        """(p,) share of the weightings under which the issue is among the first tau."""
        return np.asarray(self.acceptability[:, :tau].sum(axis=1))


def table_of(design: AnyDesign, found: needs.Indicators, items: Sequence[int]) -> Estimates:
    """N, U and E of some domains with one covariance: (3q,), axis-major."""
    columns = [getattr(found, part)[:, list(items)] for part in PARTS]
    names = [f"{part}:{found.codes[i]}" for part in PARTS for i in items]
    return mean(design, np.concatenate(columns, axis=1), names=names)


def index(table: Estimates, weights: Sequence[float] = EQUAL, kind: str = "geometric") -> Estimates:
    """(q,) values of the index from `table_of`. ValueError on weights that do not add up to 1."""
    a, b, c = _checked(weights)
    q = len(table.names) // 3
    names = [name.partition(":")[2] for name in table.names[:q]]

    def score(x: Any) -> Any:
        n, u, e = x[:q], x[q : 2 * q], x[2 * q :]
        return n**a * u**b * e**c if kind == "geometric" else a * n + b * u + c * e

    if kind not in ("geometric", "linear"):
        raise ValueError(f"unknown form of the index: {kind}")
    return transform(table, score, names, f"{kind} index")


def _checked(weights: Sequence[float]) -> tuple[float, float, float]:
    a, b, c = (float(w) for w in weights)
    if min(a, b, c) < 0 or abs(a + b + c - 1) > 1e-9:
        raise ValueError("三个方面的权重应不小于 0，合计为 1")
    return a, b, c


def robustness(values: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Robustness:
    """values (p, 3): need, urgency and hope of each issue, each 0..1."""
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or x.shape[1] != 3 or not np.all(np.isfinite(x)):
        raise ValueError("every issue needs its three finite values")
    log = np.log(np.maximum(x, LEAST))
    tried = np.random.default_rng(seed).dirichlet(np.ones(3), draws)
    alone, without = np.eye(3), (1 - np.eye(3)) / 2
    geometric = _ranks(tried @ log.T)
    fixed = [_ranks(w @ y.T) for w in (alone, without) for y in (log, x)]
    every = np.concatenate([geometric, _ranks(tried @ x.T), *fixed])
    count = [(geometric == rank).mean(axis=0) for rank in range(1, len(x) + 1)]
    return Robustness(
        np.stack(count, axis=1), every.min(axis=0), every.max(axis=0),
        _ranks(np.array([EQUAL]) @ log.T)[0], _ranks(without @ log.T).T,
    )  # fmt: skip


def _ranks(scores: Floats) -> Ints:
    """(m, p) scores -> ranks, 1 = largest; equal scores share the better rank."""
    ranks = np.ones(scores.shape, dtype=np.intp)
    tied = 1e-12 * np.maximum(1, np.abs(scores))  # below this it is rounding
    for other in range(scores.shape[1]):
        ranks += scores[:, [other]] > scores + tied
    return ranks


# -- the section of figures.json ---------------------------------------------------------------


def section(design: AnyDesign, found: needs.Indicators, domains: Sequence[Row]) -> Row:
    """Index and robustness of the domains whose three parts are printed; the rest by name.

    domains: rows as they are published, past the gate. Values, ranks and bases follow from them, so
    they tell nothing more; only the errors come from the answers, upwards on the steps of shares.
    """
    items = [k for k, domain in enumerate(domains) if _whole(domain)]
    head: Row = {
        "parts": list(PARTS), "draws": DRAWS, "seed": SEED, "of": len(items),
        "left_out": [d["code"] for k, d in enumerate(domains) if k not in items], "domains": [],
    }  # fmt: skip
    if len(items) < 2:
        return head | {"refused": "三个方面都能公布的事项不足两项，不比较权重。"}
    told = [domains[k] for k in items]
    table = _printed(table_of(design, found, items), told)
    if (df := int(table.df.max())) < THRESHOLDS.rank_df:
        return head | {"refused": f"自由度{df}，不足{THRESHOLDS.rank_df}，不排名次，也不比较权重。"}
    done = robustness(table.values.reshape(3, -1).T)
    scores = {kind: _rows(index(table, kind=kind), told) for kind in ("geometric", "linear")}
    return head | {
        "domains": [
            {
                "code": domain["code"],
                "index": scores["geometric"][i],
                "linear": scores["linear"][i],
                "acceptability": done.acceptability[i].tolist(),
                "rank": int(done.equal[i]), "best": int(done.best[i]), "worst": int(done.worst[i]),
                "without": {part: int(r) for part, r in zip(PARTS, done.without[i], strict=True)},
            }
            for i, domain in enumerate(told)
        ]
    }  # fmt: skip


def _whole(domain: Row) -> bool:
    """All three parts are printed, the two among women in need on a base of at least 30."""
    parts = [domain[part] for part in PARTS]
    shown = all(part["value"] is not None for part in parts)
    return shown and all(part["n"] >= THRESHOLDS.follow_up_base for part in parts[1:])


def _printed(table: Estimates, domains: Sequence[Row]) -> Estimates:
    """The same table with the values that are printed of it."""
    values = [domain[part]["value"] for part in PARTS for domain in domains]
    return replace(table, values=np.array(values, dtype=float))


def _rows(scores: Estimates, domains: Sequence[Row]) -> list[Row]:
    """Index values as rows; the interval is taken on the log scale, so that it stays positive.

    The base is the smallest that is printed of the three: women in need who answered a follow-up.
    """
    out = []
    for k, (exact, domain) in enumerate(zip(scores.values, domains, strict=True)):
        parts, df = [domain[part] for part in PARTS], int(scores.df[k])
        n, sizes = min(part["n"] for part in parts), [part["n_eff"] for part in parts]
        value = rounding.share(float(exact), n)
        enough = df >= THRESHOLDS.interval_df and value > 0 and np.isfinite(scores.se[k])
        se = rounding.error(float(scores.se[k]), n) if enough else None
        low, high = (
            (float(end) for end in np.exp(intervals.symmetric(np.log(value), se / value, df)))
            if se is not None else (None, None)
        )  # fmt: skip
        doubt = "" if enough and df >= THRESHOLDS.df else _doubt(value, df)
        out.append({
            "value": value, "se": se, "low": low, "high": high, "n": n,
            "n_eff": None if None in sizes else min(sizes), "df": df, "deff": None,
            "status": "review" if doubt else "ok", "reason": doubt,
        })  # fmt: skip
    return out


def _doubt(value: float, df: int) -> str:
    """Why an index has no full interval: an index of 0 has no logarithm, or df are few."""
    return "指数为 0，给不出区间" if value <= 0 else f"自由度 {df}，谨慎使用"
