"""What rows are made from: records as they are read, their place in the design, drafts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from analysis.core.export.anonymity import Key
from analysis.core.export.cells import Cell

Answers = Mapping[str, str]
Row = tuple[Cell, ...]
Render = Callable[[Cell], Cell]


def same(cell: Cell) -> Cell:
    return cell


class Record(NamedTuple):
    """One approved response as it is read: identity, channel, assignment, open answers."""

    instance_id: str
    channel: str
    context: str
    answers: Answers


@dataclass(frozen=True)
class Place:
    """Where a sampled response stands in the design, and for how many women: for `Rows` only."""

    weight: float
    township: str


@dataclass(frozen=True)
class Frame:
    """What all rows share: where the answers are from and, of a drawn sample, each one's place."""

    source: int
    sources: Mapping[int, str]
    channels: Mapping[str, tuple[int, str]]
    drawn: bool = False
    places: Mapping[str, Place] = field(default_factory=dict)  # by assignment code

    @property
    def townships(self) -> dict[str, int]:
        """Name -> code, in the order of the names' townships."""
        return {
            name: k for k, name in enumerate(sorted({p.township for p in self.places.values()}), 1)
        }


class Draft(NamedTuple):
    """The key of one response, its own weight, its row without a weight, and (table, row) of its
    repeats; nothing hidden yet."""

    key: Key
    weight: float
    row: Row
    children: tuple[tuple[str, Row], ...]
