"""R's formulas as the referee reads them. Referee: R's model.matrix and terms."""

import numpy as np
import pytest

from tests.referee import __main__ as referee
from tests.referee import formulas

DATA = {
    "v": np.array([1.0, 2, 3, 4, 5, 6]),
    "n": np.array([10.0, 20, 30, 40, 50, 60]),
    "a.b": np.array([1.0, 1, 2, 2, 3, 3]),
    "e": np.array(["k", "l", "m", "k", "l", "m"], dtype=object),
    "g": np.array(["x", "y", "x", "y", "y", "x"], dtype=object),
}


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("y ~ (g + v)^2", ["(Intercept)", "gy", "v", "gy:v"]),
        ("y ~ (g + v + n)^2 - g:n", ["(Intercept)", "gy", "v", "n", "gy:v", "v:n"]),
        ("y ~ e*v - v", ["(Intercept)", "el", "em", "ek:v", "el:v", "em:v"]),
        ("y ~ v + n - v", ["(Intercept)", "n"]),
        ("y ~ g*(v + n)", ["(Intercept)", "gy", "v", "n", "gy:v", "gy:n"]),
        ("y ~ v - 1", ["v"]),
        ("y ~ 0 + e", ["ek", "el", "em"]),
        ("y ~ offset(log(n)) + v", ["(Intercept)", "v"]),
        ("y ~ v + I(v^2) + log(a.b)", ["(Intercept)", "v", "I(v^2)", "log(a.b)"]),
    ],
)
def test_the_columns_of_a_formula(formula, names):
    found, x = formulas.matrix(formula, DATA)
    assert found == names
    assert x.shape == (6, len(names))


def test_an_offset_is_no_column_but_a_part_of_the_predictor():
    assert formulas.offset("v", DATA) is None
    found = formulas.offset("offset(log(n)) + v + offset(v)", DATA)
    assert found == pytest.approx(np.log(DATA["n"]) + DATA["v"])


def _judged(tmp_path, call, **more):
    rows = ["y,x,h", *(f"{k % 2},{k},{'ab'[k % 2]}" for k in range(8))]
    (tmp_path / "d.csv").write_text("\n".join(rows), "utf-8")
    case = {"id": "c", "dataset": "d", "design": {"type": "linearized"}, "call": call,
            "expected": {"estimate": [1]}, **more}  # fmt: skip
    return referee.judge(case, tmp_path)


def test_only_a_refusal_of_the_engine_counts_where_nothing_can_be_matched(tmp_path):
    policy = {"policy": "do_not_match: p = 0"}
    separated = {"fn": "glm", "formula": "y ~ h", "family": "quasibinomial"}
    good, words = _judged(tmp_path, separated, **policy)
    assert good
    assert words.startswith("ok refused: 回归")
    broken = {"fn": "glm", "formula": "y ~ nothing", "family": "quasibinomial"}
    assert not _judged(tmp_path, broken, **policy)[0]
    text = {"fn": "mean", "vars": "h", "deff": "other"} | {"fn": "ttest", "formula": "h ~ y"}
    assert not _judged(tmp_path, text, **policy)[0]  # a ValueError of reading is no refusal


def test_a_domain_keeps_the_levels_of_a_text(tmp_path):
    subset = [{"col": "h", "op": "==", "value": "a"}]
    expected = {"dim": [2], "dimnames": [["a", "b"]], "counts": [4, 0]}
    good, words = _judged(tmp_path, {"fn": "table", "vars": "h"}, subset=subset, expected=expected)
    assert good, words


def test_quantiles_of_several_variables_stand_one_after_the_other(tmp_path):
    expected = {"estimate": [3, 0]}
    call = {"fn": "quantile", "vars": ["x", "y"], "q": [0.5]}
    good, words = _judged(tmp_path, call, expected=expected)
    assert good, words


def test_a_text_is_answered_by_whether_it_is_not_the_first_level(tmp_path):
    """glm of a factor: the first level is failure; odds of b among x >= 3 are 3 to 2."""
    expected = {"estimate": [np.log(3 / 2)], "names": ["(Intercept)"]}
    call = {"fn": "glm", "formula": "h ~ 1", "family": "quasibinomial"}
    subset = [{"col": "x", "op": ">=", "value": 3}]
    good, words = _judged(tmp_path, call, expected=expected, subset=subset)
    assert good, words
