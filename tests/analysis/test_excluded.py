"""Answers that were not taken: why, and how many. Referee: counting by hand."""

import json

import pytest

from analysis.core.report import survey
from analysis.services import description
from tests.analysis.conftest import EXAMPLE


@pytest.fixture
def figures():
    return json.loads(EXAMPLE.read_text("utf-8"))


def told(*found):
    return [(row["reason"], row["n"]) for row in description.reasons(found)]


def test_reasons_of_few_answers_are_put_together_and_others_stand_in_tens():
    found = told(("访问时长过短", 41), ("雷同", 12), ("她说丈夫在旁", 3), ("重复", 2))
    assert found == [("访问时长过短", 40), ("雷同", 10), ("其他原因", None)]
    assert told(("甲", 9), ("乙", 8)) == [("各种原因合计", 10)]
    assert told(("甲", 3)) == [("各种原因合计", None)]
    assert told() == []


def test_the_report_says_fewer_than_ten(figures):
    figures["sample"]["excluded"] = description.reasons([("访问时长过短", 41), ("重复提交", 3)])
    said = " ".join(survey.compose(figures)["situation"])
    assert "访问时长过短40份、其他原因不足10份" in said
    # a version frozen before counts were rounded
    figures["sample"]["excluded"] = [{"reason": "重复提交", "n": 3}]
    assert "重复提交不足10份" in " ".join(survey.compose(figures)["situation"])
