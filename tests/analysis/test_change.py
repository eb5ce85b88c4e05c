"""The change section: what is compared, what is refused, what it may say and what it must hide."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analysis.core import beside, change, comparable, compare, cuts, gate, needs, rounding, rounds
from analysis.core.columns import Columns, Missing
from analysis.core.design import Design
from analysis.core.report import rounds as report
from surveys import services
from tests.workbooks import workbook

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
CODES = ("01", "02", "03", "04")
TOWNS = ("990101101000", "990101102000", "990101103000", "990101104000")
CHOICES = """
| list_name | name | label | nr_score | nr_missing | nr_domain |
| need | 0 | 不需要 | 0 | | |
| need | 2 | 比较需要 | 2 | | |
| need | 3 | 非常需要 | 3 | | |
| wait | 1 | 半年以上 | 1 | | |
| wait | 4 | 一个月内 | 4 | | |
| help | 1 | 希望 | 1 | | |
| help | 0 | 不用 | 0 | | |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| two | 1 | 两轮问卷 | nr="urn:needs-research:xform:1" |
"""


@cache
def form(wording="需要帮助吗", threshold="2", codes=CODES):
    """Need, urgency and hope of some domains; wording and threshold of the first may differ."""
    lines = ["| type | name | label | relevant | bind::nr:class | bind::nr:axis | "
             "bind::nr:domain | bind::nr:threshold |"]  # fmt: skip
    for code in codes:
        asked = wording if code == "01" else "需要帮助吗"
        least = threshold if code == "01" else "2"
        asks = [("need", "n", asked, "", "need", least),
                ("wait", "u", "多急", f"${{n{code}}} >= 2", "urgency", "4"),
                ("help", "h", "盼吗", f"${{n{code}}} >= 2", "hope", "1")]  # fmt: skip
        lines += [
            f"| select_one {options} | {letter}{code} | {words}{code} | {when} | L3 | {axis} "
            f"| {code} | {at} |"
            for options, letter, words, when, axis, at in asks
        ]

    definition, problems = services.compile_file(
        workbook("\n".join(lines), CHOICES, SETTINGS), "two.xlsx"
    )
    assert definition, problems
    return definition


def a_round(seed, shares, definition=None, *, towns=TOWNS, women=25):
    """Women of eight villages in each township; everybody in need is urgent and hopes for help."""
    rng = np.random.default_rng(seed)
    village = np.array([f"{t[:9]}{201 + v}" for t in towns for v in range(8) for _ in range(women)],
                       dtype=object)  # fmt: skip
    township = np.array([f"{v[:9]}000" for v in village], dtype=object)
    numbers, missing = {}, {}
    for k, code in enumerate(CODES):
        rate = shares[k] if np.ndim(shares[k]) == 0 else np.array(
            [shares[k][TOWNS.index(t)] for t in township])  # fmt: skip
        need = rng.random(len(village)) < rate
        numbers[f"n{code}"] = np.where(need, 3.0, 0.0)
        numbers[f"u{code}"] = np.where(need, 4.0, np.nan)
        numbers[f"h{code}"] = np.where(need, 1.0, np.nan)
        missing[f"n{code}"] = np.zeros(len(village), dtype=np.int8)
        for name in (f"u{code}", f"h{code}"):
            missing[name] = np.where(need, Missing.PRESENT, Missing.NOT_ASKED).astype(np.int8)
    keys = {"psu": village, "township": township}
    design = Design.declare(weights=np.ones(len(village)), strata=township, ids=[village])
    return cuts.Official(
        Columns(len(village), numbers, missing, {}, keys), design, definition or form(),
        {t: t for t in towns}, 2026,
    )  # fmt: skip


def frozen(official):
    """What the comparison reads of an earlier version."""
    plan = needs.plan(official.definition)
    found = needs.indicators(plan, official.columns)
    tables = needs.estimate(official.design, found)
    sets = cuts.ranks(tables.joint).tier(2)
    return {
        "meta": {"round": "2025", "title": "上一轮", "data_version": "V1"},
        "sample": {"n": official.columns.n},
        "domains": [
            {"code": c, "tier": sets[k], **{a: cuts.rows_of(tables.axis(a))[k] for a in needs.AXES}}
            for k, c in enumerate(found.codes)
        ],
        "townships": cuts.townships(official, found),
    }  # fmt: skip


def section(first, second, actions=()):
    found = needs.indicators(needs.plan(second.definition), second.columns)
    before = change.Before(first, frozen(first), actions)
    return change.section(second, found, before, cuts.townships(second, found), gate.Release())


SHARES = (0.5, 0.4, 0.3, 0.2)


@pytest.fixture(scope="module")
def first():
    return a_round(1, SHARES)


@pytest.fixture(scope="module")
def second():
    """The first need fell by 20 points in the first two townships only, the others stayed."""
    return a_round(2, ([0.3, 0.3, 0.5, 0.5], *SHARES[1:]))


def of(done, code):
    return next(d for d in done["domains"] if d["code"] == code)


def test_without_an_earlier_round_there_is_no_section(second):
    found = needs.indicators(needs.plan(second.definition), second.columns)
    assert change.section(second, found, None, [], gate.Release()) is None
    assert change.section(second, found, "没有答卷", [], gate.Release()) == {"refused": "没有答卷"}


def test_the_difference_and_its_error_are_those_of_the_joint_design(first, second):
    """Referee: `rounds.together` (judged in test_rounds) and the values of both releases."""
    row = of(section(first, second), "01")["joint"]
    pair = [needs.indicators(needs.plan(o.definition), o.columns) for o in (first, second)]
    table = rounds.together(*map(rounds.Round.of, (first, second)), *[p.joint[:, 0] for p in pair])
    referee = compare.contrast(table, [-1, 1])
    assert row["change"]["value"] == pytest.approx(row["after"]["value"] - row["before"]["value"])
    assert row["change"]["se"] == pytest.approx(referee.se, rel=1e-12)
    assert row["change"]["p"] == pytest.approx(referee.p_value, rel=1e-9)
    assert (row["change"]["n_before"], row["change"]["n"]) == (800, 800)
    assert row["change"]["verdict"] == "down"


def test_p_values_are_adjusted_over_the_needs_of_one_axis(first, second):
    done = section(first, second)
    raw = [d["joint"]["change"]["p"] for d in done["domains"]]
    adjusted = [d["joint"]["change"]["p_adjusted"] for d in done["domains"]]
    assert adjusted == pytest.approx(compare.adjust_p(raw, "BH"))
    assert "4项" in done["family"]
    assert [d["joint"]["change"]["verdict"] for d in done["domains"][1:]] == ["open"] * 3


def test_a_target_named_beforehand_is_held_against_the_whole_interval(first, second):
    def met(drop):
        acted = [change.Action("2025-001", "开班", "01", drop, ())]
        return of(section(first, second, acted), "01")["targets"][0]["verdict"]

    low = of(section(first, second), "01")["joint"]["change"]
    assert met(-low["high"] * 0.99) == "met"
    assert met(-low["value"]) == "open"
    assert met(-low["low"] * 1.01) == "missed"
    assert met(None) == "unnamed"


def test_a_target_for_some_townships_is_judged_on_their_own_change(example):
    """20 points down where the action was, 15 up elsewhere: the county's share hardly moves."""
    first, second = a_round(1, ([0.5] * 4, *SHARES[1:])), a_round(2, ([0.3, 0.3, 0.65, 0.65],
                                                                      *SHARES[1:]))  # fmt: skip
    acted = [change.Action("2025-001", "开班", "01", 0.1, TOWNS[:2]),
             change.Action("2025-002", "入户", "01", 0.1, ())]  # fmt: skip
    done = section(first, second, acted)
    own, county = of(done, "01")["targets"]
    assert (own["area"], own["verdict"]) == ("townships", "met")
    assert own["change"]["value"] == pytest.approx(-0.2, abs=0.06)
    assert (county["area"], county["verdict"]) == ("county", "missed")
    text = said(example, done)
    assert re.search(r"按办理的\S+、\S+自己的占比判断（下降[\d.]+个百分点，95%置信区间", text)
    assert "目标下降10个百分点，按全县占比判断，没有达到" in text


def test_a_target_whose_townships_stay_hidden_says_that_the_county_is_judged(
    example, first, second
):
    acted = [change.Action("2025-001", "开班", "01", 0.02, TOWNS[:2])]
    found = needs.indicators(needs.plan(second.definition), second.columns)
    places = cuts.townships(second, found)
    for town in (places[0], places[3]):
        town["domains"][0]["joint"] = town["domains"][0]["joint"] | {"status": "suppressed"}
    before = change.Before(first, frozen(first), acted)
    done = change.section(second, found, before, places, gate.Release())
    assert of(done, "01")["targets"][0]["area"] == "county"
    assert "不公布，分开对照会推算出来，只能按全县占比判断" in said(example, done)


@pytest.mark.parametrize(
    ("with_", "without", "words"),
    [
        (-0.2, -0.05, "多下降15.0"), (-0.05, -0.2, "少下降15.0"), (0.05, 0.2, "少上升15.0"),
        (0.2, 0.05, "多上升15.0"), (-0.05, 0.1, "下降而没有办理的上升，变化相差15.0"),
        (0.1, -0.05, "上升而没有办理的下降，变化相差15.0"), (0.0, -0.15, "少下降15.0"),
        (0.0, 0.15, "少上升15.0"),
    ],
)  # fmt: skip
def test_nobody_is_said_to_fall_who_rose(with_, without, words):
    assert words in report._faster(with_ - without, with_, without)


def test_a_rise_on_both_sides_is_told_as_a_rise(example):
    """Planted: 8 points up with the action, 30 without."""
    first = a_round(1, ([0.3] * 4, *SHARES[1:]))
    second = a_round(2, ([0.38, 0.38, 0.6, 0.6], *SHARES[1:]))
    acted = [change.Action("2025-001", "开班", "01", 0.05, TOWNS[:2])]
    text = said(example, section(first, second, acted))
    assert re.search(r"少上升[\d.]+个百分点", text)
    assert "多下降" not in text


def test_townships_with_and_without_the_action_are_contrasted(first, second):
    """Planted: 20 points down with the action, none without."""
    acted = [change.Action("2025-001", "开班", "01", 0.1, TOWNS[:2])]
    done = of(section(first, second, acted), "01")["compared"]
    with_, without, did = done["with"], done["without"], done["difference"]
    plain = (with_[1]["value"] - with_[0]["value"]) - (without[1]["value"] - without[0]["value"])
    assert did["value"] == pytest.approx(plain, rel=1e-12)
    assert did["low"] < -0.2 < did["high"] < 0
    assert did["n"] == second.columns.n


def test_both_ledgers_hold_the_shares_of_townships_put_together(first, second):
    acted = [change.Action("2025-001", "开班", "01", 0.1, TOWNS[:2])]
    now, found = gate.Release(3), needs.indicators(needs.plan(second.definition), second.columns)
    before = change.Before(first, frozen(first), acted, gate.Release(2))
    done = of(change.section(second, found, before, cuts.townships(second, found), now), "01")
    for door, k in ((before.door, 0), (now, 1)):
        held = {dict(c.conditions).get("township") for c in door.ledger.counts}
        assert {"|".join(TOWNS[:2]), "|".join(TOWNS[2:])} <= held
        row = done["compared"]["with"][k]
        step = rounding.step(row["n"]) / 1000
        assert row["value"] / step == pytest.approx(round(row["value"] / step))


def test_an_action_for_the_whole_county_has_nothing_to_be_compared_with(first, second):
    acted = [change.Action("2025-001", "开班", "01", None, ())]
    assert "全县" in of(section(first, second, acted), "01")["compared"]["refused"]
    assert of(section(first, second, acted), "02")["compared"] is None


def test_withheld_townships_on_either_side_forbid_the_contrast(first, second):
    """County and the other townships are published: two sums would give two withheld ones away."""
    acted = [change.Action("2025-001", "开班", "01", None, TOWNS[:2])]
    found = needs.indicators(needs.plan(second.definition), second.columns)
    places = cuts.townships(second, found)
    for town in (places[0], places[3]):
        town["domains"][0]["joint"] = town["domains"][0]["joint"] | {"status": "suppressed"}
    before = change.Before(first, frozen(first), acted)
    done = of(change.section(second, found, before, places, gate.Release()), "01")["compared"]
    assert "不公布" in done["refused"]


def test_a_small_cell_in_one_round_withholds_the_change():
    few = a_round(3, (0.004, 0.4, 0.3, 0.2))
    done = of(section(few, a_round(4, SHARES)), "01")["joint"]["change"]
    assert done["status"] == "suppressed"
    assert done["value"] is None is done["p"]
    assert done["verdict"] == "withheld"


def test_the_frozen_value_is_the_one_compared(first, second):
    """A withdrawal since then changes the answers at hand, never the published number."""
    figures = frozen(first)
    figures["domains"][0]["joint"] = figures["domains"][0]["joint"] | {"value": 0.48}
    found = needs.indicators(needs.plan(second.definition), second.columns)
    done = change.section(second, found, change.Before(first, figures), [], gate.Release())
    row = of(done, "01")["joint"]
    assert row["change"]["value"] == pytest.approx(row["after"]["value"] - 0.48)


def test_only_a_leading_need_is_expected_to_fall_back(first, second):
    done = section(first, second)
    assert of(done, "01")["chosen"]
    assert 0 < of(done, "01")["fallback"] < 0.05
    last = of(done, "04")
    assert not last["chosen"]
    assert last["fallback"] is None


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"threshold": "3"}, "分值或门槛变了", "refused"),
        ({"codes": CODES[1:]}, "上一轮没有问", "refused"),
        ({"wording": "要不要帮助"}, "问法变了", "caution"),
    ],
)
def test_what_was_asked_otherwise_is_told(changed, reason, field):
    told = comparable.verdicts(form(**changed), form())
    assert reason in getattr(told["01"], field)
    assert told["02"] == comparable.Verdict()


def test_a_need_asked_otherwise_is_refused_and_the_rest_compared(second):
    done = section(a_round(5, SHARES, form(threshold="3")), second)
    assert "门槛" in of(done, "01")["refused"]
    assert of(done, "02")["joint"]["change"]["value"] is not None
    assert "3项" in done["family"]


# -- in words ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example():
    return json.loads(EXAMPLE.read_text("utf-8"))


def said(example, done):
    return "".join(report.words(example | {"change": done})["lines"])


def test_the_report_says_after_and_never_because(example, first, second):
    acted = [change.Action("2025-001", "开班", "01", 0.1, TOWNS[:2])]
    text = said(example, section(first, second, acted))
    assert "之后的变化，不是因为" in text
    assert "共同调查32个村" in text
    assert "即使什么都没有变" in text
    assert "事项2025-001“开班”：目标下降10个百分点" in text
    assert re.search(r"比没有办理的乡镇多下降[\d.]+个百分点（95%置信区间", text)
    assert not re.search("导致|成效|得益于", text)


def test_no_change_stands_without_interval_and_both_bases(example, first, second):
    text = said(example, section(first, second))
    for sentence in re.findall(r"[^。]*由[\d.]+%[^。]*。", text):
        assert re.search(r"95%置信区间下降[\d.]+—[\d.]+个百分点", sentence)
        assert "n=800和800" in sentence
    assert "不能断定有变化，也不能说没有变化" in text


def test_a_withheld_change_is_told_without_numbers(example):
    few = section(a_round(3, (0.004, 0.4, 0.3, 0.2)), a_round(4, SHARES))
    page = report.words(example | {"change": few})
    row = next(r for r in page["table"]["rows"] if r[0] == "就业增收")
    assert row[3:] == ["不显示", "—", "不公布"]
    assert "None" not in json.dumps(page, ensure_ascii=False)
    assert report.chart(example | {"change": few}).alt.count("不显示") == 1


def test_rounds_that_cannot_be_compared_say_why(example):
    page = report.words(example | {"change": {"refused": "上一轮的答卷不能再汇总。"}})
    assert page["lines"] == ["上一轮的答卷不能再汇总。"]
    assert report.chart(example | {"change": {"refused": "x"}}) is None
    assert report.words(example) is None


def test_the_base_of_the_earlier_round_is_the_published_one(first, second):
    """How many answered exactly would tell who did not, and who has left since."""
    figures = frozen(first)
    for domain in figures["domains"]:
        domain["joint"] = domain["joint"] | {"n": 790}
    found = needs.indicators(needs.plan(second.definition), second.columns)
    done = change.section(second, found, change.Before(first, figures), [], gate.Release())
    now = [{"code": d["code"], **{a: d[a]["after"] for a in change.AXES}} for d in done["domains"]]
    told = of(beside.change(done, now), "01")["joint"]["change"]
    assert (told["n_before"], told["n"]) == (790, 800)


def test_townships_are_not_compared_when_women_left_the_earlier_round(first, second):
    acted = [change.Action("2025-001", "开班", "01", 0.1, TOWNS[:2])]
    door, found = gate.Release(2), needs.indicators(needs.plan(second.definition), second.columns)
    before = change.Before(first, frozen(first), acted, door, whole=False)
    places = cuts.townships(second, found)
    done = of(change.section(second, found, before, places, gate.Release()), "01")
    assert "撤回" in done["compared"]["refused"]
    assert door.ledger.counts == {}
