"""What somebody wrote on the page of one question, and the button she pressed, read as one wish.

Names of inputs: ``cell:<column>`` for a cell of the question's row, ``set:<column>`` for a setting,
``kind`` and ``list`` for the type, ``option:*`` for the rows of the choice list (any further column
behind ``option:column:``), ``rule:*`` for the skip rule. An input that is not there was not
changed: so a change can be sent again on top of somebody else's. The button is ``act``, with an
argument behind a colon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from . import typed
from .core import choice_lists, outline, skiprules
from .core.choice_lists import Option
from .core.edits import Change
from .core.skiprules import Condition, Rule, Subject
from .core.workbook import Workbook

PASSIVE = frozenset({"save", "go", "show"})
MORE = "option:column:"


@dataclass(slots=True)
class Wish:
    """Everything of one press of a button, read against the revision it was written on."""

    base: int
    row: int
    act: str
    argument: str
    change: Change
    settings: dict[str, str]
    ask: str = ""

    @property
    def alters(self) -> bool:
        return bool(self.change or self.settings) or self.act not in (*PASSIVE, "ask")


def number(value: str) -> int:
    """A row or a revision as sent; 0 for anything that is no such number."""
    return typed.whole(value) or 0


def read_wish(posted: QueryDict, book: Workbook) -> Wish:
    act, _, argument = posted.get("act", "save").partition(":")
    row = number(posted.get("at", ""))
    wish = Wish(number(posted.get("revision", "")), row, act, argument, Change(), {})
    wish.settings = _changed_settings(posted, book)
    if outline.entry_at(book, row) is not None:
        wish.change.cells = _changed_cells(posted, book, row)
        wish.change.options = _changed_options(posted, book, row)
        _read_rule(posted, book, wish)
    return wish


def _written(posted: QueryDict, name: str) -> str:
    return posted.get(name, "").replace("\r\n", "\n").strip()


def _changed_settings(posted: QueryDict, book: Workbook) -> dict[str, str]:
    settings = book.sheet("settings")
    old = settings.cells(2) if len(settings.rows) > 1 else {}
    sent = {key[4:]: _written(posted, key) for key in posted if key.startswith("set:")}
    return {header: value for header, value in sent.items() if value != old.get(header, "")}


def _changed_cells(posted: QueryDict, book: Workbook, row: int) -> dict[str, str]:
    sheet = book.sheet("survey")
    sent = {key[5:]: _written(posted, key) for key in posted if key.startswith("cell:")}
    found = {h: v for h, v in sent.items() if h and v != sheet.get(row, h).replace("\r\n", "\n")}
    if "kind" in posted:
        old = sheet.get(row, "type")
        new = _type_cell(posted, old)
        if new != old:
            found["type"] = new
    return found


def _type_cell(posted: QueryDict, old: str) -> str:
    """The type cell: kind, its list, and whatever else stood behind them."""
    kind, rest = outline.split_type(old)
    new, listed, words = posted.get("kind", ""), posted.get("list", ""), rest.split()
    if new == kind and (not listed or listed == outline.list_of(old)):
        return old
    if new not in outline.LISTED:
        return new
    if kind in outline.LISTED:
        listed, words = listed or outline.list_of(old), words[1:]
    return " ".join([new, listed, *words]).strip()


def _changed_options(posted: QueryDict, book: Workbook, row: int) -> list[Option] | None:
    """The options as sent; columns that were not sent stay as they are."""
    listed = outline.list_of(book.sheet("survey").get(row, "type"))
    if "option:row" not in posted or not listed:
        return None
    before = choice_lists.options(book, listed)
    old = {option.row: option for option in before}
    further = further_sent(posted)
    keys = [f"option:{part}" for part in ("row", "name", "label", "missing")]
    keys += [MORE + header for header in further]
    found = []
    for place, name, label, missing, *more in zip(*map(posted.getlist, keys), strict=False):
        if name.strip() or label.strip():
            kept = old.get(number(place), _NEW)
            fields = dict(zip(further, more, strict=True))
            found.append(_option(kept, name.strip(), label.strip(), missing, fields))
    return None if found == before else found


_NEW = Option(0, "", "")


def further_sent(posted: QueryDict) -> list[str]:
    """Columns of the options that came beside code, wording and missing."""
    return [key[len(MORE) :] for key in posted if key.startswith(MORE)]


def _option(old: Option, name: str, label: str, missing: str, more: dict[str, str]) -> Option:
    written = {
        header: _unbroken(value.strip(), old.more.get(header, ""))
        for header, value in more.items()
        if value.strip() or header in old.more
    }
    return Option(old.row, name, _unbroken(label, old.label), missing, {**old.more, **written})


def _unbroken(sent: str, old: str) -> str:
    """An input of one line loses the line breaks of what it shows: that is no change."""
    return old if sent == old.replace("\n", "") else sent


def subjects(book: Workbook, row: int) -> dict[str, Subject]:
    """Questions asked before a row, by code: what a skip rule may ask about."""
    sheet = book.sheet("survey")
    lists: dict[str, tuple[str, ...]] = {}
    choices, found = book.sheet("choices"), {}
    column = choice_lists.list_column(choices)
    for number_ in choices.numbers():
        listed = choices.get(number_, column)
        lists[listed] = (*lists.get(listed, ()), choices.get(number_, "name"))
    for number_ in range(2, min(row, len(sheet.rows) + 1)):
        cell, name = sheet.get(number_, "type"), sheet.get(number_, "name")
        kind, _ = outline.split_type(cell)
        if name and not kind.startswith(("begin_", "end_")) and kind not in ("note", ""):
            found[name] = Subject(kind, lists.get(outline.list_of(cell), ()))
    return found


def _read_rule(posted: QueryDict, book: Workbook, wish: Wish) -> None:
    """A rule picked anew becomes the expression, unless the expression itself was typed anew."""
    if posted.get("rule:shown") and "relevant" not in wish.change.cells:
        known = subjects(book, wish.row)
        rule, wish.ask = _picked(posted, known, wish)
        old = book.sheet("survey").get(wish.row, "relevant")
        before = skiprules.parse_rule(old, known) if old else Rule("and", ())
        if before is not None and rule.meaning != before.meaning:
            wish.change.cells["relevant"] = skiprules.expression(rule, known)
    if wish.act == "ask":
        wish.ask = posted.get("rule:new", "")


def _picked(posted: QueryDict, known: Mapping[str, Subject], wish: Wish) -> tuple[Rule, str]:
    """The finished conditions, and the question of one that still lacks its answers."""
    found, open_question = [], ""
    for index in range(number(posted.get("rule:count", "0"))):
        question = posted.get(f"rule:{index}:question", "")
        values = tuple(v.strip() for v in posted.getlist(f"rule:{index}:value") if v.strip())
        condition = Condition(question, posted.get(f"rule:{index}:operator", ""), values)
        if question not in known or (wish.act == "drop" and wish.argument == str(index)):
            continue
        try:
            skiprules.expression(Rule("and", (condition,)), known)
            found.append(condition)
        except skiprules.Unfinished:
            open_question = question
    join = "or" if posted.get("rule:join") == "or" else "and"
    return Rule(join, tuple(found)), open_question
