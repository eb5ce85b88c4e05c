"""What changed within one question: each change with its verdict on comparing the answers."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from .conditions import first_text
from .definition import Choice, Media, Node, Question, Repeat
from .media import FORMS

Files = tuple[Mapping[str, str], Mapping[str, str]]  # file name -> hash, of either version
COMPARABLE, CAUTION, NOT_COMPARABLE = "可比", "需注意", "不可比"
# kinds of change, in the order a reader asks for them
KINDS = {
    "added": "新增",
    "removed": "删除",
    "type": "题型",
    "moved": "移动",
    "wording": "措辞",
    "option": "选项",
    "media": "图片和录音",
    "logic": "逻辑",
    "class": "数据级别",
    "marks": "标记",
    "look": "版式",
}
TYPES = {
    "text": "文字", "integer": "整数", "decimal": "小数", "date": "日期", "time": "时间",
    "dateTime": "日期时间", "select_one": "单选", "select_multiple": "多选", "rank": "排序",
    "range": "刻度", "note": "说明", "acknowledge": "确认", "image": "图片", "audio": "录音",
    "geopoint": "位置", "signature": "签名", "calculate": "计算值", "hidden": "系统值",
    "preload": "系统值", "group": "组", "repeat": "重复组",
}  # fmt: skip
_CHOICE_MARKS = {"nr_score": "选项分值", "nr_missing": "不答的种类", "nr_group": "选项所属人群"}
_MEASURE = frozenset({"axis", "domain"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``what`` is the part that changed, old and new its wordings."""

    kind: str
    what: str
    old: str
    new: str
    verdict: str
    reason: str


def kind_of(node: Node) -> str:
    if isinstance(node, Question):
        return node.kind
    return "repeat" if isinstance(node, Repeat) else "group"


def type_name(node: Node) -> str:
    return TYPES.get(kind_of(node), kind_of(node))


def added(node: Node) -> Change:
    return Change("added", type_name(node), "", first_text(node.label, node.name), NOT_COMPARABLE,
                  "旧版没有这一项")  # fmt: skip


def removed(node: Node) -> Change:
    return Change("removed", type_name(node), first_text(node.label, node.name), "", NOT_COMPARABLE,
                  "新版没有这一项")  # fmt: skip


def type_change(old: Node, new: Node) -> Change:
    reason = "两种回答不能放在同一列"
    return Change("type", "题型", type_name(old), type_name(new), NOT_COMPARABLE, reason)


def wordings(old: Node, new: Node) -> Iterator[Change]:
    parts = [("题目文字", "label", "问法变了"), ("提示", "hint", "看到的提示变了")]
    parts.append(("访员提示", "guidance", "访员得到的指引变了"))
    for what, name, reason in parts:
        one, two = getattr(old, name, {}), getattr(new, name, {})
        for language in dict.fromkeys([*one, *two]):
            pair = one.get(language, ""), two.get(language, "")
            if pair[0] != pair[1]:
                named = f"{what}（{language}）" if len({*one, *two}) > 1 else what
                verdict, why = _reworded(*pair, reason)
                yield Change("wording", named, *pair, verdict, why)


def _reworded(old: str, new: str, reason: str) -> tuple[str, str]:
    if _letters(old) == _letters(new):
        return COMPARABLE, "只改了标点或空格"
    return CAUTION, reason


def spans(old: str, new: str) -> list[tuple[str, str]]:
    """(same | old | new, text) from which both wordings can be read, for marking what changed."""
    found: list[tuple[str, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pieces = [("same", old[i:j])] if tag == "equal" else [("old", old[i:j]), ("new", new[k:m])]
        found += [piece for piece in pieces if piece[1]]
    return found


def _letters(text: str) -> str:
    """The text without punctuation, blanks and markup."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c)[0] in "LNM")


def options(old: Question, new: Question) -> Iterator[Change]:
    before = {c.name: c for c in old.choices}
    after = {c.name: c for c in new.choices}
    origins = _origins(before, after)
    for name, choice in after.items():
        if name not in origins:
            reason = "原来选别项的人会改选它"
            yield Change("option", "新增选项", "", _label(choice), CAUTION, reason)
            continue
        origin = before[origins[name]]
        if origin.name != name:
            yield _recoded(origin, choice, clash=name in before or origin.name in after)
        yield from _same_option(origin, choice)
    kept = set(origins.values())
    for name, choice in before.items():
        if name not in kept:
            reason = "原来选它的人会改选别项"
            yield Change("option", "删除选项", _label(choice), "", CAUTION, reason)
    one = [c for name, c in before.items() if name in kept]
    two = [c for name, c in after.items() if name in origins]
    if [c.name for c in one] != [origins[c.name] for c in two]:
        said = "、".join(map(_label, one)), "、".join(map(_label, two))
        yield Change("option", "选项顺序", *said, CAUTION, "顺序会影响选择")


def _origins(before: Mapping[str, Choice], after: Mapping[str, Choice]) -> dict[str, str]:
    """New code -> old code of the same option: by its words, else by its code."""
    one, two = _by_label(before), _by_label(after)
    found = {code: one[label] for label, code in two.items() if label in one}
    taken = set(found.values())
    same = (code for code in after if code in before and code not in taken)
    return {code: code for code in same if code not in found} | found


def _by_label(choices: Mapping[str, Choice]) -> dict[str, str]:
    """Label -> code, where no other option says the same."""
    labels = Counter(map(_label, choices.values()))
    return {_label(c): code for code, c in choices.items() if labels[_label(c)] == 1}


def _recoded(old: Choice, new: Choice, *, clash: bool) -> Change:
    said = f"{_label(old)}：{old.name}", f"{_label(new)}：{new.name}"
    if clash:
        reason = "同一个代码在两版里不是同一个选项，汇总前必须改码"
        return Change("option", "选项代码改了", *said, NOT_COMPARABLE, reason)
    return Change("option", "选项代码改了", *said, CAUTION, "意思没变，汇总时把新旧代码对上")


def _same_option(old: Choice, new: Choice) -> Iterator[Change]:
    if _label(old) != _label(new):
        verdict, reason = _reworded(_label(old), _label(new), "选项的意思可能变了")
        yield Change("option", "选项措辞", _label(old), _label(new), verdict, reason)
    for key in dict.fromkeys([*old.extra, *new.extra]):
        one, two = old.extra.get(key, ""), new.extra.get(key, "")
        if one != two:
            said = (f"{_label(old)}：{one or '无'}", f"{_label(new)}：{two or '无'}")
            what = _CHOICE_MARKS.get(key, key)
            yield Change("option", what, *said, NOT_COMPARABLE, "同一回答的含义变了")


def _label(choice: Choice) -> str:
    return first_text(choice.label, choice.name)


def media(old: Node, new: Node, files: Files) -> Iterator[Change]:
    """Pictures and recordings of a question and, under its options' names, of each option."""
    yield from _media("", old.media, new.media, files)
    before = {c.name: c for c in getattr(old, "choices", ())}
    after = {c.name: c for c in getattr(new, "choices", ())}
    for name, origin in _origins(before, after).items():
        whose = f"选项“{_label(after[name])}”的"
        yield from _media(whose, before[origin].media, after[name].media, files)


def _media(whose: str, old: Media, new: Media, files: Files) -> Iterator[Change]:
    for form, name in FORMS.items():
        one, two = old.get(form, {}), new.get(form, {})
        for language in dict.fromkeys([*one, *two]):
            pair = one.get(language, ""), two.get(language, "")
            content = files[0].get(pair[0], ""), files[1].get(pair[1], "")
            verb = _exchanged(pair, content)
            if verb:
                named = f"{whose}{name}{verb}"
                named += f"（{language}）" if len({*one, *two}) > 1 else ""
                reason = "听到的变了" if form == "audio" else "看到的图变了"
                yield Change("media", named, *pair, CAUTION, reason)


def _exchanged(names: tuple[str, str], content: tuple[str, str]) -> str:
    """What happened to a file; a new name for the same content is nothing."""
    if not names[0] or not names[1]:
        return "已增加" if names[1] else "已去掉" if names[0] else ""
    same = content[0] == content[1] if all(content) else names[0] == names[1]
    return "" if same else "已更换"


def properties(old: Node, new: Node) -> Iterator[Change]:
    for key in dict.fromkeys([*old.properties, *new.properties]):
        said = old.properties.get(key, "") or "无", new.properties.get(key, "") or "无"
        if said[0] == said[1]:
            continue
        if key == "class":
            yield Change("class", "数据级别", *said, COMPARABLE, "只改变保管方式")
        elif key == "lookup":
            yield Change("marks", "要查台账", *said, COMPARABLE, "只改变估计的时间")
        elif key in _MEASURE:
            yield Change("marks", f"nr:{key}", *said, NOT_COMPARABLE, "计入另一个指标")
        elif key == "sealed":
            yield Change("marks", "密封", *said, NOT_COMPARABLE, "填答方式和保密承诺变了")
        else:
            yield Change("marks", f"nr:{key}", *said, CAUTION, "处理方式变了")


def look(old: Node, new: Node) -> Iterator[Change]:
    if old.appearance != new.appearance:
        said = old.appearance or "无", new.appearance or "无"
        yield Change("look", "版式", *said, COMPARABLE, "只改变样子")
    one, two = (dict(getattr(node, "parameters", {})) for node in (old, new))
    if one != two:
        scale = isinstance(new, Question) and new.kind == "range"
        verdict, reason = (NOT_COMPARABLE, "刻度变了") if scale else (CAUTION, "参数变了")
        yield Change("look", "参数", _pairs(one), _pairs(two), verdict, reason)


def _pairs(parameters: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in parameters.items()) or "无"
