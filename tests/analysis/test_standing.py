"""Ranks where the sample bears them, refusals in words elsewhere. Referee: the contract's rules.

Ranks only with 8 degrees of freedom and 100 women, effectively too; below that an interval, marked;
below 3 degrees of freedom no number. What is withheld has no rank and may stand anywhere.
"""

import copy
import dataclasses
import json
import re

import numpy as np
import pytest
from django.urls import reverse

from analysis import reports
from analysis.core import digest, figures, plots, standing
from analysis.core.design import Design
from analysis.core.estimate import share
from analysis.core.report import brief, prose, survey
from analysis.models import DataVersion
from analysis.services import issues
from tests import small_county
from tests.analysis.conftest import EXAMPLE
from tests.workbooks import THREE_STORES

RANKED = re.compile(r"第\d+(—\d+)?位|确定前|可能前|确定列入|可能列入")


def table(n=900, shares=(0.5, 0.3, 0.1), villages=45, strata=3):
    """Equal weights; needs as far apart as ``shares``, spread evenly over the villages."""
    rng = np.random.default_rng(8)
    y = (rng.random((n, len(shares))) < shares).astype(float)
    psu = np.arange(n) % villages
    return share(Design.declare(weights=np.ones(n), strata=psu % strata, ids=[psu]), y)


def test_a_withheld_need_has_no_rank_and_leaves_room_at_either_end():
    all_shown = standing.standing(table(), [True] * 3)
    assert [all_shown.rank(k) for k in range(3)] == [[1, 1], [2, 2], [3, 3]]
    here = standing.standing(table(), [False, True, True])
    assert [here.rank(k) for k in range(3)] == [None, [1, 2], [2, 3]]
    assert here.tiers(2) == ["unranked", "confirmed", "possible"]
    assert here.tiers(1) == ["unranked", "possible", "rest"]


@pytest.mark.parametrize(
    ("villages", "refused"), [(6, "自由度3，不足8"), (10, "自由度7，不足8"), (12, "")]
)
def test_fewer_than_eight_degrees_of_freedom_bear_no_rank(villages, refused):
    here = standing.standing(table(villages=villages), [True] * 3)
    assert refused in here.refused
    assert bool(refused) == bool(here.refused) == (here.rank(0) is None)


def test_eighty_women_are_never_ranked_however_much_their_design_gains():
    """A design effect below 1 makes n_eff larger than n; n itself is asked for too."""
    few = table(n=80, villages=16, strata=4)
    favoured = dataclasses.replace(few, deff=np.full(3, 0.5))
    assert favoured.n_eff.min() > 100
    assert "不足100人" in standing.standing(favoured, [True] * 3).refused


def test_every_need_is_asked_for_its_own_effective_sample():
    uneven = dataclasses.replace(table(), deff=np.array([1.0, 1.0, 10.0]))
    here = standing.standing(uneven, [True] * 3)
    assert [here.rank(k) is None for k in range(3)] == [False, False, True]
    assert here.rank(0) == [1, 2]


def county(villages, people=700, seed=3):
    """A small county with so many villages in every township."""
    place = small_county.small(np.random.default_rng(seed), people=people)
    spread = np.array([f"{t}-{k % villages}" for k, t in enumerate(place.township)])
    place = dataclasses.replace(place, village=spread)
    found = figures.build(place.official(np.ones(people, dtype=bool)), None, {}, {}, {})
    example = json.loads(EXAMPLE.read_text("utf-8"))
    kept = {key: example[key] for key in ("meta", "method")}
    return found | kept | {"sample": example["sample"] | found["sample"]}


@pytest.fixture(scope="module")
def weak():
    return county(2)


def test_a_county_of_few_villages_gives_intervals_and_says_why_no_ranks(weak):
    assert 3 <= weak["sample"]["df"] < 8
    shown = [d["need"] for d in weak["domains"] if d["need"]["value"] is not None]
    assert shown
    assert all("谨慎使用" in row["reason"] and row["low"] is not None for row in shown)
    assert {d["tier"] for d in weak["domains"]} == {"unranked"}
    assert {rank for d in weak["domains"] for rank in d["rank"].values()} == {None}
    assert f"自由度{weak['sample']['df']}，不足8" in weak["ranking"]["refused"]
    assert weak["sensitivity"]["weights"]["domains"] == []
    assert "ranks" not in plots.of(weak)
    assert figures.tables_csv(weak)["ranks.csv"].count("unranked") == len(weak["domains"])


def test_pages_and_documents_refuse_ranks_in_words(weak):
    why = weak["ranking"]["refused"]
    assert why in digest.standing(weak)
    assert digest.leaders(weak)["told"] == []
    assert {row["ranks"] for row in digest.table(weak, "joint")} == {"不排名次"}
    report, short = survey.compose(weak), brief.compose(weak)
    assert why in report["summary"][0]
    assert why in report["problems_lead"]
    assert why in dict(report["technical"])["排序"]
    assert why in short["points"][0]
    for content in (report, short):
        said = json.dumps(content, ensure_ascii=False, default=lambda chart: chart.alt)
        assert not RANKED.search(said)
        assert "None" not in said
    for kind in ("brief", "survey"):
        assert why in re.sub(r"\s|<[^>]*>", "", reports.build(kind, weak).html)


def test_what_the_gate_withheld_has_no_rank_anywhere():
    seen = set()
    for seed in range(6):
        found = county(6, people=600, seed=seed)
        for domain in found["domains"]:
            for axis, rank in domain["rank"].items():
                hidden = domain[axis]["value"] is None
                seen.add(hidden)
                assert rank is None or not hidden
            assert domain["tier"] == "unranked" or domain["joint"]["value"] is not None
        for t in found["townships"]:
            assert all("rank" not in d or d["need"]["value"] is not None for d in t["domains"])
        for g in found["groups"]:
            told = {d["code"] for d in g["domains"] if d["joint"]["value"] is not None}
            assert told >= {*g["top"]["confirmed"], *g["top"]["possible"]}
        left = len(found["ranking"]["unranked"])
        assert (f"其中{left}项不公布或样本不足" in found["ranking"]["family"]) == bool(left)
    assert seen == {True, False}


def test_a_title_never_names_a_withheld_need():
    """Not even where an older version ranked it."""
    older = json.loads(EXAMPLE.read_text("utf-8"))
    domain = next(d for d in older["domains"] if d["code"] == "06")
    gone = {"value": None, "low": None, "high": None, "status": "suppressed", "reason": "不显示"}
    for axis in ("need", "urgency", "hope", "joint", "women"):
        domain[axis] |= gone
    assert domain["tier"] == "confirmed"
    told = [prose.headline(older), prose.standing(older), brief.compose(older)["title"],
            *[page["title"] for page in survey.compose(older)["findings"][:3]]]  # fmt: skip
    assert not [words for words in told if domain["label"] in words]
    assert older["ranking"]["confirmed"] == ["06", "04"]
    assert issues._outstanding(older)[0]["code"] == "04"


def refused(version, text):
    changed = copy.deepcopy(version.figures)
    for domain in changed["domains"]:
        domain |= {"tier": "unranked", "rank": dict.fromkeys(domain["rank"])}
    changed["ranking"] |= {"confirmed": [], "possible": [], "refused": text, "borderline": []}
    changed["sensitivity"]["weights"] |= {"refused": f"{text}。", "domains": []}
    for group in changed["groups"]:
        group["top"] = {"confirmed": [], "possible": [], "note": standing.NOT_RANKED}
    DataVersion.objects.filter(pk=version.pk).update(figures_json=json.dumps(changed))
    return DataVersion.objects.get(pk=version.pk)


@pytest.mark.django_db(databases=THREE_STORES)
def test_issues_are_not_put_forward_where_nothing_is_ranked(client, version, people, now):
    why = "样本不足以排序：自由度5，不足8"
    version = refused(version, why)
    with pytest.raises(issues.NotRanked, match="自由度5"):
        issues.propose(version, by="analyst", now=now)
    client.force_login(people["analyst"])
    client.post(reverse("propose", args=[version.pk]))
    page = client.get(reverse("issues")).content.decode()
    assert f"{why}，不能按排序提出问题清单" in page
    assert f"{why}，全县各事项不排名次" in page
    assert not version.issues.exists()
    shown = client.get(reverse("version", args=[version.pk])).content.decode()
    assert why in shown
    assert not RANKED.search(shown)
    assert client.get(reverse("version_plot", args=[version.pk, "ranked"])).status_code == 200
    assert why in client.get(reverse("overview")).content.decode()
