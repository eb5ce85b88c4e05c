"""A drawn sample exported: weights to estimate with, nobody's household told, no place.

Referees: the women of the frame (the weights add up to them), the estimates of a frozen data
version (the file's are about half a standard error off). What an attacker makes of the weights
stands in `test_export_weights.py`.
"""

import io
import zipfile
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis import queries
from analysis.core.export.cells import Code
from analysis.demo import loop, reviewing, visits
from analysis.demo.stage import prepare
from analysis.services import exporting, freezing, shelf
from fieldwork.models import Assignment, FrameVillage
from tests.analysis.test_full_path import NOW
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES, transaction=True)]
HIDDEN = int(Code.HIDDEN)
FACTS = ("age_band", "a2", "a3", "a4", "a5", "e_hh", "township")


@pytest.fixture
def stage():
    found = prepare(3, NOW, lambda text: None, honest=True)
    visits.interview(found, loop.households(150))
    reviewing.check(found)
    return found


def exported(stage):
    """The file by columns, and its note."""
    source = queries.source_of(stage.campaign, "probability")
    export = exporting.ask(source, "parquet", "核对权数", by="t", now=NOW)
    exporting.write(export, lambda percent, said: None)
    with zipfile.ZipFile(io.BytesIO(b"".join(shelf.read(export)))) as bundle:
        table = pq.read_table(io.BytesIO(bundle.read("responses.parquet")))
    return table.to_pydict(), export.note


def test_a_drawn_sample_leaves_with_shared_weights_and_no_place(stage):
    file, note = exported(stage)
    shares_are_near_the_frozen_ones(stage, file)
    nobody_stands_alone(file)
    assert "取平均" in note
    assert "工作台" in note


def shares_are_near_the_frozen_ones(stage, file):
    weight = np.array(file["weight"])
    women = sum(FrameVillage.objects.values_list("women", flat=True))
    assert weight.sum() == pytest.approx(women, rel=1e-6)
    figures = freezing.freeze(stage.campaign, by="t", now=NOW).figures
    told = [d for d in figures["domains"] if d["need"]["value"] is not None]
    off = []
    for domain in told:
        need = np.array(file[f"need_{domain['code']}"])
        known = need >= 0
        share = weight[known & (need >= 2)].sum() / weight[known].sum()
        off.append((share - domain["need"]["value"]) / domain["need"]["se"])
    assert np.sqrt(np.mean(np.square(off))) < 0.7
    assert max(map(abs, off)) < 1.5


def nobody_stands_alone(file):
    """Nor with the weight, and no column tells the village or the stratum."""
    shown = Counter(zip(*(file[name] for name in (*FACTS, "weight")), strict=True))
    assert min(shown.values()) >= 10
    assert HIDDEN not in file["age_band"]
    assert not {"psu", "stratum"} & set(file)
    assert not any(name.startswith("sys_") for name in file)
    at = set(Assignment.objects.values_list("household__village__village__code", flat=True))
    assert not {value for column in file.values() for value in map(str, column)} & at
