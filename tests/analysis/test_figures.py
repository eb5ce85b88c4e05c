"""What the figures hold back and how they are rounded. Referee of the gate: the attacker."""

import dataclasses

import numpy as np
import pytest

from analysis.core import cuts, figures, gate, intervals, mentions, rounding
from analysis.core.design import Design
from analysis.core.estimate import share
from tests import figures_attack, figures_attacker, small_county


def built(place, rows, doors=None):
    return figures.build(place.official(rows), None, {}, {}, {}, releases=doors)


@pytest.fixture(scope="module")
def place():
    return small_county.small(np.random.default_rng(11), people=500)


def everybody(place):
    return np.ones(len(place.late), dtype=bool)


def rows_of(found):
    return list(figures_attack.all_rows(found))


def test_counts_stand_in_tens_and_shares_on_steps_of_two_persons(place):
    found = built(place, everybody(place))
    shown = [row for row in rows_of(found["domains"]) if row["value"] is not None]
    assert len(shown) >= 8
    for domain in found["domains"]:
        row = domain["need"]
        step = rounding.step(row["n"]) / 1000
        assert step * row["n"] >= 2
        assert row["value"] / step == pytest.approx(round(row["value"] / step))
        assert (found["sample"]["n"] - row["n"]) % 10 == 0


@pytest.mark.parametrize("width", [2, 4, 10])
def test_no_step_of_a_published_share_is_narrower_than_promised(width):
    for n in range(30, 3000):
        assert rounding.step(n, width) * rounding.tens(n) >= 1000 * width
        assert figures_attacker.step_of(n, width) * 1000 == rounding.step(n, width)


def test_what_follows_from_a_row_follows_from_what_is_printed(place):
    found = built(place, everybody(place))
    for domain in found["domains"]:
        row, women = domain["need"], domain["women"]
        low, high = intervals.logit(row["value"], row["se"], row["df"])
        assert (row["low"], row["high"]) == pytest.approx((float(low), float(high)))
        if domain["joint"]["value"] is not None:
            expected = domain["joint"]["value"] * found["sample"]["population_women"]
            assert women["value"] == pytest.approx(expected, abs=1)
    gaps = [d for g in found["groups"] for d in g["domains"] if d["gap"]["value"] is not None]
    for one in gaps:
        assert one["gap"]["value"] == pytest.approx(
            one["joint"]["value"] - one["complement"]["value"]
        )


def test_a_withheld_row_keeps_no_number(place):
    hidden = [r for r in rows_of(built(place, everybody(place))) if r["status"] == "suppressed"]
    assert hidden
    for row in hidden:
        assert [row.get(key) for key in gate.NUMBERS] == [None] * len(gate.NUMBERS)


def test_the_same_sample_frozen_again_gives_the_same_figures(place):
    doors = figures.Releases()
    first = built(place, everybody(place), doors)
    assert built(place, everybody(place), doors) == first


def test_a_version_that_differs_by_a_few_persons_is_refused(place):
    doors, most = figures.Releases(), np.arange(len(place.late)) >= 4
    built(place, most, doors)
    doors.official.at = 1
    with pytest.raises(gate.TooClose, match="相差不足10份"):
        built(place, everybody(place), doors)


def test_a_township_that_gained_a_few_persons_is_blanked_and_another_with_it(place):
    doors = figures.Releases()
    first = np.unique(place.township)[0]
    here, rest = (np.flatnonzero(place.township == first), np.flatnonzero(place.township != first))
    late = np.zeros(len(place.late), dtype=bool)
    late[[*here[:3], *rest[:40]]] = True
    built(place, ~late, doors)
    doors.official.at = 1
    found = built(place, everybody(place), doors)
    blank = [t for t in found["townships"] if t["n"] is None]
    assert first in [t["code"] for t in blank]
    assert len(blank) >= 2
    assert {row["value"] for t in blank for row in rows_of(t)} == {None}


def test_one_more_volunteer_is_not_told(place):
    doors, given = figures.Releases(), []
    for at, rows in enumerate((np.arange(len(place.late)) >= 1, everybody(place))):
        doors.volunteers.at = at
        official, online = place.official(everybody(place)), place.volunteers(rows)
        found = figures.build(official, online, {}, {}, {}, releases=doors)
        given.append(found["volunteers"])
    before, after = given
    assert after["n"] - before["n"] in (0, 10)
    assert all(d["n"] % 10 == 0 for one in given for d in one["domains"])


def recovered(sets, seed):
    return [line for k in range(sets) for line in figures_attack.attack(seed + k).recovered]


def test_the_attacker_recovers_nothing_from_figures():
    assert recovered(1, 5_000_007) == []


def test_shares_of_second_views_and_coded_texts_give_numbers_away_beside_the_gate(monkeypatch):
    """As they stood before the ledger held them: rounded, each judged alone, on exact bases."""

    def alone(*given):
        for row in given[2]:
            row.update(rounding.row(row, row["n"]) if row["n"] else row)

    monkeypatch.setattr(mentions, "_release", alone)
    assert recovered(1, 1_000_003)


def test_classes_of_interviews_stand_in_tens_and_differences_in_steps_of_both():
    place = small_county.small(np.random.default_rng(3), people=1500)
    found = built(place, everybody(place))["presence"][0]
    texts = place.texts["who"]
    for one in (found["base"], *found["classes"]):
        assert one["n"] == rounding.tens((texts == one["value"]).sum())
    shown = [d for c in found["classes"] for d in c["domains"] if d["value"] is not None]
    assert shown
    for row in shown:
        step = rounding.step(min(row["n"], found["base"]["n"]), 4) / 1000
        assert row["value"] / step == pytest.approx(round(row["value"] / step))
        assert row["p"] == round(row["p"], 3)


def test_a_class_of_interviews_that_gained_a_few_is_told_no_nearer(place):
    """Three interviews more with somebody present: the second version tells of no three."""
    doors = figures.Releases()
    here, rest = (np.flatnonzero(place.texts["who"] == w) for w in ("child", "alone"))
    late = np.zeros(len(place.late), dtype=bool)
    late[[*here[:3], *rest[:40]]] = True
    sizes = []
    for at, rows in enumerate((~late, everybody(place))):
        doors.official.at = at
        told = built(place, rows, doors).get("presence", [])
        sizes.append({c["value"]: c["n"] for q in told for c in (q["base"], *q["classes"])})
    assert sizes[0].get("child") is not None
    assert sizes[1].get("child") in (None, sizes[0]["child"], sizes[0]["child"] + 10)


def test_points_go_with_both_shares_of_places():
    """Best less worst and the share of the first three told that one woman put an option first."""
    place = small_county.small(np.random.default_rng(4_000_179))
    seen = set()
    for asked in built(place, everybody(place))["rankings"]:
        for row in asked["rows"]:
            hidden = "suppressed" in (row["first"]["status"], row["top"]["status"])
            seen.add((row["first"]["status"], row["top"]["status"]))
            assert (row["borda"]["value"] is None) == hidden
            assert (row["best_worst"]["value"] is None) == hidden
            assert row["borda"]["n"] == row["top"]["n"]
    assert ("suppressed", "ok") in seen


@pytest.mark.long
@pytest.mark.parametrize("seed", [7_000_033, 21_000_421, 23_000_947])
def test_a_second_version_with_few_new_answers_gives_nothing_away(seed):
    assert recovered(1, seed) == []


@pytest.mark.parametrize("seed", [4_000_179, 12_000_079])
def test_the_orders_of_a_small_county_give_nobody_away(seed):
    assert recovered(1, seed) == []


@pytest.mark.long
def test_the_attacker_recovers_nothing_from_a_thousand_figures():
    assert recovered(1000, 8_000_000) == []


@pytest.mark.parametrize(("domains", "expected"), [(1, 1), (2, 1), (3, 2), (7, 3), (12, 3)])
def test_leading_places_are_fewer_than_the_domains(domains, expected):
    assert cuts.top_count(domains) == expected


def test_a_domain_without_answers_may_stand_anywhere():
    y = np.tile([[1.0, 0.0, np.nan], [1.0, 1.0, np.nan], [1.0, 0.0, np.nan], [0.0, 0.0, np.nan]],
                (50, 1))  # fmt: skip
    design = Design.declare(weights=np.ones(200), strata=np.zeros(200), ids=[np.arange(200) // 4])
    sets = cuts.ranks(share(design, y))
    assert (sets.low[2], sets.high[2]) == (1, 3)
    assert sets.low[0] == 1
    assert sets.high[0] <= 2


def test_the_attacker_knows_what_follows_from_exact_sizes():
    towns = np.repeat(["a", "b"], [96, 4])
    known = figures_attacker.Truth(np.zeros(100, int), {"township": towns}, np.full(100, "no"))
    for spread, found in ((0, ["rest of the county: 4"]), (9, [])):
        attacker = figures_attacker.Attacker(1, {"township": ("a", "b")}, known)
        attacker.size(figures_attacker.Cell(0, None), 100, 100)
        attacker.size(figures_attacker.Cell(0, ("township", "a")), 96 - spread, 96)
        assert sorted(set(attacker.recoveries())) == found


def test_the_index_stands_on_the_bases_that_are_printed_and_goes_with_its_parts(place):
    found = built(place, everybody(place))
    told = {d["code"]: d for d in found["domains"]}
    rows = found["sensitivity"]["weights"]["domains"]
    assert rows
    for row in rows:
        parts = [told[row["code"]][part] for part in ("need", "degree", "wish")]
        assert row["index"]["n"] == row["linear"]["n"] == min(part["n"] for part in parts)
        step = rounding.step(row["index"]["n"]) / 1000
        for form in ("index", "linear"):
            assert row[form]["value"] / step == pytest.approx(round(row[form]["value"] / step))
    for code in found["sensitivity"]["weights"]["left_out"]:
        assert None in [told[code][part]["value"] for part in ("need", "degree", "wish")]


def test_an_exact_index_would_give_the_women_in_need_away():
    """What the section told before the gate knew of it, read by the attacker."""
    place = small_county.small(np.random.default_rng(11), people=500)
    found = built(place, everybody(place))
    known = figures_attack.truth(place, "01")
    towns = {"township": tuple(sorted(set(place.township)))}
    for exact in (False, True):
        attacker = figures_attacker.Attacker(1, towns | figures_attack.VALUES, known)
        if exact:
            asked = ("degree", "wish")
            bases = [figures_attacker.Cell(0, None, figures_attacker.ANSWERED[a]) for a in asked]
            index = found["sensitivity"]["weights"]["domains"][0]["index"]
            index["n"] = min(known.count(base) for base in bases)
        figures_attack._weights(attacker, 0, found, "01")
        sizes = [(low, high) for low, high in zip(attacker.low, attacker.high, strict=True)]
        assert any(0 < low == high for low, high in sizes) == exact


def test_a_drawn_township_without_answers_stands_in_the_tables_as_such(place):
    """Its first answers, when they come, are withheld like any township's few."""
    doors, late = figures.Releases(), np.zeros(len(place.late), dtype=bool)
    first = np.unique(place.township)[0]
    here, rest = (np.flatnonzero(place.township == first), np.flatnonzero(place.township != first))
    elsewhere = place.township.copy()
    elsewhere[here[3:]] = place.township[rest[0]]
    few = dataclasses.replace(place, township=elsewhere)
    late[[*here[:3], *rest[:40]]] = True
    names = {str(code): str(code) for code in np.unique(place.township)}
    told = []
    for at, rows in enumerate((~late, everybody(place))):
        doors.official.at = at
        official = dataclasses.replace(few.official(rows), townships=names)
        told.append(figures.build(official, None, {}, {}, {}, releases=doors)["townships"])
    none, some = ({t["code"]: t for t in one} for one in told)
    assert set(none) == set(names)
    assert (none[first]["n"], none[first]["villages"]) == (0, 0)
    assert none[first]["note"] == "没有审核通过的答卷，不作推断"
    assert some[first]["n"] is None
    for t in (none[first], some[first]):
        assert {row["value"] for row in rows_of(t)} == {None}


def test_a_township_without_answers_takes_no_number_from_the_others(place):
    official = place.official(everybody(place))
    more = dataclasses.replace(official, townships={**official.townships, "509923199000": "空乡"})
    plain, found = (figures.build(one, None, {}, {}, {}) for one in (official, more))
    assert found["townships"].pop()["name"] == "空乡"
    assert found == plain
