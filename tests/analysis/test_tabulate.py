"""Columns tell why a value is absent."""

import numpy as np
import pytest

from analysis.core.columns import Missing
from analysis.core.tabulate import Filed, tabulate
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
