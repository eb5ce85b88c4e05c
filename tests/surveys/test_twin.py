"""The two engines are one logic: the same cases, the same random scenarios, the same bytes."""

import gzip
import json
import math
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from surveys import gateway
from surveys.core import bundle, xform, xlsform
from surveys.core.expressions import Context, compile_ast, parse
from surveys.core.expressions.values import EvaluationProblem, Moment
from surveys.core.interview import Interview
from surveys.core.problems import Refused
from tests.form_referee import load
from tests.javascript import JS, NODE, differences
from tests.surveys.test_javarosa import BANK, CHOICES, HOUSEHOLD
from tests.workbooks import workbook

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "surveys" / "static" / "surveys" / "engine"
CASES = ROOT / "tests" / "cases"
FORM = """
| type | name | label | relevant | calculation | choice_filter |
| integer | age | 年龄 | | | |
| date | born | 出生 | | | |
| text | blank | 空 | | | |
| select_one county | county | 县 | | | |
| select_one town | town | 乡镇 | | | county = ${county} |
| select_multiple help | help | 帮助 | | | |
| text | hidden | 隐 | ${age} > 100 | | |
| calculate | ok | | | 1 = 1 | |
| begin_repeat | person | 家人 | | | |
| text | name | 名 | | | |
| integer | years | 年龄 | | | |
| end_repeat | | | | | |
"""
LISTS = """
| list_name | name | label | county |
| county | c1 | 甲县 | |
| county | c2 | 乙县 | |
| town | t1 | 甲镇 | c1 |
| town | t2 | 乙镇 | c2 |
| help | money | 资金 | |
| help | work | 就业 | |
"""


def compiled(survey, choices="", settings="| form_id | version |\n| cases | 7 |"):
    done = xlsform.convert(workbook(survey, choices, settings), "cases.xlsx")
    assert done.xform, done.problems
    return xform.compile(gateway.parse_xml(done.xform)).definition


def cases(name):
    return json.loads((CASES / name).read_text(encoding="utf-8"))


def told(value):
    if isinstance(value, list):
        return {"nodes": [node.text for node in value]}
    if isinstance(value, Moment):
        return {"date": value.lexical()}
    if isinstance(value, bool | str):
        return {"value": value}
    return {"number": value if math.isfinite(value) else str(value).replace("nan", "NaN").replace(
        "inf", "Infinity")}  # fmt: skip


def test_expressions_give_what_the_cases_say():
    given = cases("expressions.json")
    moment = datetime.fromisoformat(given["now"])
    interview = Interview(compiled(FORM, LISTS), given["answers"], now=moment)
    for case in given["cases"]:
        source = case.pop("expression")
        ast = case.pop("ast")
        assert parse(source) == ast, source
        found = told(compile_ast(ast)(Context(interview.env, interview.root)))
        assert found == case, source


def test_an_interview_goes_as_the_cases_say():
    given = cases("interview.json")
    definition = compiled(FORM, LISTS)
    interview = Interview(definition, now=datetime.fromisoformat(given["now"]))
    for step in given["cases"]:
        for path, value in step["set"].items():
            interview.set(path, value)
        assert interview.answers == step["answers"]
        assert [[i.path for i in page.items] for page in interview.pages()] == step["pages"]
        assert [[p.code, p.where.path] for p in interview.problems()] == step["problems"]
        assert [c.name for c in interview.choices("/data/town")] == step["towns"]


def test_the_bundle_is_what_the_cases_carry():
    assert json.loads(bundle.to_json(compiled(FORM, LISTS))) == cases("interview.json")["form"]


def test_node_passes_the_same_cases():
    command = [str(NODE), "--test", *map(str, sorted(JS.glob("*.test.js")))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_python_and_javascript_agree_on_random_scenarios(tmp_path, now):
    household = tmp_path / "household.xlsx"
    household.write_bytes(workbook(HOUSEHOLD, CHOICES))
    forms = [load(path, tmp_path) for path in (*BANK, household)]
    assert list(differences(forms, 3, now, tmp_path)) == []


@pytest.mark.long
def test_python_and_javascript_agree_on_many_scenarios(tmp_path, now):
    household = tmp_path / "household.xlsx"
    household.write_bytes(workbook(HOUSEHOLD, CHOICES))
    forms = [load(path, tmp_path) for path in (*BANK, household)]
    assert list(differences(forms, 100, now, tmp_path)) == []


def test_a_function_no_tablet_has_is_named():
    survey = """
    | type | name | label | calculation |
    | text | a | 甲 | |
    | calculate | b | | digest(${a}, 'SHA-256') |
    """
    with pytest.raises(Refused) as refused:
        bundle.bundle(compiled(survey))
    assert [(p.code, p.params["name"]) for p in refused.value.problems] == [
        ("function_not_offline", "digest")
    ]


def test_a_hostile_expression_runs_out_of_steps(now):
    interview = Interview(compiled(FORM, LISTS), now=now)
    interview.env.steps = 3
    with pytest.raises(EvaluationProblem, match="too_many_steps"):
        compile_ast(parse("count(/data/person[count(/data/person[years > 1]) > 2])"))(
            Context(interview.env, interview.root)
        )


def test_the_javascript_engine_stays_small():
    code = b"".join(path.read_bytes() for path in sorted(ENGINE.glob("*.js")))
    assert len(gzip.compress(code, 9)) <= 12 * 1024
