"""A drawn sample exported: weights, strata and villages as the estimates use them, no place named.

Referees: the women of the frame (the weights add up to them), the estimate of a frozen data
version (the exported weights and answers must give it), the assignments (who lives where).
"""

import io
import zipfile
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis import queries
from analysis.core import rounding
from analysis.core.export.cells import Code
from analysis.demo import loop, reviewing, visits
from analysis.demo.stage import prepare
from analysis.services import exporting, freezing, shelf
from fieldwork.models import Assignment, FrameVillage
from tests.analysis.test_full_path import NOW
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES, transaction=True)]


def test_weights_and_design_leave_without_places():
    stage = prepare(3, NOW, lambda text: None, honest=True)
    visits.interview(stage, loop.households(100))
    reviewing.check(stage)
    source = queries.source_of(stage.campaign, "probability")
    export = exporting.ask(source, "parquet", "核对权数", by="t", now=NOW)
    exporting.write(export, lambda percent, said: None)
    with zipfile.ZipFile(io.BytesIO(b"".join(shelf.read(export)))) as bundle:
        found = pq.read_table(io.BytesIO(bundle.read("responses.parquet"))).to_pydict()
    weight = np.array(found["weight"])
    assert weight.sum() == pytest.approx(sum(FrameVillage.objects.values_list("women", flat=True)))
    figures = freezing.freeze(stage.campaign, by="t", now=NOW).figures
    domain = next(d for d in figures["domains"] if d["need"]["value"] is not None)
    need = np.array(found[f"need_{domain['code']}"])
    known = need >= 0
    share = weight[known & (need >= 2)].sum() / weight[known].sum()
    printed = rounding.share(share, domain["need"]["n"])
    assert printed == pytest.approx(domain["need"]["value"])
    approved = queries.approved(source)
    villages = Assignment.objects.values_list("code", "household__village__village__code")
    at = dict(villages)
    mine = Counter(at[str(row.keys["context"])] for row in approved)
    assert sorted(Counter(found["psu"]).values()) == sorted(mine.values())
    told = {value for name, column in found.items() for value in map(str, column)}
    assert not told & {code for code in at.values()}
    assert not any(name.startswith("sys_") for name in found)
    shown = Counter(zip(found["age_band"], found["a2"], found["a3"], found["a4"], found["a5"],
                        found["township"], strict=True))  # fmt: skip
    assert min(shown.values()) >= 10
    assert int(Code.HIDDEN) not in found["age_band"]
