"""Nobody stands alone: records that show the same identifying facts are at least K.

A record is known by its key, the tuple of its identifying facts. Facts are taken in their order;
where too few records share a value, that fact is hidden for them, and for the smallest neighbouring
group when they alone would still be too few. A handful that would cost a large group its facts is
left out of the file instead, unless all that were left out would themselves be fewer than K: the
number of approved records is known elsewhere, so it would tell how many they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from surveys.core.disclosure import FLOOR

Key = tuple[Hashable, ...]
GONE = object()  # differs from every fact
FEW = 0.05  # of a group: so few are rather left out than hidden together with their neighbours


@dataclass(frozen=True)
class Verdict:
    """Per key, the positions of the facts to hide, or None for a record that stays out."""

    hidden: Mapping[Key, frozenset[int] | None]

    def of(self, key: Key) -> frozenset[int] | None:
        """A key that was not counted is not known to be shared: the record stays out."""
        return self.hidden.get(key)

    def shown(self, key: Key) -> Key | None:
        """The facts as the file shows them, `GONE` for a hidden one; None for what stays out."""
        gone = self.of(key)
        if gone is None:
            return None
        return tuple(GONE if at in gone else fact for at, fact in enumerate(key))

    def left_out(self, counts: Mapping[Key, int]) -> int:
        return sum(counts[key] for key, gone in self.hidden.items() if gone is None)


def judge(counts: Mapping[Key, int], smallest: int = FLOOR) -> Verdict:
    """What each key may show. counts: key -> number of records."""
    k, width = max(smallest, FLOOR), len(next(iter(counts), ()))
    if sum(counts.values()) < k:
        return Verdict({key: frozenset(range(width)) for key in counts})
    for few in (FEW, 0.0):
        found: dict[Key, frozenset[int] | None] = {}
        _split(dict(counts), 0, width, frozenset(), k, few, found)
        verdict = Verdict(found)
        if not 0 < verdict.left_out(counts) < k:
            break
    return verdict


def _split(
    group: dict[Key, int], at: int, width: int, gone: frozenset[int], k: int,
    handful: float, found: dict[Key, frozenset[int] | None],
) -> None:  # fmt: skip
    """Divide a group of at least k records by the fact at a position, and go on to the next."""
    if at == width:
        found.update(dict.fromkeys(group, gone))
        return
    parts: dict[Hashable, dict[Key, int]] = defaultdict(dict)
    for key, n in group.items():
        parts[key[at]][key] = n
    ordered = sorted(
        parts.values(), key=lambda part: (sum(part.values()), repr(min(part, key=repr)))
    )
    pooled: dict[Key, int] = {}
    while ordered and sum(ordered[0].values()) < k:
        pooled |= ordered.pop(0)
    few = sum(pooled.values())
    if 0 < few < k and few <= handful * sum(group.values()):
        found.update(dict.fromkeys(pooled))
        pooled = {}
    while 0 < sum(pooled.values()) < k and ordered:
        pooled |= ordered.pop(0)
    if pooled:
        _split(pooled, at + 1, width, gone | {at}, k, handful, found)
    for part in ordered:
        _split(part, at + 1, width, gone, k, handful, found)
