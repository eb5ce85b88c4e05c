"""Rank questions. Referees: shares counted by hand, and the worth the answers were drawn from."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.core import cuts, preferences
from analysis.core.columns import Columns
from analysis.core.design import Design
from analysis.core.report import preferences as report
from surveys import services
from tests.workbooks import workbook

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
SURVEY = """
| type | name | label | bind::nr:class |
| rank skill | want | 最想学什么 | L3 |
"""
CHOICES = """
| list_name | name | label | nr_missing |
| skill | sew | 手工 | |
| skill | cook | 家政 | |
| skill | shop | 电商 | |
| skill | care | 照护 | |
| skill | dk | 说不清 | dont_know |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| order | 1 | 排序 | nr="urn:needs-research:xform:1" |
"""
OPTIONS = ["sew", "cook", "shop", "care"]


@pytest.fixture(scope="module")
def definition():
    found, problems = services.compile_file(workbook(SURVEY, CHOICES, SETTINGS), "order.xlsx")
    assert found, problems
    return found


def official(definition, answers):
    n = len(answers)
    design = Design.declare(
        weights=np.ones(n), strata=np.arange(n) // (n // 2 + 1), ids=[np.arange(n) // 10]
    )
    texts = {"want": np.array(answers, dtype=object)}
    return cuts.Official(Columns(n, {}, {}, texts, {}), design, definition, {}, 2026)


def drawn(worth, n, seed, length=4):
    """Orders drawn from the Plackett-Luce model itself: exponential clocks."""
    rng = np.random.default_rng(seed)
    order = np.argsort(rng.exponential(size=(n, 4)) / np.array(worth), axis=1)
    return [" ".join(OPTIONS[k] for k in row[:length]) for row in order]


def test_places_follow_the_order_and_an_answer_that_says_nothing_takes_none():
    found = preferences.placed(["shop sew", "", "dk cook"], OPTIONS)
    assert np.array_equal(found[0], [2, np.nan, 1, np.nan], equal_nan=True)
    assert np.isnan(found[1]).all()
    assert found[2, 1] == 1


def test_shares_points_and_balance_are_those_counted_by_hand(definition):
    """60 women sew-cook-shop-care, 40 care-shop-cook-sew, 20 without an answer."""
    answers = ["sew cook shop care"] * 60 + ["care shop cook sew"] * 40 + [""] * 20
    one = preferences.section(official(definition, answers))[0]
    assert one["n"] == 100
    rows = {r["code"]: r for r in one["rows"]}
    assert list(rows) == OPTIONS
    assert rows["sew"]["first"]["value"] == pytest.approx(0.6)
    assert rows["cook"]["top"]["status"] == "review"
    assert rows["sew"]["borda"]["value"] == pytest.approx(3 * 0.6)
    assert rows["cook"]["borda"]["value"] == pytest.approx(2 * 0.6 + 1 * 0.4)
    assert rows["care"]["best_worst"]["value"] == pytest.approx(0.4 - 0.6)


def test_the_worth_behind_the_orders_is_found_again(definition):
    truth = np.array([0.4, 0.3, 0.2, 0.1])
    one = preferences.section(official(definition, drawn(truth, 2000, 5)))[0]
    assert one["refused"] == ""
    for row, worth in zip(one["rows"], truth, strict=True):
        assert abs(row["worth"]["value"] - worth) < 4 * row["worth"]["se"]
        assert row["worth"]["low"] < row["worth"]["value"] < row["worth"]["high"]
    assert sum(r["worth"]["value"] for r in one["rows"]) == pytest.approx(1)


def test_an_option_nobody_ever_puts_behind_has_no_worth(definition):
    answers = ["sew cook shop care"] * 60 + ["sew shop care cook"] * 60
    one = preferences.section(official(definition, answers))[0]
    assert "模型无有限解" in one["refused"]
    assert one["rows"][0]["worth"] is None


def test_orders_that_stop_early_have_no_last_place(definition):
    one = preferences.section(official(definition, drawn([1, 1, 1, 1], 400, 6, length=3)))[0]
    assert all(r["best_worst"] is None for r in one["rows"])


def test_what_few_chose_is_withheld_in_every_column(definition):
    answers = ["sew cook shop"] * 100 + ["cook shop sew"] * 100 + ["care sew cook"] * 5
    one = preferences.section(official(definition, answers))[0]
    care = next(r for r in one["rows"] if r["code"] == "care")
    assert {care[k]["status"] for k in ("first", "top", "borda")} == {"suppressed"}
    assert care["worth"] is None or care["worth"]["value"] is None
    others = [r["top"]["status"] for r in one["rows"] if r is not care]
    assert others.count("suppressed") == 1  # 3 less the other three would be hers


def test_too_few_answers_are_no_section(definition):
    assert preferences.section(official(definition, ["sew cook"] * 29 + [""] * 60)) == []


def test_the_page_gives_base_and_intervals_and_no_ranks(definition):
    example = json.loads(EXAMPLE.read_text("utf-8"))
    done = preferences.section(official(definition, drawn([4, 3, 2, 1], 900, 7)))
    page = report.words(example | {"rankings": done})
    text = "".join(page["lines"])
    assert "n=900" in text
    assert "95%置信区间" in text
    assert page["table"]["rows"][0][0] == "手工"
    assert all("—" in cell for row in page["table"]["rows"] for cell in row[1:4])
    assert "不说名次" in text
