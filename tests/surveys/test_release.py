"""What the gate lets out cannot be solved for a small number. Referee: the attacker."""

import numpy as np
import pytest

from surveys.core import disclosure
from surveys.core.release import Cell, Ledger, release
from tests import disclosure_attack
from tests.disclosure_attack import Shown

TOTAL = frozenset()
VALUES = {"town": ("a", "b", "c"), "group": ("yes", "no"), "need": ("0", "1")}


def key(**conditions):
    return frozenset(conditions.items())


def one_way(name, counts):
    table = {key(**{name: value}): n for value, n in counts.items()}
    return {TOTAL: sum(counts.values()), **table}


def test_large_cells_leave_as_they_are():
    table = one_way("town", {"a": 40, "b": 60, "c": 0})
    assert release(0, table, Ledger(VALUES)) == table


def test_a_small_cell_takes_the_smallest_other_with_it():
    shown = release(0, one_way("town", {"a": 4, "b": 60, "c": 15}), Ledger(VALUES))
    assert {k for k, n in shown.items() if n is None} == {key(town="a"), key(town="c")}


def test_the_same_table_again_shows_the_same():
    ledger, table = Ledger(VALUES), one_way("town", {"a": 4, "b": 60, "c": 15})
    assert release(0, table, ledger) == release(0, table, ledger)


def test_a_filter_that_leaves_a_few_out_is_not_shown_beside_the_whole():
    ledger = Ledger(VALUES)
    release(0, {TOTAL: 100}, ledger)
    assert release(0, {key(group="no"): 97}, ledger) == {key(group="no"): None}


def test_a_later_number_that_a_few_more_make_up_is_not_shown():
    ledger = Ledger(VALUES)
    assert release(0, {TOTAL: 100}, ledger) == {TOTAL: 100}
    assert release(1, {TOTAL: 103}, ledger) == {TOTAL: None}
    assert release(2, {TOTAL: 125}, ledger) == {TOTAL: 125}


def test_a_number_that_fell_since_is_not_shown():
    ledger = Ledger(VALUES)
    release(0, {TOTAL: 100}, ledger)
    assert release(1, {TOTAL: 99}, ledger) == {TOTAL: None}


def test_what_was_shown_before_is_shown_again_where_nothing_new_can_be():
    """No more than nine lack an answer, so that few of them in a town is known to be few."""
    ledger, few = Ledger(VALUES), key(need="0")
    release(0, {TOTAL: 100, few: 5}, ledger, windows={few: (0, 9)})
    ledger.hide(Cell(0, key(town="a", need="0")), 3, empty=False)
    known = dict(ledger.counts)
    asked = {TOTAL: 100, key(town="a"): 60, key(town="b"): 0}
    assert release(0, asked, ledger) == {TOTAL: 100, key(town="a"): None, key(town="b"): None}
    assert ledger.counts == known


def test_a_share_is_guarded_as_the_counts_it_rests_on():
    """93 of 95 in need: that two are not would be known."""
    table = {key(town="a"): 95, key(town="a", need="1"): 93}
    assert None in release(0, table, Ledger(VALUES)).values()


def naive(place, rng):
    """Only small cells are hidden: what the gate must be better than."""
    out = []
    for at, crossed, filtered in disclosure_attack.requests(rng):
        for one in disclosure_attack.cells(crossed, filtered):
            n = place.count(at, one)
            out.append(Shown(at, one, None if 0 < n < disclosure.FLOOR else n))
    return out


def test_the_attacker_breaks_tables_that_hide_small_cells_only():
    broken = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        place = disclosure_attack.county(rng)
        broken += bool(disclosure_attack.recoveries(place, naive(place, rng)))
    assert broken >= 3


def attacked(sets):
    return [line for seed in range(sets) for line in disclosure_attack.attack(7_000_000 + seed)[1]]


def test_the_attacker_recovers_nothing():
    assert attacked(8) == []


@pytest.mark.long
def test_the_attacker_recovers_nothing_from_a_thousand_sets():
    assert attacked(1000) == []


def test_other_persons_at_the_same_time_are_not_shown_and_not_noted():
    """One left, and the time does not say so: nothing of the table is told, nor kept."""
    ledger = Ledger(VALUES)
    release(0, one_way("town", {"a": 40, "b": 60}), ledger)
    known = dict(ledger.counts)
    table = one_way("town", {"a": 40, "b": 59}) | {key(group="yes"): 50}
    assert set(release(0, table, ledger).values()) == {None}
    assert ledger.counts == known


def test_a_hidden_count_is_not_overwritten():
    ledger = Ledger(VALUES)
    ledger.hide(Cell(0, key(town="a")), 4, empty=False)
    ledger.hide(Cell(0, key(town="a")), 3, empty=False)
    assert ledger.counts == {Cell(0, key(town="a")): 4}


def test_fewer_than_two_towns_had_together_is_not_shown():
    """No cell shown before is the same, yet somebody must have left."""
    ledger = Ledger(VALUES)
    release(0, {key(town="a"): 40, key(town="b"): 60}, ledger)
    both = key(town="a|b")
    assert release(1, {both: 99}, Ledger(VALUES)) == {both: 99}
    assert release(1, {both: 99}, ledger) == {both: None}
