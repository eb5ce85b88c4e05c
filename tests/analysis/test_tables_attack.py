"""Tables of the workbench beside the figures. Referee of the gate: the attacker of tables."""

import pytest

from analysis.core import asking, gate
from tests import tables_attack


def recovered(*seeds):
    return [line for seed in seeds for line in tables_attack.attack(seed).recovered]


def recovered_leaving(*seeds):
    return [line for seed in seeds for line in tables_attack.attack_leaving(seed).recovered]


def alone(at, table, ledger, *, windows, **_):
    """Small numbers stay inside and others are rounded, but none is judged beside another."""
    told = {key: windows.get(key, (n, n)) for key, n in table.items()}
    return {key: None if 0 < n < 10 and told[key][0] else n for key, n in table.items()}


@pytest.fixture
def open_gate(monkeypatch):
    monkeypatch.setattr(asking, "release", alone)


def test_the_attacker_finds_what_is_there(open_gate):
    assert len(recovered(11, 12)) >= 10


def test_the_attacker_recovers_nothing_from_tables():
    assert recovered(12, 22) == []


def test_who_came_to_all_other_townships_since_is_not_told():
    """Sample and one township are exact in both versions: three came to the two others."""
    assert recovered(8_000_027) == []


def test_the_attacker_finds_who_left_between_two_tables(open_gate, monkeypatch):
    monkeypatch.setattr(gate, "whole", lambda n, door: True)
    assert any("but not" in line for line in recovered_leaving(9_000_002))


def test_nobody_is_told_by_leaving_between_two_tables():
    assert recovered_leaving(9_000_001, 9_000_005) == []


@pytest.mark.long
def test_nobody_is_told_by_leaving_in_a_hundred_sets_of_tables():
    assert recovered_leaving(*range(9_000_000, 9_000_100)) == []


@pytest.mark.long
def test_the_attacker_recovers_nothing_from_two_hundred_sets_of_tables():
    assert recovered(*range(8_000_000, 8_000_200)) == []
