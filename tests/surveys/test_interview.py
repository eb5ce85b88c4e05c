"""Form logic on workbooks written in the test."""

import pytest

from surveys import gateway
from surveys.core import bundle, instance, xform, xlsform
from surveys.core.interview import Interview
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook


@pytest.fixture
def form():
    def compiled(survey, choices="", settings=""):
        done = xlsform.convert(workbook(survey, choices, settings), "t.xlsx")
        assert done.xform, done.problems
        found = xform.compile(gateway.parse_xml(done.xform))
        assert not [p for p in found.problems if p.level == "error"], found.problems
        return found.definition

    return compiled


def asked(interview, mode="respondent"):
    return [i.question.name for page in interview.pages(mode) for i in page.items]


def test_a_question_is_asked_only_of_those_it_concerns(form, now):
    five = form(FIVE_QUESTIONS, CHOICES, SETTINGS)
    assert asked(Interview(five, {"/data/agree": "0"}, now=now)) == ["agree"]
    yes = Interview(five, {"/data/agree": "1", "/data/call_me": "1"}, now=now)
    assert asked(yes) == ["agree", "age", "groups", "afraid", "call_me", "phone"]


def test_an_answer_that_lost_its_question_is_not_sent(form, now):
    five = form(FIVE_QUESTIONS, CHOICES, SETTINGS)
    interview = Interview(five, {"/data/agree": "1", "/data/age": "30"}, now=now)
    interview.set("/data/agree", "0")
    assert interview.answers == {"/data/agree": "0"}


@pytest.mark.parametrize(
    ("age", "code"),
    [("17", "constraint_failed"), ("", "required_missing"), ("x", "value_not_possible"),
     ("18", None)],
)  # fmt: skip
def test_what_must_be_mended_is_named(form, now, age, code):
    five = form(FIVE_QUESTIONS, CHOICES, SETTINGS)
    interview = Interview(five, {"/data/agree": "1", "/data/age": age}, now=now)
    assert [p.code for p in interview.problems_at("/data/age")] == ([code] if code else [])


def test_a_choice_outside_the_list_is_not_possible(form, now):
    five = form(FIVE_QUESTIONS, CHOICES, SETTINGS)
    interview = Interview(five, {"/data/agree": "maybe"}, now=now)
    assert [p.code for p in interview.problems_at("/data/agree")] == ["value_not_possible"]


def test_calculations_follow_each_other_whatever_their_order(form, now):
    chain = form("""
    | type | name | label | calculation |
    | calculate | c | | ${b} * 2 |
    | calculate | b | | ${a} + 1 |
    | integer | a | 数 | |
    """)
    interview = Interview(chain, now=now)
    interview.set("/data/a", "3")
    assert interview.value("/data/c") == "8"


def test_a_repeat_sees_its_own_instance_and_counts_all(form, now):
    people = form("""
    | type | name | label | relevant | calculation |
    | begin_repeat | person | 家人 | | |
    | integer | age | 年龄 | | |
    | text | school | 学校 | ${age} < 18 | |
    | end_repeat | | | | |
    | calculate | adults | | | count(${person}[age >= 18]) |
    """)
    interview = Interview(people, {"/data/person[1]/age": "40", "/data/person[2]/age": "8"},
                          now=now)  # fmt: skip
    assert not interview.relevant("/data/person[1]/school")
    assert interview.relevant("/data/person[2]/school")
    assert interview.value("/data/adults") == "1"


def test_a_filtered_list_offers_only_what_fits(form, now):
    places = form(
        """
        | type | name | label | choice_filter |
        | select_one town | town | 乡镇 | |
        | select_one village | village | 村 | town = ${town} |
        """,
        """
        | list_name | name | label | town |
        | town | t1 | 甲 | |
        | town | t2 | 乙 | |
        | village | v1 | 甲一 | t1 |
        | village | v2 | 乙一 | t2 |
        """,
    )
    interview = Interview(places, {"/data/town": "t2"}, now=now)
    assert [c.name for c in interview.choices("/data/village")] == ["v2"]


def test_a_rotated_group_starts_elsewhere_and_asks_everything(form, now):
    rotated = form("""
    | type | name | label | bind::nr:system | bind::nr:rotate |
    | hidden | turn | | rotation | |
    | begin_group | needs | 需求 | | 2 |
    | text | a | 甲 | | |
    | text | b | 乙 | | |
    | text | c | 丙 | | |
    | text | d | 丁 | | |
    | end_group | | | | |
    """, settings=SETTINGS)  # fmt: skip
    assert asked(Interview(rotated, {"/data/turn": "1"}, now=now)) == ["a", "b", "c", "d"]
    assert asked(Interview(rotated, {"/data/turn": "2"}, now=now)) == ["c", "d", "a", "b"]


def test_wording_carries_earlier_answers(form, now):
    named = form("""
    | type | name | label |
    | text | who | 称呼 |
    | note | hello | 您好 ${who} |
    """)
    interview = Interview(named, {"/data/who": "小禾"}, now=now)
    assert interview.text(interview.questions["/data/hello"].label) == "您好 小禾"


def test_instances_survive_writing_and_reading(form, now):
    answers = {"/data/agree": "1", "/data/person[1]/age": "3", "/data/person[2]/age": "5"}
    xml = instance.write("five", "1", "data", answers, instance_id="uuid:x")
    read = instance.read(gateway.parse_xml(xml))
    assert read.answers == answers
    assert (read.form_id, read.version, read.instance_id) == ("five", "1", "uuid:x")


CASCADE = """
| type | name | label | choice_filter | calculation |
| text | town | 乡镇 | | |
| select_one villages | village | 村 | town = ${town} | |
| calculate | head | | | instance('villages')/root/item[name = ${village}]/label |
| select_one villages | near | 邻村 | town != ${town} and far = '1' | |
"""
VILLAGES = """
| list_name | name | label | town | far |
| villages | v1 | 柳沟 | t1 | 1 |
| villages | v2 | 石桥 | t2 | 1 |
"""


def test_indexes_of_lists_are_ready_when_the_form_is(form, now):
    """Nobody waits for them: the first filter only looks up."""
    found = form(CASCADE, VILLAGES, SETTINGS)
    expected = {("villages", "item", "town"), ("villages", "item", "name")}
    assert found.program.lookups == expected  # "!=" has no index
    (root,) = found.program.lists["villages"].children
    assert set(root.keys) == {(name, column) for _, name, column in expected}
    assert bundle.bundle(found)["lookups"] == sorted(map(list, expected))
    interview = Interview(found, {"/data/town": "t2", "/data/village": "v2"}, now=now)
    assert [c.name for c in interview.choices("/data/village")] == ["v2"]
    assert interview.value("/data/head") == "石桥"
