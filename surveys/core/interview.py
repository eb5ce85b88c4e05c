"""Interview: a Definition and answers -> relevant, required, constraint, calculate, choices, pages.

Pure: clock and seed are arguments, nothing is stored. Answers and paths as in the instance XML; a
repeat instance is ``/data/person[2]/age``. Semantics follow JavaRosa (`expressions`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .definition import Choice, Definition, Group, Node, Question, Repeat
from .expressions import Context, Evaluator
from .expressions.compile import BUDGET
from .expressions.values import EvaluationProblem, days, to_boolean, to_string
from .problems import Problem, Where
from .program import Program, SetValue, Spec
from .tree import Branch

MAX_REPEATS = 100
_POSITION = re.compile(r"\[(\d+)\]")
_FIRST_LOAD = frozenset({"odk-instance-first-load", "xforms-ready", "odk-instance-load"})


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
        self.definition, self.now, self.grow = definition, now, grow
        program = definition.program
        assert isinstance(program, Program)
        self.program = program
        self.random = random.Random(seed)
        self.by_generic: dict[str, list[Branch]] = {}
        self.questions = {q.path: q for q in definition.questions()}
        self.root = self._build(program.spec, None)
        if first_load:
            self._run_actions(_FIRST_LOAD, "")
        for path, value in (answers or {}).items():
            self._put(path, value)
        self.recompute()

    # -- document ----------------------------------------------------------------------------

    def _build(self, spec: Spec, parent: Branch | None) -> Branch:
        node = Branch(spec.name, parent, spec.path, spec.default)
        self.by_generic.setdefault(spec.path, []).append(node)
        for child in spec.children:
            for _ in range(child.initial):
                self._instance_of(child, node)
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

    def find(self, path: str, *, create: bool = False) -> Branch | None:
        """The node at an instance path; with ``create`` missing repeat instances are added."""
        node: Branch = self.root
        for step in path.split("/")[2:]:
            name, _, rest = step.partition("[")
            position = int(rest[:-1]) if rest else 1
            twins = node.named(name)
            if create and len(twins) < position <= MAX_REPEATS:
                twins = self._extend(node, name, position)
            if not 0 < position <= len(twins):
                return None
            node = twins[position - 1]
        return node

    def _extend(self, parent: Branch, name: str, position: int) -> list[Branch]:
        found = [c for c in self._spec(parent.generic).children if c.name == name]
        if found and found[0].repeat:
            while len(parent.named(name)) < position:
                self._instance_of(found[0], parent)
        return list(parent.named(name))

    def _put(self, path: str, value: str) -> None:
        node = self.find(path, create=True)
        if node is not None and not node.children:
            node.value = value

    # -- computing ---------------------------------------------------------------------------

    def set(self, path: str, value: str) -> None:
        """Store one answer and recompute. KeyError when there is no such leaf."""
        node = self.find(path, create=True)
        if node is None or node.children:
            raise KeyError(path)
        changed = node.value != value
        node.value = value
        if changed:
            self._run_actions(frozenset({"xforms-value-changed"}), node.generic)
        self.recompute()

    def walk(self) -> None:
        """Go through the form once: counted repeats grow, free ones get a second instance."""
        self._grow()
        self.recompute()
        for node in self.definition.nodes():
            if isinstance(node, Repeat) and node.count is None:
                above, _, name = node.path.rpartition("/")
                for parent in self.by_generic.get(above, []):
                    if parent.relevant:
                        self._extend(parent, name, 2)
                self.recompute()

    def _context(self, node: Branch) -> Context:
        return Context(
            node,
            self.root,
            self.program.lists,
            self.now,
            self.random,
            labels=self._choice_label,
            budget=[BUDGET],
        )

    def _run_actions(self, events: frozenset[str], trigger: str) -> None:
        for action in self.program.setvalues:
            if action.events & events and (not trigger or action.trigger == trigger):
                self._act(action)

    def _act(self, action: SetValue) -> None:
        for node in self.by_generic.get(action.target, []):
            value = action.value(self._context(node)) if action.value else action.text
            node.value = to_string(value)

    def recompute(self) -> None:
        """Relevance and calculations in their order, once; counted repeats grow first."""
        if self.grow and self.program.counts:
            self._grow()
        for aspect, path in self.program.order:
            nodes = self.by_generic.get(path, ())
            if aspect == "relevant":
                evaluator = self.program.relevant[path]
                for node in nodes:
                    node.own = to_boolean(evaluator(self._context(node)))
            else:
                for node in nodes:
                    self._calculate(node, self.program.calculate[path])

    def _calculate(self, node: Branch, evaluator: Evaluator) -> None:
        value = evaluator(self._context(node))
        text = "" if value != value else to_string(value)
        kind = self.program.types.get(node.generic, "string")
        if kind in ("int", "integer") and text.endswith(".0"):
            text = text[:-2]
        node.value = text

    def _grow(self) -> None:
        for path, evaluator in self.program.counts.items():
            parent_path, _, name = path.rpartition("/")
            for parent in self.by_generic.get(parent_path, []):
                value = to_string(evaluator(self._context(parent)))
                wanted = int(float(value)) if value not in ("", "NaN") else 0
                self._extend(parent, name, min(wanted, MAX_REPEATS))
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
        node = self._node(path)
        evaluator = self.program.required.get(node.generic)
        return evaluator is not None and to_boolean(evaluator(self._context(node)))

    def constraint(self, path: str) -> str:
        """``ok``, ``BAD``, or ``-`` where nothing is to check."""
        node = self._node(path)
        evaluator = self.program.constraint.get(node.generic)
        if evaluator is None or not node.value:
            return "-"
        return "ok" if to_boolean(evaluator(self._context(node))) else "BAD"

    @property
    def answers(self) -> dict[str, str]:
        """Relevant, non-empty leaves, calculations included, in document order."""
        leaves = (n for n in self.root.leaves() if n.value and n.generic in self.questions)
        return {n.path: n.value for n in leaves if n.relevant}

    def choices(self, path: str) -> tuple[Choice, ...]:
        """The options of a select with its filter applied."""
        node = self._node(path)
        question = self.questions[node.generic]
        itemset = self.program.itemsets.get(node.generic)
        if itemset is None or question.choice_filter is None:
            return question.choices
        names = [
            to_string(item.named(itemset.value)) for item in itemset.nodes(self._context(node))
        ]
        by_name = {c.name: c for c in question.choices}
        return tuple(by_name[n] for n in names if n in by_name)

    def _choice_label(self, path: str, name: str) -> str:
        for question in self.questions.values():
            if question.path == path or question.path.endswith("/" + path.rpartition("/")[2]):
                for choice in question.choices:
                    if choice.name == name:
                        return self.text(choice.label)
        return ""

    def text(self, texts: Mapping[str, str], language: str = "", path: str = "") -> str:
        """Wording in a language (falling back to the default), embedded values filled in."""
        found = texts.get(language) or texts.get(self.definition.default_language)
        found = found or texts.get("") or next(iter(texts.values()), "")
        if "\u2983" not in found:
            return found
        node = (self.find(path) if path else None) or self.root
        return re.sub(
            "\u2983(.*?)\u2984",
            lambda m: to_string(self.program.outputs[m[1]](self._context(node))),
            found,
        )

    def problems(self) -> list[Problem]:
        """What must be mended before submitting, in document order."""
        found: list[Problem] = []
        for node in self.root.leaves():
            question = self.questions.get(node.generic)
            if question is not None and question.visible and node.relevant:
                found += self.problems_at(node.path)
        return found

    def problems_at(self, path: str) -> list[Problem]:
        node = self._node(path)
        question, where = self.questions[node.generic], Where(path=path)
        if not node.value:
            missing = question.kind != "note" and self.required(path)
            return [Problem("required_missing", where)] if missing else []
        if not self._fits(question, node):
            return [Problem("value_not_possible", where)]
        return [Problem("constraint_failed", where)] if self.constraint(path) == "BAD" else []

    def _fits(self, question: Question, node: Branch) -> bool:
        value = node.value
        if question.kind == "integer":
            return re.fullmatch(r"-?\d{1,15}", value) is not None
        if question.kind == "decimal":
            return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
        if question.kind == "date":
            return days(value) is not None
        if question.choices:
            allowed = {c.name for c in self.choices(node.path)}
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


__all__ = ["EvaluationProblem", "Interview", "Item", "Page"]
