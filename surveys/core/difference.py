"""What changed between two definitions of a questionnaire, and whether answers stay comparable.

A question is the same when its path is; one that kept its name and went elsewhere has moved. Every
change carries a verdict with its reason; the verdict of a question is the worst of its changes.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from .conditions import Words, chain, first_text
from .definition import Choice, Definition, Expression, Node, Question, Repeat

COMPARABLE, CAUTION, NOT_COMPARABLE = "可比", "需注意", "不可比"
_RANK = {COMPARABLE: 0, CAUTION: 1, NOT_COMPARABLE: 2}
# kinds of change, in the order a reader asks for them
KINDS = {
    "added": "新增",
    "removed": "删除",
    "type": "题型",
    "moved": "移动",
    "wording": "措辞",
    "option": "选项",
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
_LOGIC = {
    "relevant": ("出现条件", CAUTION, "答题的人变了，占比的基数不同"),
    "required": ("必答", CAUTION, "漏答的比例会变"),
    "constraint": ("取值范围", CAUTION, "允许的回答变了"),
    "calculate": ("计算公式", NOT_COMPARABLE, "按另一个公式算出来"),
    "choice_filter": ("选项筛选", CAUTION, "看到的选项变了"),
    "readonly": ("只读", CAUTION, "能否改动变了"),
    "count": ("重复次数", CAUTION, "每人填几遍变了"),
}
_UNSEEN = frozenset({"calculate", "hidden", "preload"})
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


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes of one question or group."""

    path: str
    label: str
    changes: tuple[Change, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def verdict(self) -> str:
        return max((c.verdict for c in self.changes), key=_RANK.__getitem__)

    @property
    def kinds(self) -> set[str]:
        return {change.kind for change in self.changes}


@dataclass(frozen=True, slots=True)
class TypeChange:
    path: str
    old: str
    new: str


def type_changes(old: Definition, new: Definition) -> list[TypeChange]:
    """Paths that both have and that hold another kind of answer. What nobody answers may change."""
    before = {node.path: node for node in old.nodes()}
    return [
        TypeChange(node.path, type_name(before[node.path]), type_name(node))
        for node in new.nodes()
        if node.path in before and _stored(before[node.path], node)
    ]


def _stored(old: Node, new: Node) -> bool:
    """Whether two nodes of one path keep different things there."""
    kinds = {_kind(old), _kind(new)}
    return len(kinds) == 2 and not kinds <= _UNSEEN and "note" not in kinds


def _kind(node: Node) -> str:
    if isinstance(node, Question):
        return node.kind
    return "repeat" if isinstance(node, Repeat) else "group"


def type_name(node: Node) -> str:
    return TYPES.get(_kind(node), _kind(node))


def compare(old: Definition, new: Definition) -> list[Difference]:
    """Every question and group that changed, in the order of the new version, then the removed."""
    return _Comparison(old, new).differences()


class _Comparison:
    def __init__(self, old: Definition, new: Definition) -> None:
        self.old, self.new = old, new
        self.before = {node.path: node for node in old.nodes()}
        self.after = {node.path: node for node in new.nodes()}
        self.words = Words(old), Words(new)
        self.origin = self._pairs()
        self.displaced = _displaced(self.origin, list(self.before), list(self.after))

    def _pairs(self) -> dict[str, str]:
        """New path -> old path: equal, or the same unique name at another place."""
        pairs = {path: path for path in self.after if path in self.before}
        lost = _by_name(path for path in self.before if path not in self.after)
        found = _by_name(path for path in self.after if path not in self.before)
        for name, places in found.items():
            if len(places) == 1 and len(lost.get(name, ())) == 1:
                pairs[places[0]] = lost[name][0]
        return pairs

    def differences(self) -> list[Difference]:
        found = [
            Difference(node.path, self._label(node, 1), tuple(self._changes(node)))
            for node in self.after.values()
        ]
        kept = set(self.origin.values())
        found += [
            Difference(node.path, self._label(node, 0), (_removed(node),))
            for node in self.before.values()
            if node.path not in kept
        ]
        return [difference for difference in found if difference.changes]

    def _label(self, node: Node, side: int) -> str:
        return self.words[side].wording(node.label) or node.name

    def _changes(self, new: Node) -> Iterator[Change]:
        if new.path not in self.origin:
            yield _added(new)
            return
        old = self.before[self.origin[new.path]]
        if _kind(old) != _kind(new):
            yield _type_change(old, new)
        yield from self._place(old, new)
        yield from _wordings(old, new)
        if isinstance(old, Question) and isinstance(new, Question):
            yield from _options(old, new)
        yield from self._logic(old, new)
        yield from _properties(old, new)
        yield from _look(old, new)

    def _place(self, old: Node, new: Node) -> Iterator[Change]:
        if old.path != new.path:
            yield Change(
                "moved", "所在部分", self._part(old, 0), self._part(new, 1), CAUTION,
                "前后语境变了；汇总时要按题目名称对接",
            )  # fmt: skip
        elif new.path in self.displaced:
            previous = _neighbour(self.before, old), _neighbour(self.after, new)
            yield Change("moved", "顺序", *previous, CAUTION, "前面的题变了，顺序会影响回答")

    def _part(self, node: Node, side: int) -> str:
        parent = node.path.rpartition("/")[0]
        return self.words[side].name(parent) if parent.count("/") > 1 else "最外层"

    def _logic(self, old: Node, new: Node) -> Iterator[Change]:
        for aspect, (what, verdict, reason) in _LOGIC.items():
            one, two = getattr(old, aspect, None), getattr(new, aspect, None)
            if _source(one) != _source(two):
                said = self._said(one, old.path, 0, aspect), self._said(two, new.path, 1, aspect)
                yield Change("logic", what, *said, verdict, reason)
        if isinstance(old, Question) and isinstance(new, Question):
            if old.default != new.default:
                reason = "未作改动的回答会不同"
                yield Change("logic", "默认值", old.default or "无", new.default or "无",
                             CAUTION, reason)  # fmt: skip
            yield from self._surroundings(old, new)

    def _said(self, expression: Expression | None, path: str, side: int, aspect: str) -> str:
        if expression is None:
            return {"relevant": "总是出现", "required": "不必答"}.get(aspect, "无")
        if aspect == "required" and expression.source.strip() == "true()":
            return "必答"
        return self.words[side].say(expression, path)

    def _surroundings(self, old: Question, new: Question) -> Iterator[Change]:
        """The condition of a group around it decides who reaches a question, too."""
        around = _conditions(self.old, old.path), _conditions(self.new, new.path)
        if around[0] != around[1]:
            reason = _LOGIC["relevant"][2]
            yield Change("logic", "所在部分的出现条件", "见该部分", "见该部分", CAUTION, reason)


def _by_name(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.rpartition("/")[2], []).append(path)
    return found


def _displaced(origin: Mapping[str, str], before: list[str], after: list[str]) -> set[str]:
    """The fewest paths one must take out so that the rest stand in their old order."""
    places = {path: index for index, path in enumerate(before)}
    kept = [(path, places[path]) for path in after if origin.get(path) == path]
    tails: list[int] = []  # tails[k]: least last place of an increasing run of k + 1
    lengths = []
    for _, place in kept:
        at = bisect_left(tails, place)
        tails[at : at + 1] = [place]
        lengths.append(at + 1)
    staying, wanted, limit = set[str](), len(tails), len(before)
    for (path, place), length in zip(reversed(kept), reversed(lengths), strict=True):
        if length == wanted and place < limit:
            staying.add(path)
            wanted, limit = wanted - 1, place
    return {path for path, _ in kept} - staying


def _neighbour(nodes: Mapping[str, Node], node: Node) -> str:
    """What stands before it, in words."""
    paths = list(nodes)
    index = paths.index(node.path)
    if index == 0:
        return "在最前面"
    before = nodes[paths[index - 1]]
    return f"在“{first_text(before.label, before.name)}”之后"


def _added(node: Node) -> Change:
    return Change("added", type_name(node), "", first_text(node.label, node.name), NOT_COMPARABLE,
                  "旧版没有这一项")  # fmt: skip


def _removed(node: Node) -> Change:
    return Change("removed", type_name(node), first_text(node.label, node.name), "", NOT_COMPARABLE,
                  "新版没有这一项")  # fmt: skip


def _type_change(old: Node, new: Node) -> Change:
    reason = "两种回答不能放在同一列"
    return Change("type", "题型", type_name(old), type_name(new), NOT_COMPARABLE, reason)


def _wordings(old: Node, new: Node) -> Iterator[Change]:
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


def _options(old: Question, new: Question) -> Iterator[Change]:
    before = {c.name: c for c in old.choices}
    after = {c.name: c for c in new.choices}
    for name, choice in after.items():
        if name not in before:
            yield _option("新增选项", "", choice, "原来选别项的人会改选它")
        else:
            yield from _same_option(before[name], choice)
    for name, choice in before.items():
        if name not in after:
            yield _option("删除选项", choice, "", "原来选它的人会改选别项")
    kept = [n for n in before if n in after], [n for n in after if n in before]
    if kept[0] != kept[1]:
        said = ("、".join(_label(side[n]) for n in names)
                for side, names in zip((before, after), kept, strict=True))  # fmt: skip
        yield Change("option", "选项顺序", *said, CAUTION, "顺序会影响选择")


def _option(what: str, old: Choice | str, new: Choice | str, reason: str) -> Change:
    said = [_label(c) if isinstance(c, Choice) else c for c in (old, new)]
    return Change("option", what, *said, CAUTION, reason)


def _same_option(old: Choice, new: Choice) -> Iterator[Change]:
    if _label(old) != _label(new):
        verdict, reason = _reworded(_label(old), _label(new), "选项的意思可能变了")
        yield Change("option", "选项措辞", _label(old), _label(new), verdict, reason)
    marks: tuple[tuple[str, Callable[[Choice], object]], ...] = (
        ("选项分值", lambda c: c.extra.get("nr_score")),
        ("不答的种类", lambda c: c.missing),
    )
    for what, mark in marks:
        if mark(old) != mark(new):
            said = (
                f"{_label(c)}：{'无' if mark(c) in (None, '') else mark(c)}" for c in (old, new)
            )
            yield Change("option", what, *said, NOT_COMPARABLE, "同一回答的含义变了")


def _label(choice: Choice) -> str:
    return first_text(choice.label, choice.name)


def _source(expression: Expression | None) -> str:
    return re.sub(r"\s+", "", expression.source) if expression else ""


def _conditions(definition: Definition, path: str) -> list[str]:
    return [_source(node.relevant) for node in chain(definition, path)[:-1] if node.relevant]


def _properties(old: Node, new: Node) -> Iterator[Change]:
    for key in dict.fromkeys([*old.properties, *new.properties]):
        said = old.properties.get(key, "") or "无", new.properties.get(key, "") or "无"
        if said[0] == said[1]:
            continue
        if key == "class":
            yield Change("class", "数据级别", *said, COMPARABLE, "只改变保管方式")
        elif key in _MEASURE:
            yield Change("marks", f"nr:{key}", *said, NOT_COMPARABLE, "计入另一个指标")
        elif key == "sealed":
            yield Change("marks", "密封", *said, NOT_COMPARABLE, "填答方式和保密承诺变了")
        else:
            yield Change("marks", f"nr:{key}", *said, CAUTION, "处理方式变了")


def _look(old: Node, new: Node) -> Iterator[Change]:
    if old.appearance != new.appearance:
        said = old.appearance or "无", new.appearance or "无"
        yield Change("look", "版式", *said, COMPARABLE, "只改变样子")
    one, two = (dict(getattr(node, "parameters", {})) for node in (old, new))
    if one != two:
        said = tuple(" ".join(f"{k}={v}" for k, v in p.items()) or "无" for p in (one, two))
        scale = isinstance(new, Question) and new.kind == "range"
        verdict, reason = (NOT_COMPARABLE, "刻度变了") if scale else (CAUTION, "参数变了")
        yield Change("look", "参数", *said, verdict, reason)


def unchanged(new: Definition, found: Iterable[Difference]) -> int:
    """How many questions of the new version did not change at all."""
    changed = {difference.path for difference in found}
    return sum(1 for q in new.questions() if q.visible and q.path not in changed)
