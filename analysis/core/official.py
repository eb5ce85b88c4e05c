"""The official estimate: from a drawn and answered probability sample to weights and design.

Weights: 1 / (pi_psu * m/M * 1/E), non-response within classes, raking to the population of women.
Variance: Brewer's approximation for the villages as drawn, plus the second stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.core import weights
from analysis.core.design import Design, Floats

Margin = weights.Margin


@dataclass(frozen=True)
class SampleFacts:
    """n drawn households; every array (n,).

    stratum, village: names; pi_psu, drawn, listed: see `weights.base_weights`; eligible: women of
    the household (1 where unknown); outcome: responded | nonresponse | unknown | ineligible;
    classes: within which respondents stand for those who did not answer.
    """

    stratum: ArrayLike
    village: ArrayLike
    pi_psu: ArrayLike
    drawn: ArrayLike
    listed: ArrayLike
    eligible: ArrayLike
    outcome: ArrayLike
    classes: ArrayLike


def weigh(facts: SampleFacts, margins: Sequence[Margin]) -> tuple[weights.Weighted, np.ndarray]:
    """The calibrated design of the respondents, and which rows (n,) they are.

    margins: labels over the respondents, in row order, with the counts of women they stand for.
    Raises `LonelyStrata` where they are too few villages for a standard error.
    """
    outcome = np.asarray(facts.outcome).astype(str)
    rows = outcome == "responded"
    ones = np.ones(len(outcome))
    household = weights.base_weights(facts.pi_psu, facts.drawn, facts.listed, ones)
    factor = weights.nonresponse(household, outcome, facts.classes)
    eligible = np.asarray(facts.eligible, dtype=float)
    start = weights.base_weights(facts.pi_psu, facts.drawn, facts.listed, np.maximum(eligible, 1))
    adjusted = (start * factor)[rows]
    steps = [
        weights.describe("设计权数", start[rows]),
        weights.describe("无应答调整", adjusted, factor[rows]),
    ]
    design = _design(facts, rows, adjusted)
    found = weights.calibrate_sample(design, margins, steps=steps)
    found.design.require_errors()
    return found, rows


def _design(facts: SampleFacts, rows: np.ndarray, final: Floats) -> Design:
    """The draw as it was; with replacement (labelled, conservative) when a village has one answer,
    since then its second stage cannot be estimated."""
    village = np.asarray(facts.village)[rows]
    if np.unique(village, return_counts=True)[1].min() < 2:
        strata = np.asarray(facts.stratum)[rows]
        return Design.declare(weights=final, strata=strata, ids=[village])
    return Design.declare(
        weights=final,
        strata=np.asarray(facts.stratum)[rows],
        ids=[village, np.arange(int(rows.sum()))],
        fpc=[np.asarray(facts.pi_psu, dtype=float)[rows], _second_stage(facts, rows)],
        pps=True,
    )


def _second_stage(facts: SampleFacts, rows: np.ndarray) -> Floats:
    """Answering women over all women of the village, since one woman stands for her household.

    The share of households drawn would overstate what is known of a village.
    """
    village = np.asarray(facts.village)[rows]
    _, codes, counts = np.unique(village, return_inverse=True, return_counts=True)
    eligible = np.asarray(facts.eligible, dtype=float)[rows]
    per_household = np.bincount(codes, eligible) / counts
    listed = np.asarray(facts.listed, dtype=float)[rows]
    return np.minimum(counts[codes] / (listed * per_household[codes]), 1.0)
