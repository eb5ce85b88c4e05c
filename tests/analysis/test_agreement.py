"""Agreement of coders against published examples and an independent derivation."""

import numpy as np
import pytest

from analysis.core import agreement


def pairs(both, first, second, neither):
    """Two coders' readings with these numbers of answers in the four cells."""
    a = [1] * (both + first) + [0] * (second + neither)
    b = [1] * both + [0] * first + [1] * second + [0] * neither
    return a, b


def test_kappa_of_the_grant_proposals():
    """20, 5, 10, 15: observed 0.70, expected 0.50, kappa 0.40 (the usual textbook table)."""
    found = agreement.cohen_kappa(*pairs(20, 5, 10, 15))
    assert found.value == pytest.approx(0.4)
    assert found.observed == pytest.approx(0.7)
    assert (found.n, found.first, found.second) == (50, 25, 30)


@pytest.mark.parametrize("cells", [(20, 5, 10, 15), (45, 15, 25, 15), (3, 2, 1, 94)])
def test_the_standard_error_is_that_of_the_delta_method(cells):
    """Referee: numerical gradient of kappa and the multinomial covariance of the four cells."""
    n = sum(cells)
    p = np.array(cells) / n

    def kappa(q):
        observed = q[0] + q[3]
        expected = (q[0] + q[1]) * (q[0] + q[2]) + (q[2] + q[3]) * (q[1] + q[3])
        return (observed - expected) / (1 - expected)

    steps = np.eye(4) * 1e-6
    gradient = np.array([(kappa(p + s) - kappa(p - s)) / 2e-6 for s in steps])
    variance = gradient @ (np.diag(p) - np.outer(p, p)) @ gradient / n
    assert agreement.cohen_kappa(*pairs(*cells)).se == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_kappa_is_not_told_where_nobody_varies():
    found = agreement.cohen_kappa([1, 1, 1], [1, 1, 1])
    assert np.isnan(found.value)
    assert found.observed == 1
    assert agreement.cohen_kappa([], []).n == 0


def test_no_interval_is_told_where_the_error_formula_gives_none():
    """All alike, one coder who always says yes, a single unit: certainty would be made up."""
    alike = agreement.cohen_kappa([1, 0, 1], [1, 0, 1])
    assert (alike.value, np.isnan(alike.low), np.isnan(alike.high)) == (1, True, True)
    constant = agreement.cohen_kappa([1] * 50, [1] * 40 + [0] * 10)
    assert (constant.value, np.isnan(constant.low)) == (0, True)
    assert np.isnan(agreement.krippendorff_alpha([["a", "b"]]).low)


def test_alpha_of_four_observers_with_missing_readings():
    """Krippendorff's own example of 12 units, nominal: 0.743."""
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    units = [[v for v in unit if v != "."] for unit in zip(*(r.split() for r in rows), strict=True)]
    found = agreement.krippendorff_alpha(units)
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert found.n == 11
    assert found.low < found.value < found.high <= 1


def test_alpha_of_two_coders_tends_to_kappa_of_one_code():
    """For two coders and large n, alpha is Scott's pi; here both use the code equally often."""
    a, b = pairs(400, 100, 100, 400)
    found = agreement.krippendorff_alpha(list(zip(a, b, strict=True)), draws=0)
    assert found.value == pytest.approx(agreement.cohen_kappa(a, b).value, abs=1e-3)


def test_sets_that_share_a_code_are_less_apart_than_sets_that_do_not():
    one, both, other = frozenset("a"), frozenset("ab"), frozenset("c")
    assert agreement.between_sets(one, both) == 0.5
    assert agreement.between_sets(one, other) == 1
    assert agreement.between_sets(frozenset(), frozenset()) == 0
    near = agreement.krippendorff_alpha([[one, both], [other, other]] * 5, agreement.between_sets)
    far = agreement.krippendorff_alpha([[one, both], [other, other]] * 5)
    assert near.value > far.value
