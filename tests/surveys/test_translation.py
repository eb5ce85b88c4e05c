"""What only pyxform finds is said in Chinese, with the cell."""

import re

import pytest

from surveys import messages
from surveys.core import xlsform
from tests.workbooks import CHOICES, SETTINGS, workbook

HEAD = "| type | name | label | parameters | calculation |\n"
FAULTS = {
    "unlabelled": ("text | a | | |", "survey!C2  label_missing"),
    "no formula": ("calculate | a | | |", "survey!E2  calculation_missing"),
    "unknown parameter": ("range | a | 题 | colour=red |", "survey!D2  parameters_invalid"),
    "range of nothing": ("range | a | 题 | start=1 end=5 step=0 |", "survey!D2  range_invalid"),
    "malformed parameter": ("range | a | 题 | start |", "survey!D2  parameters_invalid"),
    "malformed reference": ("text | a | 题 ${b | |", "survey!C2  reference_malformed"),
    "included file": ("include other | a | 题 | |", "survey!A2  type_unknown"),
    "reserved name": ("begin_repeat | data | 组 | |", "survey!B2  name_reserved"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_pyxform_is_named_at_its_cell(fault):
    row, expected = FAULTS[fault]
    end = "| text | t | 题 | | |\n| end_repeat | | | | |\n" if "repeat" in row else ""
    done = xlsform.convert(workbook(f"{HEAD}| {row} |\n{end}", CHOICES, SETTINGS), "f.xlsx")
    lines = [messages.line(p) for p in done.problems]
    assert done.xform is None
    assert lines[0].startswith(expected), lines
    assert re.search("[\u4e00-\u9fff]", lines[0])


def test_a_column_under_two_names_is_named_at_its_head():
    survey = "| type | name | label | relevant | bind::relevant |\n| text | a | 题 | | 1 = 1 |"
    done = xlsform.convert(workbook(survey, CHOICES, SETTINGS), "f.xlsx")
    assert [messages.line(p).split("  ")[1] for p in done.problems] == ["column_twice"]
    assert done.problems[0].where.row == 1
