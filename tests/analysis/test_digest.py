"""What the pages say of a data version: the example figures are the referee."""

import copy
import json

import pytest

from analysis.core import digest, wording
from analysis.core.report import progress
from tests.analysis.conftest import EXAMPLE


@pytest.fixture(scope="module")
def figures():
    return json.loads(EXAMPLE.read_text("utf-8"))


def test_the_line_names_version_day_both_samples_and_their_standing(figures):
    said = digest.line(figures)
    assert "V1.0" in said
    assert "2026年11月20日" in said
    assert "n=2312" in said
    assert "77.9%" in said
    assert "n=1507（不推断总体）" in said


def test_cards_carry_value_interval_base_and_certainty(figures):
    told = digest.leaders(figures)
    assert [c["place"] for c in told["findings"]] == ["确定前三", "确定前三"]
    assert [c["place"] for c in told["possible"]] == ["可能前三", "可能前三"]
    assert told["possible_head"] == "可能列入前三位，尚不能区分先后"
    for card in told["told"]:
        domain = next(d for d in figures["domains"] if d["code"] == card["code"])
        joint = domain["joint"]
        assert card["value"] == f"{joint['value'] * 100:.1f}%"
        assert f"{joint['low'] * 100:.1f}%—{joint['high'] * 100:.1f}%" in card["sentence"]
        assert f"n={joint['n']}" in card["sentence"]
        assert card["confidence"] in ("较高", "中等", "较低")


def test_fewer_than_three_certain_places_are_never_filled_up(figures):
    poorer = copy.deepcopy(figures)
    poorer["ranking"] |= {"confirmed": ["06"], "possible": []}
    for domain in poorer["domains"]:
        domain["tier"] = "confirmed" if domain["code"] == "06" else "rest"
    told = digest.leaders(poorer)
    assert [c["label"] for c in told["findings"]] == ["养老与长期照护"]
    assert told["possible"] == []
    assert "有1项" in digest.standing(poorer)


def test_a_withheld_value_is_nowhere_printed(figures):
    hidden = copy.deepcopy(figures)
    domain = next(d for d in hidden["domains"] if d["code"] == "06")
    value = f"{domain['joint']['value'] * 100:.1f}%"
    domain["joint"] |= {"value": None, "low": None, "high": None, "status": "suppressed",
                        "reason": "样本不足，不作发布"}  # fmt: skip
    domain["women"] |= {"value": None, "low": None, "high": None, "status": "suppressed"}
    card = digest.finding(hidden, domain)
    row = next(r for r in digest.table(hidden, "joint") if r["code"] == "06")
    assert card["value"] == "不公布"
    assert value not in str(card)
    assert row["withheld"] == "样本不足，不作发布"
    assert value not in str(row)
    assert digest.table(hidden, "joint")[-1]["code"] == "06"


def test_the_most_affected_groups_are_those_clearly_above_all_others(figures):
    lines = digest.affected(figures, "11")
    assert any("低保特困" in one["name"] and "20.6个百分点" in one["said"] for one in lines)
    for group in figures["groups"]:
        gap = next(r for r in group["domains"] if r["code"] == "01")["gap"]
        assert gap["low"] is None or gap["low"] < 0
    assert all("属于确定前三" in one["said"] for one in digest.affected(figures, "01"))


def test_townships_stand_beside_the_county_and_small_ones_say_so(figures):
    table = digest.townships(figures)
    assert len(table["rows"]) == len(figures["townships"])
    assert len(table["heads"]) == len(table["county"]) == 3
    small = [t["name"] for t in figures["townships"] if t["note"]]
    assert small
    assert [r["name"] for r in table["rows"] if r["note"]] == small


def test_the_picture_is_told_in_words(figures):
    said = digest.picture(figures, limit=5)
    assert said.count("；") == 4
    assert "养老与长期照护18.9%" in said


def test_needs_are_told_largest_first(figures):
    mixed = copy.deepcopy(figures)
    for domain in mixed["domains"]:
        domain["tier"] = "possible"
    shares = {d["label"]: d["joint"]["value"] for d in mixed["domains"]}
    told = [shares[label] for label in digest.placed(mixed, "possible")]
    assert told == sorted(shares.values(), reverse=True)
    assert told != list(shares.values())


def test_the_progress_report_is_dated_by_its_facts_not_by_the_figures(figures):
    assert progress.compose(figures)["as_of"] == figures["meta"]["frozen_at"][:10]
    content = progress.compose(figures | {"as_of": "2027-03-05"})
    assert content["lead"].startswith("截至2027年3月5日")
    assert content["as_of"] == "2027-03-05"


def test_a_small_group_without_a_clear_gap_is_not_said_to_be_like_the_others(figures):
    gap = {"value": -0.02, "low": -0.1, "high": 0.06, "status": "ok", "reason": ""}
    none = {"value": None, "low": None, "high": None, "status": "suppressed", "reason": ""}
    group = {"domains": [{"gap": gap}, {"gap": none}], "top": {"note": "样本不足以排序"}}
    assert digest.no_gap(group) == "能公布的1项，差距的区间都含零，样本少，不能说没有差别"
    assert "差异不明显" in digest.no_gap(group | {"top": {"confirmed": [], "possible": []}})
    assert digest.no_gap(group | {"domains": [{"gap": none}]}) == "样本不足，不公布"


def test_every_need_that_may_be_among_the_first_is_listed(figures):
    """However many they are: which of them stands first is what the sample cannot tell."""
    open_ = copy.deepcopy(figures)
    for domain in open_["domains"]:
        domain["tier"] = "possible"
    told = digest.leaders(open_)
    assert told["findings"] == []
    assert len(told["possible"]) == len(open_["domains"])


def test_the_mark_on_a_card_is_explained_beside_the_cards(figures):
    assert digest.leaders(figures)["mark"] == ""
    few = copy.deepcopy(figures)
    next(d for d in few["domains"] if d["code"] == "06")["joint"]["status"] = "review"
    assert "全无或全有" in digest.leaders(few)["mark"]


def test_one_place_is_called_the_first():
    assert wording.tier("confirmed", 1) == "确定首位"
    assert wording.tier("possible", 3) == "可能前三"


def test_hidden_gaps_are_not_said_to_be_none(figures):
    hidden = copy.deepcopy(figures)
    domain = hidden["domains"][0]
    assert digest.finding(hidden, domain)["nobody"] == "看不出哪个群体明显更高"
    for group in hidden["groups"]:
        for row in group["domains"]:
            row["gap"] |= {"value": None, "status": "suppressed"}
    assert "不公布" in digest.finding(hidden, domain)["nobody"]
