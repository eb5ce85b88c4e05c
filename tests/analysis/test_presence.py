"""Who was present and how the answers differ. Referees: the contrast of two domains (judged by R)

and a planted difference behind a confounder."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.core import compare, cuts, estimate, needs, presence
from analysis.core.columns import Columns, Missing
from analysis.core.design import Design
from analysis.core.report import presence as report
from surveys import services
from tests.workbooks import workbook

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
SURVEY = """
| type | name | label | bind::nr:class | bind::nr:role | bind::nr:axis | bind::nr:domain | bind::nr:threshold |
| select_one who | who | 现在旁边有谁 | L3 | presence | | | |
| integer | born | 您哪年出生 | L3 | birth_year | | | |
| select_one need | n1 | 需要吗 | L3 | | need | 01 | 2 |
| select_one need | n2 | 需要那件吗 | L3 | | need | 02 | 2 |
"""  # noqa: E501
CHOICES = """
| list_name | name | label | nr_score |
| who | alone | 独处 | |
| who | adult | 有其他成人 | |
| who | child | 有孩子 | |
| need | 0 | 不需要 | 0 |
| need | 2 | 需要 | 2 |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| who | 1 | 在场 | nr="urn:needs-research:xform:1" |
"""


@pytest.fixture(scope="module")
def definition():
    found, problems = services.compile_file(workbook(SURVEY, CHOICES, SETTINGS), "who.xlsx")
    assert found, problems
    return found


def official(definition, alone, age, need, child=0):
    """80 villages of 20 women; the first ``child`` of them had a child beside them."""
    n, village = len(alone), np.arange(len(alone)) // 20
    who = np.where(alone, "alone", "adult").astype(object)
    who[:child] = "child"
    numbers = {"who": np.full(n, np.nan), "born": 2026.0 - age} | {
        f"n{k + 1}": 2.0 * need[:, k] for k in range(2)
    }
    missing = {name: np.full(n, Missing.PRESENT, dtype=np.int8) for name in numbers}
    design = Design.declare(weights=np.ones(n), strata=village // 20, ids=[village])
    return cuts.Official(
        Columns(n, numbers, missing, {"who": who}, {}), design, definition, {}, 2026
    )


def section(one):
    return presence.section(one, needs.indicators(needs.plan(one.definition), one.columns))


@pytest.fixture(scope="module")
def confounded(definition):
    """The old are more often alone and need more; being alone adds 10 points to the first need."""
    rng = np.random.default_rng(3)
    old = rng.random(1600) < 0.5
    alone = rng.random(1600) < np.where(old, 0.8, 0.4)
    rate = np.stack([0.2 + 0.3 * old + 0.1 * alone, 0.2 + 0.3 * old], axis=1)
    need = (rng.random((1600, 2)) < rate).astype(float)
    return official(definition, alone, np.where(old, 70.0, 25.0), need)


def test_age_is_held_equal(confounded):
    """Plain differences lie 12 points too high; the planted ones are 10 points and none."""
    found = section(confounded)[0]
    assert found["base"]["label"] == "独处"
    first, second = found["classes"][0]["domains"]
    assert found["adjusted"] == ["年龄"]
    for row, planted in ((first, -0.10), (second, 0.0)):
        assert row["low"] < planted < row["high"]
        assert row["high"] - row["low"] < 0.15
    assert first["p_adjusted"] < 0.05 < second["p_adjusted"]


def test_with_nothing_to_hold_equal_it_is_the_difference_of_the_two_shares(definition):
    rng = np.random.default_rng(4)
    alone = rng.random(1600) < 0.6
    need = (rng.random((1600, 2)) < 0.3).astype(float)
    one = official(definition, alone, np.full(1600, 40.0), need)
    row = section(one)[0]["classes"][0]["domains"][0]
    pair = estimate.by_group(one.design, need[:, 0], [~alone, alone], statistic="share")
    referee = compare.contrast(pair, [1, -1])
    assert row["value"] == pytest.approx(referee.value, abs=1e-12)
    assert row["se"] == pytest.approx(referee.se, rel=1e-9)


def test_a_small_class_is_not_told_and_a_small_cell_is_withheld(definition):
    rng = np.random.default_rng(5)
    alone = rng.random(1600) < 0.5
    need = (rng.random((1600, 2)) < (0.4, 0.003)).astype(float)
    found = section(official(definition, alone, np.full(1600, 40.0), need, child=29))[0]
    assert [c["value"] for c in found["classes"]] == ["adult"]
    first, second = found["classes"][0]["domains"]
    assert first["status"] == "ok"
    assert second["value"] is None
    assert "不足 10 人" in second["reason"]


def test_where_nobody_else_was_present_there_is_nothing_to_tell(definition):
    one = official(definition, np.ones(400, dtype=bool), np.full(400, 40.0), np.ones((400, 2)))
    assert section(one) == []


def test_the_words_speak_of_association_only(confounded):
    example = json.loads(EXAMPLE.read_text("utf-8"))
    page = report.words(example | {"presence": section(confounded)})
    text = page["title"] + "".join(page["lines"])
    assert "这是关联，不是影响" in text
    assert "n=" in text
    assert not any(word in text for word in ("导致", "造成", "因为"))
    told = [line for line in page["lines"] if "个百分点" in line]
    assert told
    assert all("95%置信区间" in line for line in told)
    assert report.words(example) is None


def test_a_class_of_very_few_takes_another_with_it(definition):
    """Total and two classes would give the third away; here no comparison is left."""
    rng = np.random.default_rng(6)
    alone = rng.random(1600) < 0.5
    need = (rng.random((1600, 2)) < 0.4).astype(float)
    assert section(official(definition, alone, np.full(1600, 40.0), need, child=5)) == []
