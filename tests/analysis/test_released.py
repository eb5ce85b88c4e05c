"""The ledger of a source: what left before decides what leaves now, and nobody reads it."""

import pytest

from analysis.models import ReleasedTable
from analysis.services import released
from tests.analysis import everything
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
TOTAL = frozenset()
TOWNS = {"town": ("a", "b", "c")}


def town(name):
    return frozenset({("town", name)})


TABLE = {TOTAL: 79, town("a"): 4, town("b"): 60, town("c"): 15}


@pytest.fixture
def source(version):
    return everything.open_for_volunteers(version.campaign)


def publish(source, now, table=TABLE, at=1, values=TOWNS):
    return released.publish(source, at, table, values, what="试", by="许宁", now=now)


def test_asked_again_the_answer_is_the_same_and_nothing_is_written_twice(source, now):
    first = publish(source, now)
    assert first == {TOTAL: 79, town("a"): None, town("b"): 60, town("c"): None}
    assert publish(source, now) == first
    assert ReleasedTable.objects.count() == 1


def test_a_later_table_is_held_against_what_left_before(source, now):
    publish(source, now, {TOTAL: 100})
    assert publish(source, now, {TOTAL: 103}, at=2) == {TOTAL: None}
    assert publish(source, now, {TOTAL: 125}, at=3) == {TOTAL: 125}


def test_another_attribute_does_not_give_a_hidden_cell_away(source, now):
    publish(source, now, {TOTAL: 79})
    few = {frozenset({("group", "no")}): 76}
    assert publish(source, now, few, values={"group": ("yes", "no")}) == dict.fromkeys(few)


def test_the_hidden_counts_are_not_readable_at_rest(source, now):
    publish(source, now)
    row = ReleasedTable.objects.get()
    assert b"town" not in bytes(row.body)
    assert {n for cell, n in released.recall(source).counts.items()} == {79, 4, 60, 15}
