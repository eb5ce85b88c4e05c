"""Who reaches a question, what an answer rules out, and what the trace says of a skipped leaf."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from surveys import services
from surveys.core import reach, simulate, trace
from surveys.core.conditions import numbers
from surveys.core.interview import EvaluationProblem, Interview
from surveys.core.lint.minutes import seconds
from surveys.core.skips import Skips
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook

NOW = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
BANK = settings.BASE_DIR / "surveys" / "bank"


@pytest.fixture(scope="module")
def five():
    definition, problems = services.compile_file(
        workbook(FIVE_QUESTIONS, CHOICES, SETTINGS), "five.xlsx"
    )
    assert definition, problems
    return definition


@pytest.fixture(scope="module")
def individual():
    path = BANK / "individual.xlsx"
    definition, problems = services.compile_file(path.read_bytes(), path.name)
    assert definition, problems
    return definition


def test_the_report_says_who_reaches_a_question_and_counts_the_drawn(five):
    found = reach.report(five, drawn=40, seed=3, now=NOW)
    rows = {row.question.name: row for row in found.rows}
    assert rows["agree"].condition == "所有人"
    assert rows["afraid"].condition == "第 1 题选“是”"
    assert rows["phone"].condition == "第 5 题选“是”"
    assert rows["agree"].reached == rows["age"].reached == 40  # all agree to take part
    assert 0 < rows["phone"].reached < 40
    assert found.never == []


def test_the_same_seed_counts_the_same(five):
    one, two = (reach.report(five, drawn=20, seed=7, now=NOW) for _ in range(2))
    other = reach.report(five, drawn=20, seed=8, now=NOW)
    assert one == two
    assert [r.reached for r in one.rows] != [r.reached for r in other.rows]


def test_a_question_nobody_can_reach_is_named():
    survey = FIVE_QUESTIONS.replace("${call_me} = '1'", "${call_me} = '1' and ${call_me} = '0'")
    definition, _ = services.compile_file(workbook(survey, CHOICES, SETTINGS), "five.xlsx")
    found = reach.report(definition, drawn=60, seed=1, now=NOW)
    assert [row.question.name for row in found.never] == ["phone"]


def test_respondents_whom_a_formula_stops_are_counted_apart(five, monkeypatch):
    def stopped(*args, **kwargs):
        raise EvaluationProblem("several_nodes")

    monkeypatch.setattr(simulate, "respond", stopped)
    found = reach.report(five, drawn=5, seed=1, now=NOW)
    assert (found.stopped, found.median) == (5, 0)
    assert {row.reached for row in found.rows} == {0}


def test_estimated_minutes_grow_with_what_is_read_and_written(five):
    short = next(q for q in five.questions() if q.name == "age")
    long = next(q for q in five.questions() if q.name == "phone")
    assert seconds(long) - seconds(short) == pytest.approx(20 - 6)


def test_the_trace_tells_why_a_leaf_is_skipped(five):
    interview = Interview(five, {"/data/agree": "0"}, now=NOW)
    leaves = {leaf.path: leaf for leaf in trace.explained(interview, reach.numbered(five))}
    skipped = leaves["/data/private/afraid"].skipped
    assert skipped.where == "“请您自己填写”"
    assert skipped.condition == "第 1 题选“是”"
    assert skipped.reads == (("第 1 题", "否"),)
    assert "/data/agree" in skipped.source
    assert leaves["/data/agree"].skipped is None
    assert leaves["/data/agree"].value == "否"


def test_the_trace_goes_through_calculations_to_the_answers(individual):
    interview = Interview(individual, {"/data/consent/c_survey": "1"}, now=NOW)
    leaves = {leaf.path: leaf for leaf in trace.explained(interview, reach.numbered(individual))}
    skipped = leaves["/data/a/a2"].skipped
    assert skipped.condition == "（填答年份减第 11 题）不小于 18"
    assert skipped.reads == (("计算值“adult”", "0"), ("第 11 题", ""), ("计算值“age”", ""))


def test_the_trace_shows_an_answer_outside_its_limits(five):
    interview = Interview(five, {"/data/agree": "1", "/data/age": "17"}, now=NOW)
    leaves = {leaf.path: leaf for leaf in trace.explained(interview, reach.numbered(five))}
    assert leaves["/data/age"].constraint == "BAD"


def asked(definition):
    return [q for q in definition.questions() if q.path in numbers(definition)]


def test_a_jump_leads_to_the_first_question_that_is_not_ruled_out(five):
    skips = Skips(five, asked(five))
    assert skips.jumps(0) == {"0": None, "99": None}  # nothing is asked without consent
    assert skips.jumps(4) == {"0": None, "99": None}  # call_me, before the phone


def test_inside_a_repeat_nothing_leads_away():
    survey = """
    | type | name | label | relevant |
    | begin_repeat | child | 孩子 | |
    | select_one yesno | school | 上学吗 | |
    | text | grade | 几年级 | ${school} = '1' |
    | end_repeat | | | |
    | text | wish | 想说什么 | |
    """
    definition, problems = services.compile_file(workbook(survey, CHOICES, SETTINGS), "f.xlsx")
    assert definition, problems
    assert Skips(definition, asked(definition)).jumps(0) == {}


@pytest.mark.parametrize("drawn", [15, pytest.param(400, marks=pytest.mark.long)])
def test_no_jump_passes_over_a_question_that_a_respondent_got(individual, drawn):
    """Referee: the interview engine itself, on random respondents."""
    order = asked(individual)
    skips, tried = Skips(individual, order), 0
    jumps = {q.path: skips.jumps(index) for index, q in enumerate(order)}
    assert sum(map(len, jumps.values())) > 20
    for seed in range(drawn):
        done = simulate.respond(individual, random.Random(seed), now=NOW)
        for index, question in enumerate(order):
            value = done.value(question.path)
            if value in jumps[question.path]:
                target = jumps[question.path][value]
                end = order.index(target) if target else len(order)
                passed = order[index + 1 : end]
                assert [q.name for q in passed if done.relevant(q.path)] == []
                tried += 1
    assert tried > drawn


def test_the_command_prints_the_report_and_names_what_is_wrong(tmp_path, capsys):
    path = tmp_path / "five.xlsx"
    path.write_bytes(workbook(FIVE_QUESTIONS, CHOICES, SETTINGS))
    call_command("path_report", str(path), "--drawn", "10")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# 随机模拟 10 份（种子 20261124），不是调查数据"
    assert lines[2].split("\t") == ["1", "10/10", "agree", "您愿意参加吗", "所有人"]
    path.write_bytes(workbook(FIVE_QUESTIONS.replace("integer", "barcode"), CHOICES, SETTINGS))
    with pytest.raises(CommandError, match="barcode") as refused:
        call_command("path_report", str(path))
    assert refused.value.returncode == 2
