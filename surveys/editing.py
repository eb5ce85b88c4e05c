"""Carrying out a wish from the editor's page: what was written, then what the button says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from . import manuscripts
from .columns import caption
from .core import choice_lists, edits, outline, starting
from .core.workbook import Workbook
from .models import Manuscript
from .wishes import Wish, number, read_wish


@dataclass(slots=True)
class Step:
    """Where to look next (and at which field), which condition is still open, and what to say."""

    row: int
    ask: str = ""
    notice: str = ""
    field: str = ""


def perform(manuscript: Manuscript, posted: QueryDict, *, by: str, now: datetime) -> Step:
    """Store what was written and do what the button says. `manuscripts.Outdated` when too late."""
    wish, book = read_posted(manuscript, posted)
    if not wish.alters:
        return _look(wish)
    if wish.base != manuscript.revision:
        raise manuscripts.Outdated
    if wish.act in ("undo", "redo") and not (wish.change or wish.settings):
        done = manuscripts.turn(manuscript, wish.base, wish.act, by=by, now=now)
        return Step(wish.row, notice=done.summary if done else "没有可以再退的一步了。")
    before = book.copy()
    taken = _leave_taken_code(book, wish)
    written = _write(book, wish) if wish.change or wish.settings else ""
    row, said = _carry_out(book, wish, posted)
    if book != before:
        summary = "；".join(filter(None, (written, said)))
        manuscripts.change(manuscript, wish.base, book, summary, by=by, now=now)
    return Step(row, wish.ask, taken or said, _field(book, wish))


def _field(book: Workbook, wish: Wish) -> str:
    """Where the cursor goes: to the wording of a new question, else where the button leads."""
    if wish.act == "add":
        return outline.text_column(book.sheet("survey"), "label", outline.default_language(book))
    return _look(wish).field


def _look(wish: Wish) -> Step:
    """A look elsewhere: ``go:12:hint`` leads to the hint of row 12."""
    if wish.act != "go":
        return Step(wish.row, wish.ask)
    row, _, header = wish.argument.partition(":")
    return Step(number(row), field=header)


def _leave_taken_code(book: Workbook, wish: Wish) -> str:
    """A code another question has stays as it was: references to both would become one."""
    name = wish.change.cells.get("name", "")
    if name not in outline.names(book):
        return ""
    del wish.change.cells["name"]
    return f"代码 {name} 已经有别的题在用，没有改。"


def read_posted(manuscript: Manuscript, posted: QueryDict) -> tuple[Wish, Workbook]:
    """The wish, and the workbook as she had been shown it."""
    base = manuscript.revisions.filter(number=number(posted.get("revision", ""))).first()
    if base is None:
        raise manuscripts.Outdated
    book = manuscripts.book_of(base)
    return read_wish(posted, book), book


def _write(book: Workbook, wish: Wish) -> str:
    """Put the changed fields into the workbook; a summary in words."""
    starting.write_settings(book, wish.settings)
    name = book.sheet("survey").get(wish.row, "name") if wish.change else ""
    if wish.change:
        edits.apply(book, wish.row, wish.change)
    fields = [caption(h) for h in (*wish.settings, *wish.change.cells)]
    fields += ["选项"] if wish.change.options is not None else []
    return f"修改 {name or '问卷设置'}：{'、'.join(fields)}"


def _carry_out(book: Workbook, wish: Wish, posted: QueryDict) -> tuple[int, str]:
    """The act of the button: the row to look at next and what was done, in words."""
    act = _ACTS.get(wish.act)
    if act is not None:
        sheet, row = book.sheet("survey"), wish.row
        name = sheet.get(row, "name") if 0 < row <= len(sheet.rows) else ""
        return act(book, wish, posted, name)
    return _look(wish).row, ""


def _add(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    kind = posted.get("add:kind", "")
    kind = kind if kind in edits.KINDS else "text"
    row = edits.add(book, kind, wish.row)
    return row, f"加入{edits.KINDS[kind]} {book.sheet('survey').get(row, 'name')}"


def _move(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    ways = {"up": "上移", "down": "下移", "into": "移进组里", "out": "移出组"}
    row = edits.move(book, wish.row, wish.argument)
    return row, f"{ways[wish.argument]} {name}" if row != wish.row else "已经到头了。"


def _copy(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    row = edits.duplicate(book, wish.row)
    return row, f"复制 {name} 为 {book.sheet('survey').get(row, 'name')}"


def _delete(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    left = edits.delete(book, wish.row)
    used = outline.references(book, name) if name else []
    still = f"，还有 {len(used)} 处引用它，请看问题清单" if used else ""
    return left, f"删除 {name}{still}（可以撤销）"


def _shift_option(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    way, _, place = wish.argument.partition(":")
    listed = outline.list_of(book.sheet("survey").get(wish.row, "type"))
    found, index = choice_lists.options(book, listed), number(place)
    other = index - 1 if way == "up" else index + 1
    if 0 <= other < len(found) and index < len(found):
        found[index], found[other] = found[other], found[index]
        choice_lists.set_options(book, listed, found)
    return wish.row, f"调整 {name} 的选项顺序"


def _split(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    return choice_lists.split_list(book, wish.row), f"{name} 改用单独的选项表"


def _add_language(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    language = posted.get("language", "").strip()
    if not edits.LANGUAGE.match(language):
        return wish.row, "语言请写成 English (en) 这样，不含冒号。"
    edits.add_language(book, language)
    return wish.row, f"加入语言 {language}"


def _add_column(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    header = posted.get("option:new", "").strip()
    if not choice_lists.HEADER.match(header):
        return wish.row, "列名请用字母或汉字开头，不含空格和冒号，例如 county。"
    choice_lists.add_column(book, header)
    return wish.row, f"选项加一列 {header}"


_ACTS: dict[str, Callable[[Workbook, Wish, QueryDict, str], tuple[int, str]]] = {
    "add": _add,
    "move": _move,
    "copy": _copy,
    "delete": _delete,
    "option": _shift_option,
    "split": _split,
    "language": _add_language,
    "column": _add_column,
}
