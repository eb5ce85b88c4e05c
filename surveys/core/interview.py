"""Interview: a Definition and answers -> relevant, required, constraint, calculate, choices, pages.

Pure: clock and seed are arguments, nothing is stored. Answers and paths as in the instance XML; a
repeat instance is ``/data/person[2]/age``. Semantics follow JavaRosa (`expressions`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .definition import Choice, Definition, Group, Node, Question, Repeat
from .expressions import Context, Env
from .expressions.chance import Chance
from .expressions.compile import BUDGET
from .expressions.values import (
    EvaluationProblem,
    Moment,
    days,
    kind_of,
    number_text,
    to_boolean,
    to_number,
    to_string,
    unpack,
)
from .paths import absolute
from .problems import Problem, Where
from .program import Formula, Itemset, Program, SetValue, Spec
from .tree import Branch

MAX_REPEATS = 100
_FIRST_LOAD = frozenset({"odk-instance-first-load", "xforms-ready", "odk-instance-load"})
_NEW_REPEAT = frozenset({"odk-new-repeat"})
_CHANGED = frozenset({"xforms-value-changed"})
_WHOLE = frozenset({"int", "integer", "long"})
# bind type -> what an answer reads as in expressions
_KINDS = {
    **dict.fromkeys(("int", "integer", "decimal", "long", "double"), "number"),
    **dict.fromkeys(("date", "dateTime"), "date"),
    "boolean": "boolean",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One question as it stands on a page: the question and the path of this instance."""

    question: Question
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown at once: usually one question; a ``field-list`` group stands together."""

    key: str
    items: tuple[Item, ...]
    group: Group | None = None


class Interview:
    """The state of one questionnaire being answered. `set` recomputes everything that depends."""

    def __init__(
        self,
        definition: Definition,
        answers: Mapping[str, str] | None = None,
        *,
        now: datetime,
        seed: int = 0,
        first_load: bool = False,
        grow: bool = True,
    ) -> None:
        self.definition, self.grow = definition, grow
        program = definition.program
        assert isinstance(program, Program)
        self.program = program
        self.by_generic: dict[str, list[Branch]] = {}
        self.questions = {q.path: q for q in definition.questions()}
        self.root = self._build(program.spec, None)
        self.root.attribute("id", definition.form_id)
        self.root.attribute("version", definition.version)
        self.env = Env(
            self.root, program.lists, now, Chance(seed), self._choice_label, self._wording
        )
        if first_load:
            self._run_actions(_FIRST_LOAD)
        for path, value in (answers or {}).items():
            self.put(path, value)
        self.recompute()

    # -- document ----------------------------------------------------------------------------

    def _build(self, spec: Spec, parent: Branch | None) -> Branch:
        node = Branch(spec.name, parent, spec.path, spec.default)
        node.kind = _KINDS.get(self.program.types.get(spec.path, ""), "")
        self.by_generic.setdefault(spec.path, []).append(node)
        for child in spec.children:
            for copy in child.copies if child.repeat else (child,):
                self._instance_of(copy, node)
        return node

    def _instance_of(self, spec: Spec, parent: Branch) -> Branch:
        node = self._build(spec, parent)
        if spec.repeat:
            node.position = len(parent.named(spec.name))
        return node

    def _spec(self, generic: str) -> Spec:
        spec = self.program.spec
        for step in generic.split("/")[2:]:
            spec = next(c for c in spec.children if c.name == step)
        return spec

    def find(self, path: str) -> Branch | None:
        """The node at an instance path, None when there is none."""
        return self._find(path)

    def _find(self, path: str, *, create: bool = False, fresh: bool = False) -> Branch | None:
        node: Branch = self.root
        for step in path.split("/")[2:]:
            name, _, rest = step.partition("[")
            position = int(rest[:-1]) if rest else 1
            if create and len(node.named(name)) < position <= MAX_REPEATS:
                self._extend(node, name, position, fresh=fresh)
            twins = node.named(name)
            if not 0 < position <= len(twins):
                return None
            node = twins[position - 1]
        return node

    def _extend(self, parent: Branch, name: str, position: int, *, fresh: bool = True) -> None:
        """Add instances of a repeat; fresh ones (not read from an instance) get their defaults."""
        siblings = [c.name for c in self._spec(parent.generic).children]
        found = [c for c in self._spec(parent.generic).children if c.name == name and c.repeat]
        while found and len(parent.named(name)) < position:
            added = self._instance_of(found[0], parent)
            parent.children.sort(key=lambda c: siblings.index(c.name))
            if fresh:
                self._run_actions(_NEW_REPEAT, added)

    def put(self, path: str, value: str) -> None:
        """Store one answer without recomputing; several may be put before one `recompute`."""
        node = self._find(path, create=True)
        if node is not None and not node.children:
            node.value = value

    def walk(self) -> None:
        """Go through the form once: counted repeats grow, free ones get a second instance."""
        for node in self.definition.nodes():
            if isinstance(node, Repeat):
                above, _, name = node.path.rpartition("/")
                for parent in list(self.by_generic.get(above, [])):
                    if node.count is not None:
                        self._grow(node.path, parent)
                    elif parent.relevant and self._shown(node.path, parent):
                        self._extend(parent, name, 2)
                self.recompute()

    def _shown(self, path: str, parent: Branch) -> bool:
        """Whether a repeat is relevant, asked of its first instance where there is one."""
        twins = parent.named(path.rpartition("/")[2])
        return twins[0].own if twins else True

    # -- computing ---------------------------------------------------------------------------

    def set(self, path: str, value: str) -> None:
        """Store one answer and recompute. KeyError when there is no such leaf."""
        node = self._find(path, create=True, fresh=True)
        if node is None or node.children:
            raise KeyError(path)
        changed = node.value != value
        node.value = value
        if changed:
            self._run_actions(_CHANGED, node)
        self.recompute()

    def _evaluate(self, formula: Formula, node: Branch) -> Any:
        self.env.steps = BUDGET
        return formula.run(Context(self.env, node))

    def _run_actions(self, events: frozenset[str], cause: Branch | None = None) -> None:
        """Carry out the setvalue actions of an event, in the repeat instance of its cause."""
        for action in self.program.setvalues:
            if not action.events & events or not self._caused(action, events, cause):
                continue
            for node in list(self.by_generic.get(action.target, [])):
                if cause is None or _together(cause, node):
                    value = self._evaluate(action.value, node) if action.value else action.text
                    self._store(node, value)

    @staticmethod
    def _caused(action: SetValue, events: frozenset[str], cause: Branch | None) -> bool:
        if cause is None:
            return events is not _CHANGED
        if events is _NEW_REPEAT:
            return action.target.startswith(cause.generic + "/")
        return action.trigger == cause.generic

    def recompute(self) -> None:
        """Relevance and calculations in their order, once; counted repeats grow first."""
        if self.grow:
            for path in self.program.counts:
                for parent in self.by_generic.get(path.rpartition("/")[0], []):
                    self._grow(path, parent)
        for aspect, path in self.program.order:
            nodes = self.by_generic.get(path, ())
            if aspect == "relevant":
                formula = self.program.relevant[path]
                for node in nodes:
                    node.own = to_boolean(self._evaluate(formula, node))
            elif path not in self.program.drawn:
                self._calculate(path, nodes)
            else:
                self._calculate(path, [n for n in nodes if not n.value])

    def _calculate(self, path: str, nodes: Iterable[Branch]) -> None:
        formula = self.program.calculate[path]
        for node in nodes:
            self._store(node, self._evaluate(formula, node))

    def _store(self, node: Branch, value: Any) -> None:
        """A computed value as text. It reads as what it was computed as, unless the form says."""
        value, bound = unpack(value), self.program.types.get(node.generic, "")
        node.kind = _KINDS.get(bound) or kind_of(value)
        if value != value or value == "":
            node.value = ""
        elif isinstance(value, bool):
            node.value = "1" if value else "0"
        elif node.kind == "number" and not math.isnan(to_number(value)):
            number = to_number(value)
            node.value = number_text(math.trunc(number) if bound in _WHOLE else number)
        else:
            node.value = value.lexical() if isinstance(value, Moment) else to_string(value)

    def _grow(self, path: str, parent: Branch) -> None:
        """As many instances as the count says; more than that are kept but not relevant."""
        value = to_number(self._evaluate(self.program.counts[path], parent))
        wanted = 0 if value != value else min(int(value), MAX_REPEATS)
        name = path.rpartition("/")[2]
        self._extend(parent, name, wanted)
        if self.grow:
            for node in parent.named(name):
                node.own = node.position <= wanted

    def _node(self, path: str) -> Branch:
        node = self.find(path)
        if node is None:
            raise KeyError(path)
        return node

    # -- questions to ask of it --------------------------------------------------------------

    def relevant(self, path: str) -> bool:
        node = self.find(path)
        return node is not None and node.relevant

    def value(self, path: str) -> str:
        node = self.find(path)
        return node.text if node is not None else ""

    def required(self, path: str) -> bool:
        return self._required(self._node(path))

    def _required(self, node: Branch) -> bool:
        formula = self.program.required.get(node.generic)
        return formula is not None and to_boolean(self._evaluate(formula, node))

    def constraint(self, path: str) -> str:
        """``ok``, ``BAD``, or ``-`` where nothing is to check."""
        return self._constraint(self._node(path))

    def _constraint(self, node: Branch) -> str:
        formula = self.program.constraint.get(node.generic)
        if formula is None or not node.value:
            return "-"
        return "ok" if to_boolean(self._evaluate(formula, node)) else "BAD"

    @property
    def answers(self) -> dict[str, str]:
        """Relevant, non-empty leaves, calculations included, in document order."""
        return {path: value for path, value in self.asked.items() if value}

    @property
    def asked(self) -> dict[str, str]:
        """`answers`, and an empty value for every relevant leaf that was left blank."""
        leaves = (n for n in self.root.leaves() if n.generic in self.questions)
        return {n.path: n.value for n in leaves if n.relevant}

    def choices(self, path: str) -> tuple[Choice, ...]:
        """The options of a select with its filter applied."""
        return self._choices(self._node(path))

    def _choices(self, node: Branch) -> tuple[Choice, ...]:
        question = self.questions[node.generic]
        itemset = self.program.itemsets.get(node.generic)
        if itemset is None or question.choice_filter is None:
            return question.choices
        items = self._evaluate(itemset.nodes, node)
        return tuple(item.choice or _choice(item, itemset) for item in items)

    def _wording(self, key: str) -> str:
        texts = self.program.texts.get(self.definition.default_language, {})
        return texts.get(key, key)

    def _choice_label(self, node: Branch, path: str, name: str) -> str:
        """``jr:choice-name``: the label of a choice of the select at a path, seen from a node."""
        found = self.questions.get(absolute(path, node.generic))
        listed = found.choices if found else ()
        return next((self.text(c.label) for c in listed if c.name == name), "")

    def text(self, texts: Mapping[str, str], language: str = "", path: str = "") -> str:
        """Wording in a language (falling back to the default), embedded values filled in."""
        found = texts.get(language) or texts.get(self.definition.default_language)
        found = found or texts.get("") or next(iter(texts.values()), "")
        if "\u2983" not in found:
            return found
        node = (self.find(path) if path else None) or self.root
        return re.sub(
            "\u2983(.*?)\u2984",
            lambda m: to_string(self._evaluate(self.program.outputs[m[1]], node)),
            found,
        )

    def problems(self) -> list[Problem]:
        """What must be mended before submitting, in document order."""
        found: list[Problem] = []
        for node in self.root.leaves():
            question = self.questions.get(node.generic)
            if question is not None and question.visible and node.relevant:
                found += self._problems(question, node)
        return found

    def problems_at(self, path: str) -> list[Problem]:
        node = self._node(path)
        return self._problems(self.questions[node.generic], node)

    def _problems(self, question: Question, node: Branch) -> list[Problem]:
        code = ""
        if not node.value:
            code = "required_missing" if question.kind != "note" and self._required(node) else ""
        elif not self._fits(question, node):
            code = "value_not_possible"
        elif self._constraint(node) == "BAD":
            code = "constraint_failed"
        return [Problem(code, Where(path=node.path))] if code else []

    def _fits(self, question: Question, node: Branch) -> bool:
        value = node.value
        if question.kind == "integer":
            return re.fullmatch(r"-?\d{1,15}", value) is not None
        if question.kind == "decimal":
            return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
        if question.kind == "date":
            return days(value) is not None
        if question.choices:
            allowed = {c.name for c in self._choices(node)}
            given = [value] if question.kind == "select_one" else value.split()
            return set(given) <= allowed and len(set(given)) == len(given)
        return True

    # -- pages -------------------------------------------------------------------------------

    def pages(self, mode: str = "respondent") -> list[Page]:
        """Relevant pages in order; `mode` (respondent, interviewer) hides what is not for it."""
        found: list[Page] = []
        for node in self.definition.children:
            self._add_pages(node, self.root, mode, found)
        return found

    def _add_pages(self, node: Node, parent: Branch, mode: str, found: list[Page]) -> None:
        if node.properties.get("show", mode) != mode:
            return
        for branch in parent.named(node.name):
            if not branch.relevant:
                continue
            if isinstance(node, Question):
                if node.visible:
                    found.append(Page(branch.path, (Item(node, branch.path),)))
            elif "field-list" in node.appearance and not isinstance(node, Repeat):
                items = tuple(self._items(node, branch, mode))
                if items:
                    found.append(Page(branch.path, items, node))
            else:
                for child in self._rotated(node):
                    self._add_pages(child, branch, mode, found)

    def _items(self, group: Group, branch: Branch, mode: str) -> list[Item]:
        items: list[Item] = []
        for child in group.children:
            if child.properties.get("show", mode) != mode:
                continue
            for inner in branch.named(child.name):
                if isinstance(child, Group):
                    items += self._items(child, inner, mode) if inner.relevant else []
                elif child.visible and inner.relevant:
                    items.append(Item(child, inner.path))
        return items

    def _rotated(self, group: Group) -> tuple[Node, ...]:
        """Children in one of the group's fixed rotations, numbered by the rotation field."""
        turns = int(group.properties.get("rotate", "0") or 0)
        if turns < 2:
            return group.children
        fields = [q for q in self.questions.values() if q.properties.get("system") == "rotation"]
        number = self.value(fields[0].path) if fields else ""
        turn = (int(number) - 1) % turns if number.isdigit() else 0
        shift = turn * len(group.children) // turns
        return group.children[shift:] + group.children[:shift]


def _together(cause: Branch, node: Branch) -> bool:
    """Neither stands in another instance of a repeat than the other."""
    steps = {n.generic: n for n in _upwards(cause)}
    return all(steps.get(n.generic, n) is n for n in _upwards(node))


def _upwards(node: Branch | None) -> Iterator[Branch]:
    while node is not None:
        yield node
        node = node.parent


def _choice(item: Branch, itemset: Itemset) -> Choice:
    """An option made of a node that is no item of a plain list."""
    name, label = (
        next((c.text for c in item.named(n)), "") for n in (itemset.value, itemset.label)
    )
    return Choice(name, {"": label})


__all__ = ["EvaluationProblem", "Interview", "Item", "Page"]
