"""Two people changed one manuscript: what others did, what she wrote, how it fits on top."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from . import editing, manuscripts
from .columns import caption, option_caption
from .core import choice_lists, outline
from .core.workbook import Workbook
from .models import Manuscript
from .wishes import MORE, Wish, further_sent

_ACTS = {
    "add": "加一题",
    "copy": "复制这一题",
    "delete": "删除这一题",
    "move": "移动这一题",
    "option": "调整选项顺序",
    "split": "改用单独的选项表",
    "language": "加一种语言",
    "column": "给选项加一列",
    "undo": "撤销",
    "redo": "重做",
}


def context(manuscript: Manuscript, posted: QueryDict) -> dict[str, Any]:
    """Both sides for the conflict page, with the inputs that send her change again on top."""
    newest = manuscripts.current(manuscript)
    theirs = manuscripts.book_of(newest)
    shown: dict[str, Any] = {"manuscript": manuscript, "revision": newest, "fields": []}
    try:
        wish, mine = editing.read_posted(manuscript, posted)
    except manuscripts.Outdated:  # the state she began from is too old to be kept
        return shown | {"since": manuscripts.since(manuscript, newest.number - 1)}
    row = _same_row(mine, theirs, wish.row)
    shown |= {
        "since": manuscripts.since(manuscript, wish.base),
        "name": mine.sheet("survey").get(wish.row, "name") if row or wish.change else "",
        "fields": _fields(wish, mine, theirs, row),
        "act": _ACTS.get(wish.act, ""),
        "at": row,
    }
    # undo and redo mean her own last step: on top of another's it would undo that one
    found = row or not (wish.change or wish.act in ("copy", "delete", "move", "option", "split"))
    shown["fits"] = bool(found) and wish.act not in ("undo", "redo")
    shown["again"] = _again(posted, wish, theirs, row)
    return shown


def _same_row(mine: Workbook, theirs: Workbook, row: int) -> int:
    """Where the question of a row stands now: by its code, else by an equal row."""
    sheet = mine.sheet("survey")
    if not 0 < row <= len(sheet.rows):
        return 0
    name = sheet.get(row, "name")
    if name:
        return outline.names(theirs).get(name, 0)
    rows = theirs.sheet("survey").rows
    return rows.index(sheet.rows[row - 1]) + 1 if sheet.rows[row - 1] in rows else 0


def _fields(wish: Wish, mine: Workbook, theirs: Workbook, row: int) -> list[dict[str, str]]:
    """Per field: as she had been shown it, as it stands now, as she wrote it."""
    old, new = mine.sheet("survey"), theirs.sheet("survey")
    found = [
        {"caption": caption(h), "before": old.get(wish.row, h),
         "now": new.get(row, h) if row else "", "mine": value}
        for h, value in wish.change.cells.items()
    ]  # fmt: skip
    found += [
        {"caption": caption(h), "before": mine.sheet("settings").cells(2).get(h, ""),
         "now": theirs.sheet("settings").cells(2).get(h, ""), "mine": value}
        for h, value in wish.settings.items()
    ]  # fmt: skip
    if wish.change.options is not None:
        listed = outline.list_of(old.get(wish.row, "type"))
        before, now = (choice_lists.options(book, listed) for book in (mine, theirs))
        three = zip(("before", "now", "mine"), (before, now, wish.change.options), strict=True)
        found.append({"caption": "选项"} | {key: _listed(options) for key, options in three})
    return found


def _listed(options: list[choice_lists.Option]) -> str:
    return "\n".join(f"{o.name} {o.label}{_further(o)}" for o in options)


def _further(option: choice_lists.Option) -> str:
    said = [f"{option_caption(header)} {value}" for header, value in option.more.items() if value]
    return f"（{'，'.join(said)}）" if said else ""


def _again(posted: QueryDict, wish: Wish, theirs: Workbook, row: int) -> list[tuple[str, str]]:
    """Hidden inputs: only what she changed, so that nothing else of theirs is touched."""
    act = posted.get("act", "save")
    found = [(f"cell:{h}", value) for h, value in wish.change.cells.items()]
    found += [(f"set:{h}", value) for h, value in wish.settings.items()]
    found += [
        (key, posted.get(key, ""))
        for key in ("add:kind", "language", "option:new")
        if key in posted
    ]
    if wish.change.options is not None and row:
        listed = outline.list_of(theirs.sheet("survey").get(row, "type"))
        rows = {option.name: option.row for option in choice_lists.options(theirs, listed)}
        for option in wish.change.options:
            values = (str(rows.get(option.name, 0)), option.name, option.label, option.missing)
            names = ("row", "name", "label", "missing")
            found += [(f"option:{n}", v) for n, v in zip(names, values, strict=True)]
            found += [(f"{MORE}{h}", option.more.get(h, "")) for h in further_sent(posted)]
    passive = act.partition(":")[0] in ("go", "show", "ask", "drop")
    return [*found, ("act", "save" if passive else act)]
