"""Tables of the workbench. Referees: `estimate` and `association` (judged against R elsewhere), the
attacker's arithmetic on what is shown, and plain sums."""

import dataclasses
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from analysis.core import (
    association,
    charts,
    crossing,
    estimate,
    gate,
    pictures,
    rounding,
    tablewords,
    variables,
    wording,
)
from analysis.core.columns import Columns, Missing
from analysis.core.cuts import Official
from analysis.core.design import Design
from analysis.core.spec import Spec
from analysis.core.tables import CannotTabulate, check, table
from analysis.services import tables as services_tables
from surveys import gateway
from surveys.core import xform
from surveys.core.definition import Choice, Definition, Group, Question
from tests.analysis import everything

N, PSUS = 600, 30
PLACES = {"990101001000": "一乡", "990101002000": "二乡"}
SAMPLE = {"how": "随机抽取", "n": N, "response_rate": {"value": 0.8}}


@pytest.fixture(scope="module")
def official():
    """Random answers to a form with one of everything: 30 villages in two townships."""
    rng = np.random.default_rng(5)
    psu = rng.integers(0, PSUS, N)
    school = rng.choice(["1", "2"], N, p=[0.7, 0.3]).astype(object)
    school[:25] = ""
    job = np.where(rng.random(N) < 0.4, "home", "work").astype(object)
    agree = np.full(N, "1", dtype=object)
    agree[-6:] = "0"
    texts = {"school": school, "job": job, "agree": agree}
    hours = np.where(job == "home", rng.integers(0, 12, N), np.nan)
    missing = {"hours": np.where(job == "home", Missing.PRESENT, Missing.NOT_ASKED)}
    rare = np.where(school == "1", 0.01, 0.2)
    chosen = {f"help:{name}": (rng.random(N) < p).astype(float)
              for name, p in (("skill", 0.3), ("care", rare))}  # fmt: skip
    numbers = {"born": rng.integers(1940, 2005, N).astype(float), "hours": hours, **chosen}
    township = np.where(psu < PSUS // 2, *PLACES).astype(object)
    keys = {"township": township, "psu": psu.astype(object)}
    design = Design.declare(weights=rng.uniform(5, 20, N), strata=township, ids=[psu])
    columns = Columns(N, numbers, missing, texts, keys)
    return Official(columns, design, definition(), PLACES, 2026)


def definition():
    return xform.compile(gateway.parse_xml(everything.xform())).definition


@pytest.fixture(scope="module")
def known():
    return variables.offered(definition(), PLACES)


@pytest.fixture
def let_out():
    """The release gate over a ledger of its own."""
    return gate.Release()


def whole(spec, official, known, let_out):
    return table(spec, official, known, let_out) | SAMPLE


def test_sealed_answers_contacts_texts_and_repeats_are_not_offered(known):
    assert {"school", "job", "help", "first", "first#top", "hours", "@age", "@township"} <= set(
        known
    )
    assert not {"afraid", "phone", "wish", "past", "years", "nick", "mark", "born_text"} & set(
        known
    )
    assert not known["ill"].open
    assert known["school"].open


def test_options_on_one_base_share_the_median_design_effect(official, known, let_out):
    found = whole(Spec("@age"), official, known, let_out)
    rows = [row["estimate"] for row in found["classes"][0]["rows"]]
    ages = 2026 - official.columns.numbers["born"]
    bands = np.stack([(ages < 35), (ages >= 35) & (ages < 60), (ages >= 60)], axis=1)
    exact = estimate.share(official.design, bands.astype(float)).deff
    assert len({round(d, 1) for d in exact}) > 1
    assert {row["deff"] for row in rows} == {round(float(np.median(exact)), 1)}
    assert {row["n_eff"] for row in rows} == {int(N / rows[0]["deff"] // 10 * 10)}


def test_a_crosstab_equals_the_estimates_it_is_made_of(official, known, let_out):
    found = whole(Spec("job", "school"), official, known, let_out)
    home = np.where(official.columns.texts["job"] == "home", 1.0, 0.0)
    primary = official.columns.texts["school"] == "1"
    judge = estimate.share(official.design, home, inside=primary).rows()[0]
    row = found["classes"][1]["rows"][0]["estimate"]
    step = rounding.step(judge.n) / 1000  # printed as the figures print shares of classes
    assert row["value"] == rounding.share(judge.value, judge.n)
    assert (row["low"], row["high"]) == pytest.approx((judge.low, judge.high), abs=3 * step)
    assert (row["n"], row["df"]) == (rounding.tens(judge.n), judge.df)
    asked = official.columns.texts["school"] != ""
    test = association.chi_square(
        official.design, official.columns.texts["job"], official.columns.texts["school"],
        inside=asked,
    )  # fmt: skip
    told = found["test"]["results"][0]
    assert told["statistic"] == pytest.approx(test.statistic, rel=0.05, abs=0.005)
    p = stats.f.sf(told["statistic"], *test.df)  # no more is told than the printed statistic tells
    assert told["p"] == pytest.approx(p, abs=5e-4)


@pytest.mark.parametrize(
    ("value", "printed"), [(60.19, 60), (3.456, 3.5), (0.884, 0.88), (0.0456, 0.05), (1234, 1200)]
)
def test_a_statistic_has_two_digits(value, printed):
    assert rounding.statistic(value) == printed


def test_ranks_are_judged_by_f_whatever_the_number_of_classes(official, known, let_out):
    """Two classes: t squared; more: Wald's statistic over its degrees of freedom."""
    columns = official.columns
    heads = {"@township": columns.keys["township"], "school": columns.texts["school"],
             "@age": np.digitize(2026 - columns.numbers["born"], [35, 60]).astype(str)}  # fmt: skip
    for by, classes in heads.items():
        judge = association.rank_test(official.design, columns.numbers["hours"], classes)
        told = whole(Spec("hours", by), official, known, let_out)["test"]["results"][0]
        f = judge.statistic / 2 if by == "@age" else judge.statistic**2
        assert told["statistic"] == pytest.approx(f, rel=0.05, abs=0.005)
        assert told["df"] == [2 if by == "@age" else 1, judge.df[-1]]
        assert told["p"] == pytest.approx(judge.p_value, abs=0.01)


def test_a_difference_of_two_classes_carries_its_interval(official, known, let_out):
    found = whole(Spec("job", "school"), official, known, let_out)
    one, two = (found["classes"][k]["rows"][0]["estimate"]["value"] for k in (1, 2))
    gap = found["gaps"][0]["gap"]
    assert gap["value"] == pytest.approx(one - two, rel=1e-9)
    assert gap["low"] < gap["value"] < gap["high"]


def test_a_number_gives_means_and_a_rank_test(official, known, let_out):
    found = whole(Spec("hours", "@age"), official, known, let_out)
    hours = official.columns.numbers["hours"]
    weights = np.where(np.isfinite(hours), official.design.weights, 0)
    mean = found["classes"][0]["rows"][0]["estimate"]
    step = rounding.amount_step(rounding.reach(hours), mean["n"])
    assert step == 0.2  # of 0 to 11 hours and more than 200 women
    assert abs(mean["value"] - np.nansum(weights * hours) / weights.sum()) <= step / 2
    assert mean["value"] / step == pytest.approx(round(mean["value"] / step))
    assert "秩检验" in found["test"]["name"]
    assert "%" not in "".join(tablewords.compact(found)[0]["cells"][0])


def test_a_difference_of_means_is_that_of_the_printed_ones(official, known, let_out):
    found = whole(Spec("hours", "agree"), official, known, let_out)
    one, two = (c["rows"][0]["estimate"] for c in found["classes"][1:])
    gap = found["gaps"][0]["gap"]
    hidden = "suppressed" in (one["status"], two["status"])
    assert gap["value"] == (None if hidden else pytest.approx(one["value"] - two["value"]))
    found = whole(Spec("hours", "school"), official, known, let_out)
    one, two = (c["rows"][0]["estimate"]["value"] for c in found["classes"][1:])
    assert found["gaps"][0]["gap"]["value"] == pytest.approx(one - two, abs=1e-12)


def test_a_mean_that_is_one_womans_is_not_shown(official, known, let_out):
    hours = np.where(np.isfinite(official.columns.numbers["hours"]), 0.0, np.nan)
    hours[np.flatnonzero(np.isfinite(hours))[:3]] = [1.0, 2.0, 90.0]
    rich = replace(official.columns, numbers=official.columns.numbers | {"hours": hours})
    found = whole(Spec("hours"), replace(official, columns=rich), known, let_out)
    assert found["classes"][0]["rows"][0]["estimate"]["value"] is None


def test_a_filter_and_an_area_count_only_these_women(official, known, let_out):
    code = next(iter(PLACES))
    found = whole(Spec("job", where="school", option="1", area=code), official, known, let_out)
    columns = official.columns
    inside = (columns.texts["school"] == "1") & (columns.keys["township"] == code)
    assert found["classes"][0]["rows"][0]["estimate"]["n"] == rounding.tens(inside.sum())
    assert found["filter"] == "一乡；您的文化程度：小学"


def test_a_small_cell_is_in_no_page_file_or_plot(official, known, let_out):
    found = whole(Spec("help", "school"), official, known, let_out)
    care = official.columns.numbers["help:care"]
    primary = official.columns.texts["school"] == "1"
    assert 0 < care[primary].sum() < 10
    rows = [one["rows"][1]["estimate"] for one in found["classes"][1:]]
    assert [row["value"] for row in rows] == [None, None]  # a lone one would follow from the whole
    share = estimate.share(official.design, care, inside=primary).values[0]
    written = json.dumps(found) + tablewords.csv(found, []) + tablewords.said(found)
    assert f"{share:.6f}"[:7] not in written
    assert wording.percent(share) not in written
    assert tablewords.tests(found)[1].count("p <") + tablewords.tests(found)[1].count("p ≥") == 1


def test_the_villages_of_a_few_women_are_not_counted(official, known, let_out):
    """Nine of them, each in a village of her own: their degrees of freedom are seven."""
    school = official.columns.texts["school"].copy()
    psu = official.columns.keys["psu"]
    nine = [np.flatnonzero(psu == village)[0] for village in range(9)]
    school[:] = "1"
    school[nine] = "2"
    columns = replace(official.columns, texts=official.columns.texts | {"school": school})
    found = whole(Spec("job", "school"), replace(official, columns=columns), known, let_out)
    rows = [row["estimate"] for row in found["classes"][2]["rows"]]
    assert [(row["n"], row["n_eff"], row["df"]) for row in rows] == [(None, None, None)] * len(rows)
    told = [row for row in tablewords.long(found) if row["group"] == found["classes"][2]["label"]]
    assert {row["df"] for row in told} == {""}
    for line in tablewords.csv(found, []).splitlines():
        assert not line.startswith(f"{told[0]['group']},") or line.split(",")[6:10] == [""] * 4


def test_what_a_few_women_make_up_cannot_be_read_from_two_tables(official, known, let_out):
    """Everybody, then everybody but the six who did not agree."""
    first = whole(Spec("job"), official, known, let_out)["classes"][0]["rows"]
    others = whole(Spec("job", where="agree", option="1"), official, known, let_out)
    assert first[0]["estimate"]["n"] == N
    for one, two in zip(first, others["classes"][0]["rows"], strict=True):
        n = two["estimate"]["n"]
        assert n is None or n % 10 == 0
        gone = {row["estimate"]["status"] for row in (one, two)}
        steps = [row["estimate"]["value"] * 1000 % 5 for row in (one, two) if gone == {"ok"}]
        assert all(step == pytest.approx(0, abs=1e-6) for step in steps)  # two persons are 3.3


def test_a_narrow_cell_has_its_interval_or_its_reason_below(official, known, let_out):
    found = whole(Spec("help", "school"), official, known, let_out)
    cells = tablewords.compact(found)
    e = found["classes"][0]["rows"][0]["estimate"]
    assert cells[0]["cells"][0] == [wording.percent(e["value"]), wording.interval(e)]
    assert cells[1]["cells"][1] == ["不显示", "为防止推算出个人"]
    assert cells[-1]["cells"][0] == ["600"]


def test_what_is_withheld_is_not_called_unclear(official, known, let_out):
    found = whole(Spec("help", "school"), official, known, let_out)
    assert tablewords.gaps(found)[1]["clear"] == "不能判断"


def test_a_question_stands_under_its_part_and_is_said_with_its_block():
    asked = Question("/data/a/b/c", "integer", label={"": "形式"})
    block = Group("/data/a/b", (asked,), label={"": "您需要什么样的托育？"})
    form = Definition("x", "1", "x", "/data", (Group("/data/a", (block,), label={"": "育儿"}),))
    (found,) = [v for v in variables.offered(form, {}).values() if v.key == "c"]
    assert (found.part, found.label) == ("育儿", "您需要什么样的托育？形式")


def test_a_first_choice_is_called_what_the_figures_call_it():
    """So that tables of it are judged beside the figures' shares of the same women."""
    options = tuple(Choice(name, {"": name}) for name in ("01", "02"))
    asked = Question(
        "/data/h", "select_one", choices=options, properties={"axis": "first_urgent"}
    )  # fmt: skip
    found = variables.offered(Definition("x", "1", "x", "/data", (asked,)), {})["h"]
    assert found.name == crossing.first("first_urgent")
    assert found.attributes == {found.name: ("01", "02", crossing.REST)}


def test_the_same_table_again_shows_the_same(official, known, let_out):
    spec = Spec("help", "@township")
    assert whole(spec, official, known, let_out) == whole(spec, official, known, let_out)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (Spec("nothing"), "请选择要分析的题目"),
        (Spec("job", "hours"), "不能是数字题"),
        (Spec("job", "job"), "不能是数字题或同一道题"),
        (Spec("job", where="school", option="9"), "的一个选项"),
        (Spec("job", area="990101009000"), "不在样本里"),
        (Spec("job", "school", where="school", option="1"), "不能是同一道题"),
    ],
)
def test_what_cannot_be_tabulated_is_said(known, spec, said):
    with pytest.raises(CannotTabulate, match=said):
        check(spec, known)


def test_a_scale_is_drawn_from_low_to_high_and_withheld_as_a_whole():
    assert list(tablewords.plots(everything.scale([0.2] * 5))) == ["dots", "spread"]
    shown = pictures.draw(everything.scale([0.3, 0.2, 0.1, 0.25, 0.15]), "spread")
    gone = pictures.draw(everything.scale([0.3, 0.2, 0.1, None, None]), "spread")
    assert b"<svg" in shown.svg
    bars = [chart.svg.count(b'<g id="patch_') for chart in (shown, gone)]
    assert bars[0] - bars[1] == 4  # no bar is left where one share is withheld
    assert "很差15.0%（14.0%—16.0%）" in shown.alt


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (Spec("help"), ["dots"]),
        (Spec("help", "@age"), ["classes"]),
        (Spec("job", "school"), ["classes", "pair"]),
        (Spec("hours", "@township"), ["heads", "pair"]),
    ],
)
def test_every_plot_of_a_table_is_drawn_with_its_words(official, known, let_out, spec, names):
    found = whole(spec, official, known, let_out)
    assert list(tablewords.plots(found)) == names
    for name in names:
        chart = pictures.draw(found, name)
        assert chart.svg.startswith(b"<?xml")
        assert "95%置信区间" in chart.alt
    with pytest.raises(KeyError):
        pictures.draw(found, "ranks")
    assert charts.WITHHELD not in tablewords.title(found)


def test_a_sensitive_answer_asks_for_more_persons_in_a_township(official, known, let_out):
    """Fifteen ill women in a township: told of an ordinary question, not of a sensitive one."""
    ill = np.full(N, "0", dtype=object)
    here = np.flatnonzero(official.columns.keys["township"] == next(iter(PLACES)))
    ill[here[:15]] = "1"
    ill[np.flatnonzero(official.columns.keys["township"] != next(iter(PLACES)))[:40]] = "1"
    columns = replace(official.columns, texts=official.columns.texts | {"ill": ill, "agree": ill})
    given = replace(official, columns=columns)
    shown = {}
    for name in ("agree", "ill"):
        for spec in (Spec(name, "@township"), Spec("@township", where=name, option="1")):
            found = whole(spec, given, known, gate.Release())
            rows = [row["estimate"] for one in found["classes"] for row in one["rows"]]
            shown[name, spec.question] = [row["value"] is not None for row in rows]
    assert all(shown["agree", "agree"])
    assert not any(shown["ill", "ill"][2:4])  # the fifteen, and who is left when they are taken off
    assert all(shown["agree", "@township"])
    assert not any(shown["ill", "@township"])


def test_the_size_of_a_sensitive_class_of_a_township_is_not_told(official, known, let_out):
    ill = np.full(N, "0", dtype=object)
    ill[np.flatnonzero(official.columns.keys["township"] == next(iter(PLACES)))[:15]] = "1"
    columns = replace(official.columns, texts=official.columns.texts | {"ill": ill})
    spec = Spec("job", "ill", area=next(iter(PLACES)))
    found = whole(spec, replace(official, columns=columns), known, let_out)
    assert {row["estimate"]["n"] for row in found["classes"][1]["rows"]} == {None}


def two_groups(kind, *items):
    """A table of two groups: each item (low, high) of the difference and what the test says."""
    gaps = [
        {"label": f"事项{k}", "gap": {"value": (low + high) / 2, "low": low, "high": high,
                                    "status": "ok", "reason": ""}}
        for k, (low, high, _) in enumerate(items)
    ]  # fmt: skip
    tested = [{"clear": clear, "p": 0.02, "statistic": 5.0, "df": [1.0, 60.0]}
              for *_, clear in items]  # fmt: skip
    return {
        "question": {"kind": kind}, "by": {"label": "城乡"}, "gaps": gaps,
        "classes": [{"rows": [{"label": g["label"]} for g in gaps]}],
        "test": {"name": "检验", "note": "", "results": tested},
    }  # fmt: skip


def test_test_and_interval_of_two_groups_do_not_contradict_each_other():
    found = two_groups("multiple", (0.01, 0.1, True), (-0.01, 0.1, True), (0.01, 0.1, False),
                       (-0.1, 0.1, False))  # fmt: skip
    told = tablewords.gaps(found)
    assert [g["clear"] for g in told] == ["差异明显", "不下结论", "不下结论", "差异不明显"]
    assert "-1.0至+10.0" in told[1]["words"]
    assert "差异" not in told[1]["words"]
    head, *lines = tablewords.tests(found)
    assert "两者不一致的，不下结论" in head
    assert ["不下结论" in line for line in lines] == [False, True, True, False]
    assert "各组有差别" in lines[0]


def test_one_test_of_all_options_holds_back_a_lone_interval():
    found = two_groups("single", (0.01, 0.1, False))
    found["gaps"] *= 2
    assert [g["clear"] for g in tablewords.gaps(found)] == ["不下结论"] * 2
    found["test"]["results"][0]["clear"] = True
    assert [g["clear"] for g in tablewords.gaps(found)] == ["差异明显"] * 2


def test_ranks_and_means_that_differ_are_explained():
    found = two_groups("number", (-0.5, 0.9, True))
    assert tablewords.gaps(found)[0]["clear"] == "差异不明显"
    assert "结论可以不同" in tablewords.tests(found)[0]


@pytest.mark.parametrize("spec", [Spec("job", "@township"), Spec("hours", "@township")])
def test_a_township_without_answers_is_no_class_and_changes_no_other(official, spec, monkeypatch):
    """It would take others with it, as a withheld class does."""
    places = PLACES | {"990101003000": "三乡"}
    figures = {"townships": [{"code": c, "name": n, "n": 0 if n == "三乡" else 300}
                             for c, n in places.items()]}  # fmt: skip
    form = SimpleNamespace(version=SimpleNamespace(definition=definition()))
    monkeypatch.setattr(services_tables.ground, "source_of", lambda version: form)
    known = services_tables.known(SimpleNamespace(figures=figures))
    with_it = dataclasses.replace(official, townships=places)
    found, plain = (whole(spec, one, known, gate.Release()) for one in (with_it, official))
    assert found == plain


def test_needs_of_a_class_that_are_not_ranked_say_why():
    row = {"value": "01", "label": "甲", "estimate": {"status": "ok", "value": 0.2}}
    why = "样本不足以排序：自由度5，不足8"
    classes = [{"label": "合计", "rows": [row], "ranks": [None]}, *[
        {"label": label, "rows": [row], "ranks": None, "note": why} for label in ("一乡", "二乡")
    ]]  # fmt: skip
    assert tablewords.guards({"classes": classes}) == [f"“一乡”“二乡”不排名次：{why}。"]
