"""The ledger of a source: every table leaves through `publish`, which remembers what left.

A table asked for again gets the same answer, so a PDF says what the screen said. The counts behind
the hidden cells are kept, sealed, because the next table is judged by what it adds to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis.models import ReleasedTable
from fieldwork.models import CampaignQuestionnaire
from surveys import envelope
from surveys.core.cells import Ratio
from surveys.core.disclosure import FLOOR
from surveys.core.release import Cell, Key, Ledger, Window, release

Held = dict[str, Any]


def publish(
    source: CampaignQuestionnaire, at: int, table: Mapping[Key, int],
    values: Mapping[str, tuple[str, ...]], *, what: str, by: str, now: datetime,
    threshold: int = FLOOR, windows: Mapping[Key, Window] | None = None,
) -> dict[Key, int | None]:  # fmt: skip
    """The table as it may be shown (None = hidden), written down before anybody sees it.

    at: generation of the snapshot counted. table: every cell with its margins, ``frozenset()`` the
    total. values: all values of each attribute the table names, a missing answer being one.
    windows: cells that will be shown rounded, with the smallest and largest number that look alike.
    """
    with transaction.atomic():
        book = read(source)
        book.ledger.values = {**book.ledger.values, **values}
        shown = release(at, table, book.ledger, threshold=threshold, windows=windows)
        keep(book, what=what, by=by, now=now)
    return shown


@dataclass
class Book:
    """The ledger of a source as it was read; ``told`` and ``rows`` say what it held then."""

    source: CampaignQuestionnaire
    ledger: Ledger
    rows: int
    told: dict[Cell, Window | None]
    shares: Mapping[tuple[Cell, Cell], Ratio]


def read(source: CampaignQuestionnaire) -> Book:
    """Inside a transaction nobody else writes the ledger meanwhile; outside, `keep` notices."""
    if transaction.get_connection().in_atomic_block:
        _lock(source)
    rows = source.released.count()
    ledger = recall(source)
    told = {cell: ledger.told(cell) for cell in ledger.counts}
    return Book(source, ledger, rows, told, dict(ledger.shares))


def keep(book: Book, *, what: str, by: str, now: datetime) -> None:
    """Write down what was added. OutrunBySomeone when another table left since it was read."""
    _lock(book.source)
    if book.source.released.count() != book.rows:
        raise OutrunBySomeone
    fresh, shares = added(book)
    if fresh or shares:
        _keep(book.source, fresh, shares, book.ledger, what=what, by=by, now=now)


def added(book: Book) -> tuple[list[Cell], dict[tuple[Cell, Cell], Ratio]]:
    """Cells and shares of which more is told than when the book was read."""
    ledger, known = book.ledger, book.told
    fresh = [c for c in ledger.counts if c not in known or known[c] != ledger.told(c)]
    shares = {p: ends for p, ends in ledger.shares.items() if book.shares.get(p) != ends}
    return fresh, shares


class OutrunBySomeone(Exception):
    """Another table of the same source was released meanwhile: read the ledger and ask again."""


def _lock(source: CampaignQuestionnaire) -> None:
    CampaignQuestionnaire.objects.select_for_update().get(pk=source.pk)


def recall(source: CampaignQuestionnaire) -> Ledger:
    """Everything released of a source so far."""
    ledger = Ledger({})
    rows = list(source.released.values_list("key_id", "body"))
    for opened in envelope.open_many([(key, bytes(body), _aad(source)) for key, body in rows]):
        if opened is None:
            raise envelope.Unreadable(f"ledger of source {source.pk}")
        ledger.add(_read(json.loads(opened)))
    return ledger


def _read(held: Held) -> Ledger:
    found = Ledger({name: tuple(values) for name, values in held["values"].items()})
    for at, conditions, n, hidden, window in held["cells"]:
        cell = Cell(at, _key(conditions))
        found.counts[cell] = n
        if hidden:
            found.hidden.add(cell)
        if window:
            found.windows[cell] = (window[0], window[1])
    for at, conditions, base, low, high in held.get("shares", []):
        pair = Cell(at, _key(conditions)), Cell(at, _key(base))
        found.shares[pair] = (low, high)
    return found


def _key(conditions: Iterable[Sequence[str]]) -> Key:
    return frozenset((name, value) for name, value in conditions)


def _keep(
    source: CampaignQuestionnaire, cells: Sequence[Cell],
    shares: Mapping[tuple[Cell, Cell], Ratio], ledger: Ledger, *, what: str, by: str, now: datetime,
) -> None:  # fmt: skip
    names = set().union(*[cell.names for cell in (*cells, *[cell for cell, _ in shares])])
    held: Held = {
        "values": {name: ledger.values[name] for name in sorted(names)},
        "cells": [
            [c.at, sorted(c.conditions), ledger.counts[c], c in ledger.hidden,
             ledger.windows.get(c)]
            for c in cells
        ],
        "shares": [
            [c.at, sorted(c.conditions), sorted(base.conditions), *ends]
            for (c, base), ends in shares.items()
        ],
    }  # fmt: skip
    sealed = envelope.seal(
        json.dumps(held).encode(), aad=_aad(source), today=timezone.localdate(now)
    )
    ReleasedTable.objects.create(
        source=source, what=what, body=sealed.body, key_id=sealed.key_id,
        released_at=now, released_by=by,
    )  # fmt: skip


def _aad(source: CampaignQuestionnaire) -> str:
    return f"released:{source.pk}"
