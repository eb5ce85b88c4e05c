"""Where a workbook begins: with the three sheets and nothing asked yet; and its version number."""

from __future__ import annotations

from collections.abc import Mapping

from .edits import CLASS
from .workbook import Sheet, Workbook


def empty(title: str, form_id: str) -> Workbook:
    return Workbook([
        Sheet("survey", [["type", "name", "label", "hint", "relevant", "required", CLASS]]),
        Sheet("choices", [["list_name", "name", "label", "nr_score", "nr_missing"]]),
        Sheet("settings", [["form_title", "form_id", "version"], [title, form_id, "1"]]),
    ])  # fmt: skip


def write_settings(book: Workbook, settings: Mapping[str, str]) -> None:
    sheet = book.sheet("settings")
    sheet.rows.extend([[] for _ in range(2 - len(sheet.rows))])
    for header, value in settings.items():
        sheet.set(2, header, value)
