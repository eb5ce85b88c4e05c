"""An attacker with the exported file of a drawn sample guesses at the facts it hides.

Referee: the women as they were made up. A weight over that of a neighbour whose household is told,
times that number, is the household's number of women, were weights the women's own.
"""

import random
from collections import Counter, defaultdict
from statistics import median

import pytest

from analysis.core.export import planning
from analysis.core.export.cells import Code
from analysis.core.export.records import Frame, Place, Record
from analysis.core.export.rows import Rows
from surveys import services
from tests.workbooks import workbook

HIDDEN = int(Code.HIDDEN)
SURVEY = """
| type | name | label | bind::nr:class | bind::nr:role |
| integer | born | 您哪年出生 | L3 | birth_year |
| integer | women | 这一户有几位妇女 | L3 | eligible_women |
| select_one school | school | 您上到什么学 | L3 | education |
| integer | need | 需要吗 | L3 | |
"""
CHOICES = """
| list_name | name | label |
| school | 1 | 小学 |
| school | 2 | 中学 |
| school | 3 | 大学 |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| few | 1 | 权数 | nr="urn:needs-research:xform:1" |
"""
FACTS = ("age_band", "women", "school", "township")


def sample(seed):
    """400 women of 24 villages in four townships: records, places by assignment code."""
    rng, records, places = random.Random(seed), [], {}
    size = [rng.uniform(38, 42) for _ in range(24)]
    for k in range(400):
        village, women = rng.randrange(24), rng.choices([1, 2, 3, 4, 5, 6], [50, 25, 9, 7, 5, 4])[0]
        born = rng.choice([1950, 1975, 2000])
        factor = {1950: 0.8, 1975: 1.0, 2000: 1.3}[born]
        places[f"a{k}"] = Place(size[village] * women * factor, f"乡{village % 4}")
        answers = {
            "born": born, "women": women, "need": rng.randrange(2),
            "school": rng.choices([1, 2, 3], [50, 45, 5])[0],
        }  # fmt: skip
        given = {f"/data/{name}": str(value) for name, value in answers.items()}
        records.append(Record(f"i{k}", "interview", f"a{k}", given))
    return records, places


@pytest.fixture(scope="module")
def definition():
    found, problems = services.compile_file(workbook(SURVEY, CHOICES, SETTINGS), "w.xlsx")
    assert found, problems
    return found


def exported(definition, now, records, places):
    """What leaves as dictionaries, beside the women's own household and weight."""
    frame = Frame(1, {1: "概率样本"}, {"interview": (1, "入户")}, True, places)
    rows = Rows(planning.build(definition, 2026), frame, now, b"k" * 32)
    drafts = [rows.draft(record) for record in records]
    rows.judge((draft.key, draft.weight) for draft in drafts)
    names = [v.name for v in rows.variables(rows.plan.main)]
    return [
        (dict(zip(names, left[0], strict=True)), int(record.answers["/data/women"]),
         places[record.context].weight)
        for record, draft in zip(records, drafts, strict=True)
        if (left := rows.finish(draft)) is not None
    ]  # fmt: skip


def guesses(found, weight):
    """(age, guess, truth) of every hidden household; weight: of a record, as the attacker sees it.

    He compares with the women of the same age whose household is told, whole guesses only.
    """
    told = defaultdict(list)
    for row, _, own in found:
        if row["women"] > 0:
            told[row["age_band"]].append(weight(row, own) / row["women"])
    return [
        (row["age_band"], round(weight(row, own) / median(told[row["age_band"]])), women)
        for row, women, own in found
        if row["women"] == HIDDEN and told[row["age_band"]]
    ]


@pytest.mark.parametrize("seed", range(5))
def test_with_the_weight_nobody_stands_alone(definition, now, seed):
    found = exported(definition, now, *sample(seed))
    shown = Counter(tuple(row[f] for f in (*FACTS, "weight")) for row, *_ in found)
    assert min(shown.values()) >= 10
    assert set(found[0][0]) == {
        "response_id", "sample_source", "mode", "weight", "township", "age_band", "women",
        "school", "need",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_weight_does_not_tell_a_hidden_household(definition, now, seed):
    found = exported(definition, now, *sample(seed))
    hers = guesses(found, lambda row, own: row["weight"])
    assert len(hers) > 30
    assert len({(age, guess) for age, guess, _ in hers}) <= 3  # two women of one age never differ
    assert sum(guess == truth for _, guess, truth in hers) < 0.6 * len(hers)
    for weight in {row["weight"] for row, *_ in found if row["women"] == HIDDEN}:
        sizes = Counter(women for row, women, _ in found if row["weight"] == weight)
        assert len(sizes) > 1
    own = guesses(found, lambda row, own: own)
    assert sum(guess == truth for _, guess, truth in own) > 0.9 * len(own)


def test_weights_add_up_to_all_women_and_to_those_of_each_told_class(definition, now):
    records, places = sample(1)
    found = exported(definition, now, records, places)
    total = sum(place.weight for place in places.values())
    assert sum(row["weight"] for row, *_ in found) == pytest.approx(total)
    for size in (1, 2):
        hers = [(row["weight"], own) for row, women, own in found if row["women"] == size]
        assert hers
        shared, own = map(sum, zip(*hers, strict=True))
        assert shared == pytest.approx(own * total / sum(w for *_, w in found))


def test_without_any_weight_the_column_is_hidden(definition, now):
    records, _ = sample(2)
    rows = Rows(
        planning.build(definition, 2026), Frame(1, {}, {}, True), now, b"k" * 32
    )  # fmt: skip
    drafts = [rows.draft(record) for record in records]
    rows.judge((draft.key, draft.weight) for draft in drafts)
    at = [v.name for v in rows.variables(rows.plan.main)].index("weight")
    assert {left[0][at] for d in drafts if (left := rows.finish(d))} == {HIDDEN}
