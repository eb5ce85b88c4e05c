"""Form logic judged by JavaRosa: random scenarios, leaf by leaf (its classes ship with pyxform)."""

from pathlib import Path

import pytest

from tests.form_referee import Form, compare, differences, load, ours
from tests.scenarios import answers_file
from tests.workbooks import workbook

BANK = sorted((Path(__file__).resolve().parents[2] / "surveys" / "bank").glob("*.xlsx"))

# ruff: noqa: E501  tables read better with one row a line
# What the reference forms do not have: repeats (free, counted), typed comparisons, dates as days,
# a seeded order, positions, choice labels, values set when another answer changes.
HOUSEHOLD = """
| type | name | label | relevant | constraint | required | calculation | choice_filter | repeat_count | trigger | parameters |
| integer | size | 人数 | | . > 0 and . < 20 | yes | | | | | |
| decimal | land | 亩数 | ${size} >= 2 | . <= ${size} * 10 | ${size} > 3 | | | | | |
| date | moved | 迁入 | | . < '2020-01-01' or ${size} = 5 | | | | | | |
| select_one town | town | 乡镇 | | | | | | | | |
| select_one village | village | 村 | ${town} != '' | | yes | | town = ${town} | | | |
| select_multiple help | help | 帮助 | | count-selected(.) <= 2 and not(selected(., 'none') and count-selected(.) > 1) | | | | | | |
| select_one help | first | 先要 | count-selected(${help}) > 1 | selected(${help}, .) | | | | | | |
| rank help | order | 排序 | | | | | | | | randomize=true, seed=${size} |
| text | phone | 电话 | selected(${help}, 'money') or ${land} > 50 | regex(., '1[0-9]{10}') | not(selected(${help}, 'none')) | | | | | |
| calculate | label | | | | | jr:choice-name(${town}, '${town}') | | | | |
| calculate | sum | | | | | round(${size} div 3, 1) + coalesce(${land}, 0) | | | | |
| calculate | noted | | | | | concat(${size}, '人') | | | ${size} | |
| begin_repeat | person | 家人 | ${size} < 100 | | | | | | | |
| integer | age | 年龄 | | . >= 0 and . < 120 | yes | | | | | |
| text | school | 学校 | ${age} < 18 | string-length(.) > 1 | position(..) = 1 | | | | | |
| select_one help | need | 需要 | ${age} >= 18 or ${school} = 'yes' | | | | | | | |
| calculate | place | | | | | position(..) | | | | |
| end_repeat | | | | | | | | | | |
| calculate | adults | | | | | count(${person}[age >= 18]) | | | | |
| calculate | second | | | | | indexed-repeat(${age}, ${person}, 2) | | | | |
| calculate | years | | | | | sum(${age}) | | | | |
| note | many | 大户 | ${adults} > 1 and max(${age}) > 60 | | | | | | | |
| begin_repeat | plot | 地块 | | | | | | ${size} mod 4 | | |
| decimal | area | 面积 | ${land} > 1 | . <= ${land} | | | | | | |
| end_repeat | | | | | | | | | | |
| text | why | 说明 | sum(${area}) > ${land} | | yes | | | | | |
"""
CHOICES = """
| list_name | name | label | town |
| town | t1 | 甲镇 | |
| town | t2 | 乙镇 | |
| village | v1 | 甲一 | t1 |
| village | v2 | 甲二 | t1 |
| village | v3 | 乙一 | t2 |
| help | money | 资金 | |
| help | work | 就业 | |
| help | care | 照料 | |
| help | none | 不需要 | |
"""


@pytest.fixture
def household(tmp_path) -> Path:
    path = tmp_path / "household.xlsx"
    path.write_bytes(workbook(HOUSEHOLD, CHOICES))
    return path


def disagreements(forms: list[Form], seeds: int, folder: Path, now) -> list[str]:
    found = []
    for form, seed, theirs in compare(forms, seeds, folder):
        assert form.definition, form.reason
        assert not theirs.error, theirs.error
        mine = ours(form.definition, answers_file(form.definition, seed), now)
        assert theirs.leaves.keys() == mine.leaves.keys(), (form.name, seed)
        for path, aspect, a, b in differences(theirs, mine, form.definition):
            found.append(f"{form.name} seed {seed} {path} {aspect}: JavaRosa {a!r}, ours {b!r}")
    return found


def test_javarosa_agrees_on_a_sample(household, tmp_path, now):
    forms = [load(path, tmp_path) for path in (*BANK, household)]
    assert disagreements(forms, 4, tmp_path, now) == []


@pytest.mark.long
def test_javarosa_agrees_on_the_reference_forms(tmp_path, now):
    forms = [load(path, tmp_path) for path in BANK]
    assert disagreements(forms, 80, tmp_path, now) == []


@pytest.mark.long
def test_javarosa_agrees_on_repeats(household, tmp_path, now):
    assert disagreements([load(household, tmp_path)], 300, tmp_path, now) == []
