"""Who did not answer: printed rates and bounds. Referees: weighted sums written out here."""

import dataclasses

import numpy as np
import pytest

from analysis.core import digest, figures, needs, rounding
from analysis.core.design import Design
from analysis.core.report import annex, doubts
from tests import small_county


def county(seed, people):
    place = small_county.small(np.random.default_rng(seed), people=people)
    return place, np.ones(people, dtype=bool)


def built(official):
    return figures.build(official, None, {}, {}, {})


def silent(place, count):
    """So many women who need nothing skip the first question, and nobody else does."""
    texts = {k: v.copy() for k, v in place.texts.items()}
    need = np.where(texts["need_01"] == "", "0", texts["need_01"])
    need[np.flatnonzero(need == "0")[:count]] = ""
    return dataclasses.replace(place, texts=texts | {"need_01": need})


def test_a_rate_is_never_below_the_truth_and_above_five_percent_has_bounds():
    place, rows = county(4, 210)
    found = built(silent(place, 19).official(rows))
    domain = found["domains"][0]
    assert domain["need"]["n"] == 200  # 10 to 19 are missing, for all that is printed
    assert domain["missing"]["need"] == pytest.approx(20 / 210)
    assert domain["missing"]["need"] >= 19 / 210 > 0.05
    assert set(domain["bounds"]) >= {"need"}
    assert "未超过5%" not in "".join(doubts.compose(found))


def test_bounds_hold_what_a_weighted_share_can_be():
    place, rows = county(4, 600)
    size = np.tile([1.0, 1, 1, 1, 4], 120)  # every fifth woman stands for four times as many
    texts = {k: v.copy() for k, v in place.texts.items()}
    texts["need_01"][np.flatnonzero(size == 4)[:60]] = ""
    official = dataclasses.replace(place, texts=texts).official(rows)
    design = Design.declare(
        weights=size, strata=place.township, ids=[place.village], lonely="adjust"
    )
    domain = built(dataclasses.replace(official, design=design))["domains"][0]
    need = needs.indicators(needs.plan(official.definition), official.columns).need[:, 0]
    known = np.isfinite(need)
    low = size[known] @ need[known] / size.sum()
    lack = size[~known].sum() / size.sum()
    assert lack > 0.2
    assert domain["missing"]["need"] >= lack
    assert domain["bounds"]["need"][0] <= low
    assert domain["bounds"]["need"][1] >= low + lack
    assert domain["bounds"]["need"][1] - domain["bounds"]["need"][0] < lack + 0.03


def test_with_equal_weights_the_rate_says_what_n_says():
    for seed in range(5):
        place, rows = county(seed, 400)
        found = built(place.official(rows))
        for domain in found["domains"]:
            for axis in needs.AXES:
                rate, n = domain["missing"][axis], domain[axis]["n"]
                assert (rate is None) == (n is None)
                if n is not None:
                    assert rate == pytest.approx((400 - n + rounding.TENS) / 400)


def test_a_withheld_base_tells_no_rate():
    place = small_county.small(np.random.default_rng(9))
    found = built(place.official(np.ones(len(place.late), dtype=bool)))
    dark = [d for d in found["domains"] if d["joint"]["n"] is None]
    assert dark
    for domain in dark:
        assert (domain["missing_rate"], domain["base_rate"]) == (None, None)
        assert annex.estimate(domain, "joint")[5] == "不显示"
        assert f"{domain['label']}的答题人数不公布，未答率不显示" in "".join(doubts.compose(found))
    shown = {row["code"]: row["missing"] for row in digest.table(found, "joint")}
    assert [shown[d["code"]] for d in dark] == ["不显示"] * len(dark)
