"""Volunteers beside the sample. Referees: raking done by hand, and the county's truth."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.core import cuts, figures, gate, joined, needs, volunteers
from analysis.core.columns import Columns, Missing
from analysis.core.report import findings
from analysis.core.report.prose import Plates
from analysis.demo import respondents
from analysis.demo.county import county
from analysis.demo.coverage import one_sample
from analysis.demo.truth import CODES, truth
from surveys import services
from tests.workbooks import workbook

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
SURVEY = "\n".join([
    "| type | name | label | bind::nr:class | bind::nr:role | bind::nr:axis | bind::nr:domain "
    "| bind::nr:threshold |",
    "| integer | born | 您哪年出生 | L3 | birth_year | | | |",
    "| select_one place | lives | 您住哪里 | L3 | residence | | | |",
    *[f"| select_one need | n{c} | 需要帮助吗{c} | L3 | | need | {c} | 2 |" for c in CODES],
])  # fmt: skip
CHOICES = """
| list_name | name | label | nr_score | nr_missing |
| place | town | 城镇 | | |
| place | country | 乡村 | | |
| need | 0 | 不需要 | 0 | |
| need | 2 | 需要 | 2 | |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| crowd | 1 | 短卷 | nr="urn:needs-research:xform:1" |
"""


@pytest.fixture(scope="module")
def definition():
    found, problems = services.compile_file(workbook(SURVEY, CHOICES, SETTINGS), "crowd.xlsx")
    assert found, problems
    return found


def columns(place, world, women):
    n = len(women)
    numbers = {"born": place.birth_year[women].astype(float), "lives": np.full(n, np.nan)}
    numbers |= {f"n{c}": 2.0 * world.in_need[women, k] for k, c in enumerate(CODES)}
    texts = {"lives": np.where(place.woman_urban[women], "town", "country").astype(object)}
    missing = {name: np.full(n, Missing.PRESENT, dtype=np.int8) for name in numbers}
    keys = {"psu": place.woman_village[women].astype(object),
            "township": place.woman_township[women].astype(str).astype(object)}  # fmt: skip
    return Columns(n, numbers, missing, texts, keys)


@pytest.fixture(scope="module")
def drawn():
    """The weighted probability sample of the county and the women behind its rows."""
    return one_sample(county(), np.random.default_rng(1))


@pytest.fixture(scope="module")
def samples(definition, drawn):
    """A probability sample of the county and 1,500 volunteers, younger and needier."""
    place = county()
    world = truth(place)
    weighted, women = drawn
    crowd = respondents.volunteers(place, world.need, 1500, np.random.default_rng(2))
    official = cuts.Official(columns(place, world, women), weighted.design, definition, {}, 2026)
    return official, (definition, columns(place, world, crowd)), world


def done(samples, **changed):
    official, crowd, _ = samples
    found = needs.indicators(needs.plan(official.definition), official.columns)
    tables = needs.estimate(official.design, found)
    domains = [
        {"code": c, "need": row} for c, row in zip(CODES, cuts.rows_of(tables.need), strict=True)
    ]
    return volunteers.calibrated(
        official, crowd, figures._volunteers(crowd, gate.Release()) | changed, domains
    )


@pytest.fixture(scope="module")
def young(definition, samples):
    """Volunteers who differ by age only, within what weights may mend."""
    place, (official, _, world) = county(), samples
    pull = np.array([2.0, 1.0, 0.7])[place.age]
    rng = np.random.default_rng(3)
    women = rng.choice(len(pull), 4000, replace=False, p=pull / pull.sum())
    return official, (definition, columns(place, world, women)), world


def test_the_margins_of_the_probability_sample_are_met(young):
    official, (definition, mine), _ = young
    weighed, names = volunteers.weigh(official, definition, mine)
    assert names == ["年龄", "户籍与居住"]
    w, d = weighed.design.weights, official.design.weights
    for part in ("town", "country"):
        assert w @ (mine.texts["lives"] == part) == pytest.approx(
            d @ (official.columns.texts["lives"] == part), rel=1e-6
        )
    ages = [2026 - c.numbers["born"] for c in (mine, official.columns)]
    assert w @ (ages[0] < 35) == pytest.approx(d @ (ages[1] < 35), rel=1e-6)


def bias(samples):
    """Mean absolute distance from the truth: plain, weighed."""
    rows, true = done(samples)["domains"], samples[2].in_need.mean(axis=0)
    return [
        float(np.abs(np.array([r[k] for r in rows]) - true).mean()) for k in ("share", "calibrated")
    ]


def test_what_age_explains_is_mended_and_what_need_explains_is_not(samples, young):
    """Truth known. Those who answer since they are in need stay 5 points away and more."""
    plain, weighed = bias(young)
    assert plain > 0.02
    assert weighed < 0.4 * plain
    assert bias(samples)[1] > 0.05


def test_a_biased_crowd_is_never_joined_to_the_sample(samples):
    found = done(samples)["against"]
    assert found["common"] == 12
    assert len(found["beyond"]) > 6
    assert not found["joined"]


def test_one_need_in_twelve_apart_is_too_many_and_none_is_not():
    rows = [{"code": str(k), "calibrated": 0.3} for k in range(12)]
    near = [{"code": str(k), "need": {"value": 0.31, "se": 0.01}} for k in range(12)]
    assert volunteers.against(rows, near)["joined"]
    far = [{**near[0], "need": {"value": 0.5, "se": 0.01}}, *near[1:]]
    assert volunteers.against(rows, far) == {"common": 12, "beyond": ["0"], "joined": False}


def test_what_the_gate_withheld_stays_withheld(samples):
    rows = done(samples)["domains"]
    hidden = [r | {"share": None} for r in rows]
    again = done(samples, domains=hidden)
    assert {r["calibrated"] for r in again["domains"]} == {None}
    assert again["against"]["joined"] is False


def test_without_a_common_question_only_plain_shares_are_listed(samples):
    official, (definition, mine), _ = samples
    bare = {n: v for n, v in mine.numbers.items() if n.startswith("n")}
    crowd = (definition, Columns(mine.n, bare, mine.missing, {}, {}))
    found = volunteers.calibrated(official, crowd, figures._volunteers(crowd, gate.Release()), [])
    assert "没有可以对齐的背景题" in found["calibration"]["refused"]
    assert "calibrated" not in found["domains"][0]


def test_the_page_shows_both_without_an_error_for_the_crowd(samples):
    example = json.loads(EXAMPLE.read_text("utf-8"))
    figures_ = example | {"volunteers": done(samples)}
    page = findings._volunteers(figures_, Plates(figures_))
    text = "".join(page["lines"])
    assert "加权补不上，因此不把两个样本合并估计" in text
    for row in page["table"]["rows"]:
        assert "—" in row[1]
        assert "—" not in row[2] + row[3]


# -- joined on request -------------------------------------------------------------------------


def test_the_needy_crowd_is_refused_with_the_numbers(samples, drawn):
    official, (definition, mine), _ = samples
    with pytest.raises(joined.Refused, match=r"12项共同的需求里有\d+项.*不能合并"):
        joined.join(official, drawn[0], definition, mine, replicates=20)


def test_a_crowd_that_differs_by_age_alone_may_be_joined(young, drawn):
    """Truth known: both estimates hold it, the blend is surer than either."""
    official, (definition, mine), world = young
    done = joined.join(official, drawn[0], definition, mine, replicates=40)
    true = world.in_need.mean(axis=0)
    assert (np.abs(done.crowd - true) < 3 * done.crowd_se).all()
    assert (np.abs(done.blend - true) < 3 * np.maximum(done.blend_se, done.official_se)).all()
    assert np.median(done.blend_se / done.official_se) < 1
    assert ((done.part > 0) & (done.part < 1)).all()


def test_the_doubly_robust_estimate_is_exact_where_either_model_is():
    """y linear in x: any pseudo-weights give the sample's mean of y (a residual of zero)."""
    rng = np.random.default_rng(1)
    x_a, x_b = (np.column_stack([np.ones(n), rng.random(n) < p]) for n, p in ((80, 0.7), (60, 0.4)))
    y, d = x_a @ [0.2, 0.5], rng.uniform(1, 3, 60)
    found = joined._robust(x_a, x_b, y, rng.uniform(1, 9, 80), d)
    assert found == pytest.approx(d @ (x_b @ [0.2, 0.5]) / d.sum(), rel=1e-12)


def test_without_common_background_nothing_is_joined(samples, drawn):
    official, (definition, mine), _ = samples
    bare = Columns(mine.n, {n: v for n, v in mine.numbers.items() if n.startswith("n")},
                   mine.missing, {}, {})  # fmt: skip
    with pytest.raises(joined.Refused, match="背景题"):
        joined.join(official, drawn[0], definition, bare, replicates=2)
