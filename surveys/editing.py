"""What somebody wrote on the page of one question, and the button she pressed, as one change.

Names of inputs: ``cell:<column>`` for a cell of the question's row, ``set:<column>`` for a setting,
``kind`` and ``list`` for the type, ``option:*`` for the rows of the choice list, ``rule:*`` for the
skip rule. An input that is not there was not changed: so a change can be sent again on top of
somebody else's. The button is ``act``, with an argument behind a colon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from . import manuscripts
from .core import edits, outline, skiprules
from .core.edits import Change, Option
from .core.skiprules import Condition, Rule, Subject
from .core.workbook import Workbook
from .models import Manuscript

PASSIVE = frozenset({"save", "go", "show"})
COLUMNS = {
    "type": "题型",
    "name": "代码",
    "label": "题目文字",
    "hint": "提示",
    "guidance_hint": "给访员的提示",
    "required": "必答",
    "relevant": "什么时候问",
    "constraint": "允许的回答",
    "constraint_message": "超出范围时说",
    "calculation": "计算公式",
    "default": "默认值",
    "appearance": "显示方式",
    "choice_filter": "选项筛选",
    "repeat_count": "重复次数",
    "parameters": "参数",
    "readonly": "只读",
    "trigger": "触发题",
    "required_message": "没有回答时说",
    "media::image": "图片文件名",
    "media::audio": "录音文件名",
    "media::video": "视频文件名",
    edits.CLASS: "数据级别",
    "form_title": "问卷名称",
    "form_id": "表单标识",
    "version": "版本号",
    "default_language": "默认语言",
    "namespaces": "命名空间",
}


@dataclass(slots=True)
class Step:
    """Where to look next, which condition is still open, and what to say."""

    row: int
    ask: str = ""
    notice: str = ""


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


def caption(header: str) -> str:
    """A column in the author's words: its name here, its language behind."""
    base, _, rest = header.partition("::")
    if header in COLUMNS:
        return COLUMNS[header]
    return f"{COLUMNS[base]}（{rest}）" if base in COLUMNS and rest else header


def number(value: str) -> int:
    """A row or a revision as sent; 0 for anything that is no such number."""
    return int(value) if value.isdecimal() and len(value) < 10 else 0


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
    listed = outline.list_of(book.sheet("survey").get(row, "type"))
    if "option:row" not in posted or not listed:
        return None
    columns = [posted.getlist(f"option:{part}") for part in ("row", "name", "label", "missing")]
    found = [
        Option(number(r), name.strip(), label.strip(), missing)
        for r, name, label, missing in zip(*columns, strict=False)
        if name.strip() or label.strip()
    ]
    return None if found == edits.options(book, listed) else found


# -- skip rule ---------------------------------------------------------------------------------


def subjects(book: Workbook, row: int) -> dict[str, Subject]:
    """Questions asked before a row, by code: what a skip rule may ask about."""
    sheet = book.sheet("survey")
    lists: dict[str, tuple[str, ...]] = {}
    choices, found = book.sheet("choices"), {}
    column = edits.list_column(choices)
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


# -- carrying it out ---------------------------------------------------------------------------


def perform(manuscript: Manuscript, posted: QueryDict, *, by: str, now: datetime) -> Step:
    """Store what was written and do what the button says. `manuscripts.Outdated` when too late."""
    wish, book = read_posted(manuscript, posted)
    if not wish.alters:
        return Step(number(wish.argument) if wish.act == "go" else wish.row, wish.ask)
    if wish.base != manuscript.revision:
        raise manuscripts.Outdated
    if wish.act in ("undo", "redo") and not (wish.change or wish.settings):
        turn = manuscripts.undo if wish.act == "undo" else manuscripts.redo
        done = turn(manuscript, wish.base, by=by, now=now)
        return Step(wish.row, notice=done.summary if done else "没有可以再退的一步了。")
    before = book.copy()
    taken = _leave_taken_code(book, wish)
    written = _write(book, wish) if wish.change or wish.settings else ""
    row, said = _carry_out(book, wish, posted)
    if book != before:
        summary = "；".join(filter(None, (written, said)))
        manuscripts.change(manuscript, wish.base, book, summary, by=by, now=now)
    return Step(row, wish.ask, taken or said)


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
    for header, value in wish.settings.items():
        settings = book.sheet("settings")
        settings.rows.extend([[] for _ in range(2 - len(settings.rows))])
        settings.set(2, header, value)
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
    return (number(wish.argument) if wish.act == "go" else wish.row), ""


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
    found, index = edits.options(book, listed), number(place)
    other = index - 1 if way == "up" else index + 1
    if 0 <= other < len(found) and index < len(found):
        found[index], found[other] = found[other], found[index]
        edits.set_options(book, listed, found)
    return wish.row, f"调整 {name} 的选项顺序"


def _split(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    return edits.split_list(book, wish.row), f"{name} 改用单独的选项表"


def _add_language(book: Workbook, wish: Wish, posted: QueryDict, name: str) -> tuple[int, str]:
    language = posted.get("language", "").strip()
    if not edits.LANGUAGE.match(language):
        return wish.row, "语言请写成 English (en) 这样，不含冒号。"
    edits.add_language(book, language)
    return wish.row, f"加入语言 {language}"


_ACTS: dict[str, Callable[[Workbook, Wish, QueryDict, str], tuple[int, str]]] = {
    "add": _add,
    "move": _move,
    "copy": _copy,
    "delete": _delete,
    "option": _shift_option,
    "split": _split,
    "language": _add_language,
}
