"""Columns tell why a value is absent."""

import numpy as np
import pytest

from analysis.core.columns import Missing
from analysis.core.export.cells import Cells, Code
from analysis.core.tabulate import Filed, cell, tabulate
from surveys import gateway
from surveys.core import xform, xlsform
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook


def compiled(*sheets):
    done = xlsform.convert(workbook(*sheets), "t.xlsx")
    return xform.compile(gateway.parse_xml(done.xform)).definition


@pytest.fixture
def columns(now):
    rows = [
        Filed({"/data/agree": "1", "/data/age": "30", "/data/groups": "left"}, {"psu": "p1"}),
        Filed({"/data/agree": "99"}, {"psu": "p2"}),
        Filed({"/data/agree": "1"}, {"psu": "p2"}),
    ]
    return tabulate(compiled(FIVE_QUESTIONS, CHOICES, SETTINGS), rows, now=now)


def test_answers_not_asked_refused_and_blank_are_told_apart(columns):
    assert list(columns.missing["age"]) == [Missing.PRESENT, Missing.NOT_ASKED, Missing.BLANK]
    assert list(columns.missing["agree"]) == [Missing.PRESENT, Missing.REFUSED, Missing.PRESENT]


@pytest.mark.parametrize(
    ("said", "number"),
    [("-5", -5), (" 30 ", 30), ("2.5", 2.5), ("1.5E7", 1.5e7), ("１２", 12), ("1_000", None),
     ("INF", None), ("-Infinity", None), ("1e999", None), ("NaN", None), ("三十", None)],
)  # fmt: skip
def test_what_is_no_finite_number_is_no_answer_to_a_number(said, number):
    form = compiled("""
    | type | name | label | calculation |
    | integer | age | 年龄 | |
    | calculate | sum | | ${age} + 1 |
    """)
    age, calculated = form.by_path("/data/age"), form.by_path("/data/sum")
    none = (np.nan, "", Missing.UNREADABLE)
    wanted = none if number is None else (number, said, Missing.PRESENT)
    np.testing.assert_equal(cell(age, said), wanted)
    if said in ("1_000", "三十"):  # what is calculated may be a text
        wanted = (np.nan, said, Missing.PRESENT)
    np.testing.assert_equal(cell(calculated, said), wanted)
    exported = Cells.of(age, "number").recode(said)
    assert exported == (Code.HIDDEN if number is None else number)


def test_sealed_answers_are_sealed_whatever_was_sent(columns):
    assert set(columns.missing["afraid"]) == {Missing.SEALED}


def test_every_option_is_a_column_of_zero_one_and_missing(columns):
    np.testing.assert_array_equal(columns.numbers["groups:left"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(columns.numbers["groups:poor"], [0, np.nan, np.nan])


def test_repeats_are_a_child_table_with_parent_and_psu(now):
    people = compiled("""
    | type | name | label |
    | begin_repeat | person | 家人 |
    | integer | age | 年龄 |
    | end_repeat | | |
    """)
    rows = [Filed({"/data/person[1]/age": "40", "/data/person[2]/age": "8"}, {"psu": "p1"}),
            Filed({"/data/person[1]/age": "20"}, {"psu": "p2"})]  # fmt: skip
    child = tabulate(people, rows, now=now).repeats["person"]
    assert list(child.keys["parent_row"]) == [0, 0, 1]
    assert list(child.keys["psu"]) == ["p1", "p1", "p2"]
    assert list(child.numbers["age"]) == [40, 8, 20]
