"""What reports and pages may claim, from figures shaped for the case."""

import copy
import csv
import json
import re

import pytest

from analysis.core import wording
from analysis.core.figures import tables_csv
from analysis.core.report import annex, brief, findings, prose, survey
from tests.analysis.conftest import EXAMPLE

HIDDEN = {"value": None, "se": None, "low": None, "high": None, "status": "suppressed",
          "reason": "样本不足 30 人，不公布"}  # fmt: skip


@pytest.fixture
def figures():
    return copy.deepcopy(json.loads(EXAMPLE.read_text("utf-8")))


def every_gap(figures, **numbers):
    for group in figures["groups"]:
        for row in group["domains"]:
            if wording.shown(row["gap"]):
                row["gap"] |= numbers
    return figures


def titles(figures):
    plates = prose.Plates(figures)
    return [findings._group(figures, g, plates)["title"] for g in figures["groups"] if shown(g)]


def shown(group):
    return [row for row in group["domains"] if wording.shown(row["gap"])]


def test_a_group_that_needs_less_is_not_said_to_be_alike(figures):
    every_gap(figures, value=-0.1, low=-0.14, high=-0.06)
    assert all("低于其他妇女" in title for title in titles(figures))
    assert all("低10.0个百分点" in line for line in brief.compose(figures)["groups"])


def test_gaps_whose_intervals_hold_zero_are_not_called_differences(figures):
    every_gap(figures, value=-0.01, low=-0.05, high=0.03)
    assert not any("低于" in title or "更需要" in title for title in titles(figures))
    assert brief.compose(figures)["groups"] == [brief.NO_GAP]


def test_withheld_gaps_prove_no_likeness(figures):
    every_gap(figures, **HIDDEN)
    assert brief.compose(figures)["groups"] == [brief.NO_NUMBERS]
    assert brief.compose(figures | {"groups": []})["groups"] == [brief.NO_GROUPS]


def test_report_and_page_tell_how_many_comparisons_were_made(figures):
    old = prose.gap_family(figures)
    assert "没有作多重比较校正" in old
    every_gap(figures, clear=False)
    figures["groups"][0]["domains"][0]["gap"] |= HIDDEN
    count = sum(len(shown(g)) for g in figures["groups"])
    assert f"{count}个差距" in prose.gap_family(figures)
    assert ("群体比较", prose.gap_family(figures)) in annex.technical(figures)
    assert prose.gap_family(every_gap(figures, **HIDDEN)) == ""


@pytest.mark.parametrize(("ranks", "sure"), [([1, 1], True), ([1, 3], False)])
def test_only_a_certain_first_place_is_called_the_first(figures, ranks, sure):
    for axis in ("need", "hope", "joint"):
        prose.foremost(figures, axis)["rank"][axis] = ranks
    page = findings._axes(figures, prose.Plates(figures))
    assert ("点估计" not in page["title"]) is sure
    need = next(line for line in survey._summary(figures) if "需要面" in line)
    joint = next(line for line in survey._summary(figures) if "需要、紧急且盼" in line)
    assert ("需要面最广的是" in need, "最集中的是" in joint) == (sure, sure)
    assert all(("名次可能在第1—3位" in line) is not sure for line in (need, joint))


def test_no_largest_share_is_named_where_none_is_published(figures):
    for domain in figures["domains"]:
        for axis in ("need", "urgency", "hope", "joint"):
            domain[axis] |= HIDDEN
    page = findings._axes(figures, prose.Plates(figures))
    assert "不公布" in page["title"]
    assert all("没有一项可以公布（样本不足30人，不公布）" in line for line in page["lines"])
    assert not any("最" in line for line in survey._summary(figures))
    assert "不公布" in findings._places(figures, prose.Plates(figures))["lines"][0]


def test_choosing_one_only_names_a_point_estimate(figures):
    assert "点估计最高的是" in findings._first_choice(figures)["title"]
    for rows in figures["first_choice"].values():
        for row in rows:
            row["share"] |= HIDDEN | {"n": None}
    told = findings._first_choice(figures)
    assert told["title"] == "只选一件时"
    assert "n=不公布" in told["lines"][0]


def test_the_summary_always_tells_of_the_volunteers_that_they_stand_for_nobody(figures):
    said = survey._summary(figures)
    assert len(said) <= survey.POINTS
    assert any("自愿样本" in line and "不推断总体" in line for line in said)


def test_a_withheld_share_is_unsure_for_its_own_reason():
    row = {**HIDDEN, "n": 25, "n_eff": None, "df": 60}
    assert wording.confidence(row, None) == wording.Confidence("较低", "样本不足30人，不公布")
    few = {"value": 0.2, "low": 0.1, "high": 0.3, "n_eff": 80.0, "df": 60, "status": "ok"}
    assert wording.confidence(few, None).why == "有效样本量不足100"


@pytest.mark.parametrize("status", ["ok", "review"])
def test_the_mark_is_explained_where_it_stands(figures, status):
    for domain in figures["domains"]:
        domain["joint"]["status"] = status
    note = brief.compose(figures)["mark"]
    assert ("自由度不足8" in note, "全无或全有" in note) == (status == "review",) * 2
    assert survey.compose(figures)["mark"] == wording.REVIEW_NOTE  # townships carry the mark too


def test_volunteers_alike_within_the_error_are_not_said_to_differ(figures):
    crowd = figures["volunteers"]
    crowd["calibration"] = {"margins": ["年龄"], "factor_low": 0.5, "factor_high": 2.0,
                            "kish": 1.1, "notes": []}  # fmt: skip
    crowd["against"] = {"common": 12, "beyond": [], "joined": True}
    text = "".join(findings._volunteers(figures, prose.Plates(figures))["lines"])
    assert "12项中没有一项" in text
    assert not re.search("0项与入户|说明自愿填写的人与全县妇女不同|加权补不上", text)


@pytest.mark.parametrize(
    "name", ["townships_need.csv", "classes_need.csv", "groups_gap.csv", "county_need.csv"]
)
def test_every_row_of_a_table_file_names_its_need(figures, name):
    text = tables_csv(figures)[name].removeprefix("\ufeff")
    rows = list(csv.DictReader(text.splitlines()))
    known = {d["code"]: d["label"] for d in figures["domains"]}
    assert rows
    assert all(row["label"] == known[row["code"]] for row in rows)
