"""The question bank: modules of the reference workbooks, each item with its source and version.

``bank/modules.json`` says which items of which workbook make a module and where they come from;
wording, options and logic stay in the workbooks alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from .core import workbook
from .core.outline import Entry, flat, outline
from .core.workbook import Workbook

FOLDER = Path(__file__).resolve().parent / "bank"


@dataclass(frozen=True, slots=True)
class Module:
    """A set of items that belong together. ``areas``: item -> field of the 纲要 it measures."""

    code: str
    title: str
    workbook: str
    items: tuple[str, ...]
    source: str
    note: str = ""
    areas: Mapping[str, str] = field(default_factory=dict)

    @property
    def book(self) -> Workbook:
        return _book(self.workbook)

    @property
    def version(self) -> str:
        return self.book.sheet("settings").get(2, "version")

    def entries(self) -> list[Entry]:
        """The items, groups with what is in them, in the order of the workbook."""
        chosen = set(self.items)
        return [entry for entry in flat(outline(self.book)) if entry.name in chosen]

    @property
    def questions(self) -> int:
        """How many of its items are asked, those inside its groups too."""
        inside = {e.row: e for entry in self.entries() for e in (entry, *flat(entry.children))}
        return sum(e.shown and not e.opens for e in inside.values())


@lru_cache(maxsize=16)
def _book(name: str) -> Workbook:
    """A reference workbook, read once; nobody writes into it."""
    return workbook.read((FOLDER / name).read_bytes())


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    found = json.loads((FOLDER / "modules.json").read_text(encoding="utf-8"))
    return tuple(Module(**{**row, "items": tuple(row["items"])}) for row in found)


def module(code: str) -> Module | None:
    return next((m for m in modules() if m.code == code), None)
