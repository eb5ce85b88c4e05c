"""What changed between two definitions of a questionnaire, and whether answers stay comparable.

A question is the same when its path is; one that kept its name and went elsewhere has moved. Every
change carries a verdict with its reason; the verdict of a question is the worst of its changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import changes
from .changes import CAUTION, COMPARABLE, NOT_COMPARABLE, Change, kind_of, type_name
from .conditions import Words, chain, first_text
from .definition import Definition, Expression, Node, Question
from .expressions.parser import Ast

_RANK = {COMPARABLE: 0, CAUTION: 1, NOT_COMPARABLE: 2}
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


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes of one question or group."""

    path: str
    label: str
    changes: tuple[Change, ...]
    # names of further questions whose shared list of options changed in the same way
    also: tuple[str, ...] = ()

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
    kinds = {kind_of(old), kind_of(new)}
    return len(kinds) == 2 and not kinds <= _UNSEEN and "note" not in kinds


def compare(old: Definition, new: Definition, files: changes.Files = ({}, {})) -> list[Difference]:
    """Every question and group that changed, in the order of the new version, then the removed.

    ``files`` tells pictures and recordings apart that kept their name.
    """
    return _Comparison(old, new, files).differences()


class _Comparison:
    def __init__(self, old: Definition, new: Definition, files: changes.Files) -> None:
        self.old, self.new, self.files = old, new, files
        self.before = {node.path: node for node in old.nodes()}
        self.after = {node.path: node for node in new.nodes()}
        self.words = Words(old), Words(new)
        self.origin = self._pairs()
        self.moved = {old: new for new, old in self.origin.items() if old != new}
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
            Difference(node.path, self._label(node, 0), (changes.removed(node),))
            for node in self.before.values()
            if node.path not in kept
        ]
        return [difference for difference in found if difference.changes]

    def _label(self, node: Node, side: int) -> str:
        return self.words[side].wording(node.label) or node.name

    def _changes(self, new: Node) -> Iterator[Change]:
        if new.path not in self.origin:
            yield changes.added(new)
            return
        old = self.before[self.origin[new.path]]
        if kind_of(old) != kind_of(new):
            yield changes.type_change(old, new)
        yield from self._place(old, new)
        yield from changes.wordings(old, new)
        if isinstance(old, Question) and isinstance(new, Question):
            yield from changes.options(old, new)
        yield from changes.media(old, new, self.files)
        yield from self._logic(old, new)
        yield from changes.properties(old, new)
        yield from changes.look(old, new)

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
            if self._meaning(one, self.moved) != self._meaning(two, {}):
                said = self._said(one, old.path, 0, aspect), self._said(two, new.path, 1, aspect)
                yield Change("logic", what, *said, verdict, reason)
        if isinstance(old, Question) and isinstance(new, Question):
            if old.default != new.default:
                reason = "未作改动的回答会不同"
                yield Change("logic", "默认值", old.default or "无", new.default or "无",
                             CAUTION, reason)  # fmt: skip
            yield from self._surroundings(old, new)

    @staticmethod
    def _meaning(expression: Expression | None, moved: Mapping[str, str]) -> Ast | None:
        """What is computed: blanks do not count, nor where a question it reads stands now."""
        return _rewritten(expression.ast, moved) if expression else None

    def _said(self, expression: Expression | None, path: str, side: int, aspect: str) -> str:
        if expression is None:
            return {"relevant": "总是出现", "required": "不必答"}.get(aspect, "无")
        if aspect == "required" and expression.source.strip() == "true()":
            return "必答"
        return self.words[side].say(expression, path)

    def _surroundings(self, old: Question, new: Question) -> Iterator[Change]:
        """The condition of a group around it decides who reaches a question, too."""
        before = [self._meaning(e, self.moved) for e in _conditions(self.old, old.path)]
        after = [self._meaning(e, {}) for e in _conditions(self.new, new.path)]
        if before != after:
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


def _conditions(definition: Definition, path: str) -> list[Expression]:
    return [node.relevant for node in chain(definition, path)[:-1] if node.relevant]


def _rewritten(ast: Any, moved: Mapping[str, str]) -> Any:
    """The AST with absolute paths of moved questions as they are in the new version."""
    if not isinstance(ast, list):
        return ast
    if ast[:2] == ["path", "/"]:
        path = "/" + "/".join(name for name, _ in ast[2])
        if path in moved:
            return ["path", "/", [[name, []] for name in moved[path].split("/")[1:]]]
    return [_rewritten(part, moved) for part in ast]


def together(found: Iterable[Difference]) -> list[Difference]:
    """One line for all questions that share a list of options and changed in nothing else."""
    lines: dict[Any, list[Difference]] = {}
    for difference in found:
        shared = difference.kinds == {"option"}
        lines.setdefault(difference.changes if shared else difference.path, []).append(difference)
    return [replace(first, also=tuple(d.name for d in others)) for first, *others in lines.values()]


def unchanged(new: Definition, found: Iterable[Difference]) -> int:
    """How many questions of the new version did not change at all."""
    changed = {difference.path for difference in found}
    return sum(1 for q in new.questions() if q.visible and q.path not in changed)
