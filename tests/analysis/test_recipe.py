"""The script that goes with a table, run over a written export.

Referees: `estimate` on the tabulated answers, with the mean weight of all who show the same facts;
both sides start from the same raw answers.
"""

import re
import runpy
import sys
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.core import estimate, gate, recipe, variables
from analysis.core.cuts import Official
from analysis.core.design import Design
from analysis.core.export import planning, sinks
from analysis.core.export.records import Frame, Place, Record
from analysis.core.export.rows import Rows
from analysis.core.spec import Spec
from analysis.core.tables import table
from analysis.core.tabulate import Filed, tabulate
from surveys import services
from tests.workbooks import workbook

N, PSUS, NOW = 480, 20, datetime(2026, 11, 20, tzinfo=UTC)
TOWNS = {"990101001000": "一乡", "990101002000": "二乡"}
SURVEY = """
| type | name | label | relevant | bind::nr:class | bind::nr:role | bind::nr:axis | bind::nr:domain | bind::nr:threshold |
| integer | born | 您哪年出生 | | L3 | birth_year | | | |
| select_one school | school | 您的文化程度 | | L3 | education | | | |
| select_one level | need_01 | 需要工作吗 | | L3 | | need | 01 | 2 |
| select_one level | urg_01 | 工作急吗 | ${need_01} > 1 | L3 | | urgency | 01 | 2 |
| select_one yesno | hope_01 | 要妇联办吗 | ${need_01} > 1 | L3 | | hope | 01 | 1 |
| select_one level | need_02 | 需要看病吗 | | L4 | | need | 02 | 2 |
| select_multiple help | help | 您需要什么 | | L3 | | | | |
| rank help | first | 请排个先后 | | L3 | | | | |
| integer | hours | 每天照料几小时 | | L3 | | | | |
| select_multiple state | state | 您有这些情形吗 | | L4 | | | | |
| select_one home | home | 您和谁住 | | L3 | | | | |
"""  # noqa: E501
CHOICES = """
| list_name | name | label | nr_score | nr_group | nr_missing |
| school | 1 | 小学 | | | |
| school | 2 | 中学 | | | |
| level | 0 | 不 | 0 | | |
| level | 1 | 有点 | 1 | | |
| level | 2 | 很 | 2 | | |
| level | 9 | 不愿说 | | | refused |
| yesno | 1 | 是 | 1 | | |
| yesno | 0 | 否 | 0 | | |
| help | skill | 学手艺 | | | |
| help | care | 带孩子 | | | |
| help | shop | 开店 | | | |
| state | ill | 有大病 | | ill | |
| state | none | 都没有 | | | |
| home | alone | 独自 | | alone | |
| home | family | 家人 | | | |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| taken | 1 | 带走的表 | nr="urn:needs-research:xform:1" |
"""


@pytest.fixture(scope="module")
def definition():
    found, problems = services.compile_file(workbook(SURVEY, CHOICES, SETTINGS), "taken.xlsx")
    assert found, problems
    return found


@pytest.fixture(scope="module")
def answers():
    """Raw answers; nobody's identifying facts are rare, so the export hides nothing."""
    rng = np.random.default_rng(8)
    some = []
    for _ in range(N):
        mine = [h for h in ("skill", "care", "shop") if rng.random() < 0.5] or ["shop"]
        one = {
            "born": str(rng.choice([1970, 1995])), "school": str(rng.choice([1, 2])),
            "need_01": str(rng.choice([0, 1, 2, 9], p=[0.3, 0.2, 0.45, 0.05])),
            "need_02": str(rng.choice([0, 2])), "help": " ".join(mine),
            "first": " ".join(rng.permutation(["skill", "care", "shop"])),
            "hours": str(rng.integers(0, 12)), "state": str(rng.choice(["ill", "none"])),
            "home": str(rng.choice(["alone", "family"])),
        }  # fmt: skip
        if one["need_01"] == "2":
            one |= {"urg_01": str(rng.integers(0, 3)), "hope_01": str(rng.integers(0, 2))}
        some.append({f"/data/{name}": value for name, value in one.items()})
    return some


@pytest.fixture(scope="module")
def official(definition, answers):
    psu = np.arange(N) % PSUS
    township = np.where(psu < PSUS // 2, *TOWNS).astype(object)
    filed = [Filed(a, {"psu": str(p), "township": t})
             for a, p, t in zip(answers, psu, township, strict=True)]  # fmt: skip
    weights = np.random.default_rng(9).uniform(5, 20, N).round(6)
    design = Design.declare(weights=weights, strata=township, ids=[psu], lonely="adjust")
    return Official(tabulate(definition, filed, now=NOW), design, definition, TOWNS, 2026)


@pytest.fixture(scope="module")
def folder(definition, answers, official, tmp_path_factory):
    """The unpacked Parquet export, numbered in an order of its own."""
    keys, made = official.columns.keys, tmp_path_factory.mktemp("export")
    places = {
        str(k): Place(float(w), TOWNS[t])
        for k, (w, t) in enumerate(zip(official.design.weights, keys["township"], strict=True))
    }
    frame = Frame(1, {1: "概率样本"}, {"visit": (1, "入户")}, True, places)
    rows = Rows(planning.build(definition, 2026), frame, NOW, b"secret")
    drafts = [rows.draft(Record(str(k), "visit", str(k), a)) for k, a in enumerate(answers)]
    rows.judge((draft.key, draft.weight) for draft in drafts)
    book = sinks.Parquet(made, ["说明"])
    add = book.table(rows.plan.main, rows.variables(rows.plan.main))
    for draft in drafts:
        add(rows.finish(draft)[0])
    book.close()
    return made


def made(spec, official, note=("说明",)):
    """The table as it is printed, and its script."""
    known = variables.offered(official.definition, TOWNS)
    found = table(spec, official, known, gate.Release()) | {"n": N}
    return found, recipe.script(spec, known, *formed(official), found, note)


def formed(official):
    return official.definition, planning.build(official.definition, 2026).main


def run(script, folder, tmp_path, monkeypatch, capsys):
    path = tmp_path / "reproduce.py"
    path.write_text(script, "utf-8")
    monkeypatch.setattr(sys, "argv", ["reproduce.py", str(folder)])
    runpy.run_path(str(path))
    return capsys.readouterr().out


def inside(spec, official):
    """Rows (n,) of the filter and of every class, by the product's own variables."""
    known = variables.offered(official.definition, TOWNS)
    rows = np.ones(N, dtype=bool)
    for key, value in ((spec.where, spec.option), ("@township" if spec.area else "", spec.area)):
        if key:
            at = [v for v, _ in known[key].classes].index(value)
            rows &= variables.items(known[key], official)[:, at] == 1
    heads = variables.items(known[spec.by], official).T if spec.by else []
    return [rows, *[rows & (head == 1) for head in heads]]


def shared(official, answers):
    """The design with the mean weight of each age, schooling and township."""
    facts = zip(answers, official.columns.keys["township"], strict=True)
    groups = [(a["/data/born"], a["/data/school"], town) for a, town in facts]
    _, codes = np.unique(["|".join(group) for group in groups], return_inverse=True)
    mean = np.bincount(codes, official.design.weights) / np.bincount(codes)
    return Design.declare(weights=mean[codes])


@pytest.mark.parametrize(
    "spec",
    [
        Spec("need_01", "school"),
        Spec("hours", "@age"),
        Spec("help", "@township"),
        Spec("first#top", "@group:alone"),
        Spec("help", where="@hope", option="01"),
        Spec("help", "school", area="990101002000"),
    ],
    ids=lambda spec: f"{spec.question} {spec.by} {spec.where}{spec.area}",
)
def test_the_script_gives_every_printed_number_with_the_weights_of_the_export(
    spec, official, answers, folder, tmp_path, monkeypatch, capsys
):
    found, script = made(spec, official)
    out = run(script, folder, tmp_path, monkeypatch, capsys)
    assert "hidden: 0.0% in the rows, 0.0% in the classes, 0.0% in the filter" in out
    again = [float(value) for value in re.findall(r"here (\S+)", out)]
    known = variables.offered(official.definition, TOWNS)
    y, exact = variables.items(known[spec.question], official), []
    for one, rows in zip(found["classes"], inside(spec, official), strict=True):
        values = estimate.mean(shared(official, answers), y, inside=rows).values
        exact += [value for row, value in zip(one["rows"], values, strict=True)
                  if row["estimate"]["value"] is not None]  # fmt: skip
    assert len(again) == len(exact) > 0
    assert np.array(again) == pytest.approx(np.array(exact), abs=1e-6)
    assert float(out.split()[-1]) < 0.5


def test_a_domain_or_group_that_never_leaves_is_named_and_the_rest_is_computed(
    official, folder, tmp_path, monkeypatch, capsys
):
    """Shares of need, urgency and hope together; the second domain and the heads are L4."""
    found, script = made(Spec("@joint", "@group:ill"), official)
    out = run(script, folder, tmp_path, monkeypatch, capsys)
    assert "本脚本不算的项：02" in script
    assert "“有大病”，本脚本只算不分组的一列" in script
    assert out.count("not in this export") == 2
    value = found["classes"][0]["rows"][0]["estimate"]["value"]
    (said,) = re.findall(r"printed (\S+)", out)
    assert float(said) == value
    assert float(out.split()[-1]) < 0.005


@pytest.mark.parametrize(
    "spec", [Spec("state"), Spec("hours", where="@group:ill", option="1"), Spec("born")]
)
def test_a_table_of_which_nothing_leaves_has_no_script(spec, official):
    known = variables.offered(official.definition, TOWNS)
    result = {"n": N, "classes": [{"label": "全体", "rows": []}]}
    assert recipe.script(spec, known, *formed(official), result, []) is None


def test_a_note_of_several_lines_stays_a_comment(official):
    _, script = made(Spec("help"), official, note=("标题\nimport os", "$plan null true"))
    assert "# import os\n" in script
    assert "# $plan null true\n" in script
    compile(script, "reproduce.py", "exec")


def test_shares_are_not_given_where_the_export_hides_too_much(
    official, folder, tmp_path, monkeypatch, capsys
):
    data = pq.read_table(folder / "responses.parquet")
    at = data.schema.get_field_index("school")
    codes = data["school"].to_pylist()
    codes[: N // 10] = [-996] * (N // 10)
    data = data.set_column(at, data.schema.field(at), pa.array(codes, pa.int32()))
    pq.write_table(data, tmp_path / "responses.parquet")
    _, grouped = made(Spec("help", "school"), official)
    out = run(grouped, tmp_path, tmp_path, monkeypatch, capsys)
    assert "10.0% in the classes" in out
    assert out.count("not in this export") == 2
    _, filtered = made(Spec("help", where="school", option="1"), official)
    with pytest.raises(SystemExit, match="too much is hidden"):
        run(filtered, tmp_path, tmp_path, monkeypatch, capsys)
