"""The skip rule of one question as the editor's picker shows it."""

from __future__ import annotations

from typing import Any

from . import wishes
from .core import choice_lists, outline, skiprules
from .core.skiprules import Condition
from .core.workbook import Workbook


def rule(book: Workbook, row: int, ask: str) -> dict[str, Any]:
    """The skip rule for the picker; ``shown`` is False when it must stay as typed."""
    known = wishes.subjects(book, row)
    source = book.sheet("survey").get(row, "relevant")
    parsed = skiprules.parse_rule(source, known) if source else skiprules.Rule("and", ())
    conditions = list(parsed.conditions) if parsed else []
    if ask in known:
        conditions.append(Condition(ask, known[ask].operators[0]))
    named = outline.names(book)
    return {
        "shown": parsed is not None,
        "join": parsed.join if parsed else "and",
        "conditions": [_shown(book, c, known[c.question], named) for c in conditions],
        "questions": [(name, _label(book, named[name])) for name in known],
    }


def _label(book: Workbook, row: int) -> str:
    sheet = book.sheet("survey")
    column = outline.text_column(sheet, "label", outline.default_language(book))
    return sheet.get(row, column) or sheet.get(row, "name")


def _shown(
    book: Workbook, condition: Condition, subject: skiprules.Subject, named: dict[str, int]
) -> dict[str, Any]:
    row = named[condition.question]
    listed = outline.list_of(book.sheet("survey").get(row, "type"))
    answers = [
        (o.name, o.label, o.name in condition.values) for o in choice_lists.options(book, listed)
    ]
    typed = not answers or condition.operator in (">", ">=", "<", "<=")
    return {
        "question": condition.question,
        "label": _label(book, row),
        "operator": condition.operator,
        "operators": [(o, skiprules.OPERATORS[o]) for o in subject.operators],
        "answers": answers,
        "value": condition.values[0] if typed and condition.values else "",
        "typed": typed,
    }
