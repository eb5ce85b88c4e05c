"""Tables of a county whose women take answers back between one table and the next.

Events follow each other: a freeze, tables, some women leaving, tables, another freeze. What is
asked of a version counts its women who are still there, at the time the workbench gives them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np

from analysis.core import figures, gate, moment
from analysis.core.spec import Spec
from tests.small_county import Small
from tests.tables_attacker import Moment
from tests.tables_read import Table

TICK = 10_000  # generations between events: more than ever leave
FEW, MANY = (1, 2, 3, 9), (12, 25, 60)
MOST = 2  # times that some leave: more moments take him long


@dataclass
class Past:
    """What happened so far. leaves: the event after which a woman is gone."""

    place: Small
    leaves: np.ndarray
    doors: figures.Releases = field(default_factory=figures.Releases)
    generations: list[int] = field(default_factory=list)  # of the versions
    left: list[int] = field(default_factory=list)  # the generation of every event of leaving
    moments: list[Moment] = field(default_factory=list)
    frozen: list[tuple[int, dict]] = field(default_factory=list)
    made: list[Table] = field(default_factory=list)
    refused: int = 0

    @property
    def now(self) -> int:
        return TICK * (len(self.generations) + len(self.left) + 1)

    def present(self, version: int) -> np.ndarray:
        return (self.place.late <= bool(version)) & (self.leaves > len(self.left))

    def noted(self, version: int) -> int:
        """The moment these women are told of, by its number."""
        one = Moment(version, len(self.left))
        if one not in self.moments:
            self.moments.append(one)
        return self.moments.index(one)

    def freeze(self) -> None:
        version = len(self.generations)
        self.doors.official.at = self.now
        official = self.place.official(self.present(version))
        try:
            built = figures.build(official, None, {}, {}, {}, releases=self.doors)
        except gate.TooClose:
            self.refused += 1
            return
        self.frozen.append((self.noted(version), json.loads(json.dumps(built))))
        self.generations.append(self.now)

    def leave(self, rng: np.random.Generator) -> None:
        here = np.flatnonzero(self.present(len(self.generations) - 1))
        many = int(rng.choice(MANY if rng.random() < 0.6 else FEW))
        self.leaves[rng.permutation(here)[:many]] = len(self.left) + 1
        self.left.append(self.now)

    def tabulate(self, version: int, spec: Spec, make) -> None:
        """A table of the workbench, or its refusal."""
        frozen = self.generations[version]
        gone = (self.place.late <= bool(version)) & (self.leaves <= len(self.left))
        left = [self.left[k - 1] for k in self.leaves[gone] if self.left[k - 1] > frozen]
        try:
            at = moment.of(frozen, self.generations, left)
        except moment.Overtaken:
            at = None
        here = self.present(version)
        if at is not None:
            self.doors.official.at = at
        if at is None or not gate.whole(int(here.sum()), self.doors.official):
            self.refused += 1
            return
        found = make(self.place.official(here), spec, self.doors.official)
        if found is not None:
            self.made.append(Table(self.noted(version), spec, found | {"n": int(here.sum())}))


def published(rng: np.random.Generator, place: Small, specs: list[Spec], make) -> Past:
    """Two versions with tables before and after some women left."""
    past = Past(place, np.full(len(place.late), 1_000))
    past.freeze()
    again = int(rng.integers(0, len(specs) + 1))
    for k, spec in enumerate(specs):
        if k == again and past.generations:
            past.freeze()
        if not past.generations:
            break
        if rng.random() < 0.4 and len(past.left) < MOST:
            past.leave(rng)
        past.tabulate(int(rng.integers(0, len(past.generations))), spec, make)
    return past
