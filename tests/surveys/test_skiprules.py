"""Skip rules: what is picked reads back as picked, and what is shown means what was written.

Meaning is judged by the product's evaluator (itself judged by JavaRosa) on all answers.
"""

from itertools import product

import pytest

from surveys import gateway
from surveys.core import skiprules, workbook, xform, xlsform
from surveys.core.interview import Interview
from surveys.core.skiprules import Condition, Rule, Subject
from surveys.wishes import subjects
from tests.surveys.test_workbook import BANK
from tests.workbooks import workbook as workbook_of

SUBJECTS = {
    "one": Subject("select_one", ("a", "b", "3")),
    "many": Subject("select_multiple", ("a", "b", "3")),
    "age": Subject("integer"),
    "sum": Subject("calculate"),
    "day": Subject("date"),
    "say": Subject("text"),
}
PICKED = [
    (Rule("and", (Condition("one", "any", ("a",)),)), "${one} = 'a'"),
    (Rule("and", (Condition("one", "any", ("a", "b")),)), "${one} = 'a' or ${one} = 'b'"),
    (Rule("and", (Condition("one", "none", ("a", "b")),)), "not(${one} = 'a' or ${one} = 'b')"),
    (Rule("and", (Condition("many", "all", ("a", "b")),)),
     "selected(${many}, 'a') and selected(${many}, 'b')"),
    (Rule("and", (Condition("many", "none", ("a",)), Condition("age", ">=", ("60",)))),
     "not(selected(${many}, 'a')) and ${age} >= 60"),
    (Rule("or", (Condition("many", "any", ("a", "b")), Condition("age", "empty"))),
     "(selected(${many}, 'a') or selected(${many}, 'b')) or ${age} = ''"),
    (Rule("and", (Condition("say", "=", ("是",)), Condition("one", "answered"))),
     "${say} = '是' and ${one} != ''"),
    (Rule("and", (Condition("day", "<", ("2026-01-02",)),)), "${day} < date('2026-01-02')"),
    (Rule("and", (Condition("one", ">=", ("3",)),)), "${one} >= 3"),
    (Rule("and", (Condition("sum", "=", ("-1.5",)),)), "${sum} = -1.5"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "source"), PICKED, ids=[source for _, source in PICKED])
def test_a_picked_rule_is_written_and_read_back(rule, source):
    assert skiprules.expression(rule, SUBJECTS) == source
    assert skiprules.parse_rule(source, SUBJECTS) == rule


@pytest.mark.parametrize(
    "source",
    [
        "count-selected(${many}) >= 2",
        "${one} = 'a' and (${age} > 3 or ${say} = 'x')",
        "${unknown} = 'a'",
        "${one} = 'not a code'",
        "${age} > ${sum}",
        "${age} = '18'",
        "one = 'a'",
        "${one} = ",
        "not(${age} > 3)",
        "once(${age} > 3)",
    ],
)
def test_what_the_picker_cannot_say_again_stays_as_typed(source):
    assert skiprules.parse_rule(source, SUBJECTS) is None


def test_a_condition_without_answers_is_unfinished():
    for condition in (Condition("one", "any"), Condition("age", ">", ("viel",))):
        with pytest.raises(skiprules.Unfinished, match=condition.question):
            skiprules.expression(Rule("and", (condition,)), SUBJECTS)


def test_an_answer_with_quotes_cannot_end_the_text():
    rule = Rule("and", (Condition("say", "=", ('it\'s "so"',)),))
    assert skiprules.expression(rule, SUBJECTS) == '${say} = "it\'s so"'


WRITTEN = [
    "selected('a 3', ${one})",
    "${one} = 3 or ${one} = 'a'",
    "selected(${one}, 'b') and ${age} != 5",
    "${age} >= 3 and ${one} != 'a'",
    "(${one} = 'a' or ${one} = 'b') and not(selected(${many}, '3') or selected(${many}, 'a'))",
    "selected(${many}, 'a') and selected(${many}, 'b') and ${age} < 5",
    "${age} < 3 or selected(${many}, 'a') and selected(${many}, 'b')",
    "${one} = '' or ${many} != ''",
]
FORM = """
| type | name | label | calculation |
| select_one codes | one | 单选 | |
| select_multiple codes | many | 多选 | |
| integer | age | 年龄 | |
"""
CODES = """
| list_name | name | label |
| codes | a | 甲 |
| codes | b | 乙 |
| codes | 3 | 丙 |
"""


def test_a_rule_that_is_shown_means_what_was_written():
    rules = [skiprules.parse_rule(source, SUBJECTS) for source in WRITTEN]
    again = [skiprules.expression(rule, SUBJECTS) for rule in rules]
    calculated = "".join(
        f"| calculate | old{i} | | {old} |\n| calculate | new{i} | | {new} |\n"
        for i, (old, new) in enumerate(zip(WRITTEN, again, strict=True))
    )
    done = xlsform.convert(workbook_of(FORM + calculated, CODES), "rules.xlsx")
    assert done.xform, done.problems
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    seen = set()
    for one, many, age in product(
        ["", "a", "b", "3"], ["", "a", "a b", "3 a"], ["", "2", "3", "5"]
    ):
        answers = {"/data/one": one, "/data/many": many, "/data/age": age}
        root = definition.root
        filled = {path.replace("/data", f"/{root}"): value for path, value in answers.items()}
        interview = Interview(definition, filled, now=None)
        for i in range(len(WRITTEN)):
            old, new = (interview.value(f"/{root}/{kind}{i}") for kind in ("old", "new"))
            assert old == new, (WRITTEN[i], again[i], answers)
            seen.add((i, old))
    assert len(seen) == 2 * len(WRITTEN)


def test_most_skip_rules_of_the_reference_form_can_be_picked():
    book = workbook.read(next(p for p in BANK if p.stem == "individual").read_bytes())
    sheet = book.sheet("survey")
    rows = [row for row in sheet.numbers() if sheet.get(row, "relevant")]
    shown = [
        row for row in rows
        if skiprules.parse_rule(sheet.get(row, "relevant"), subjects(book, row))
    ]  # fmt: skip
    assert len(shown) >= 0.9 * len(rows)
