"""Routing: questions that nobody reaches, that nobody can leave, or that look ahead."""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition, Group, Node, Question
from ..expressions import references
from ..problems import Problem
from .conditions import Conditions
from .walk import error, parents, warning


def routing(definition: Definition) -> Iterator[Problem]:
    conditions = Conditions(definition)
    around = parents(definition)
    order = {node.path: number for number, node in enumerate(definition.nodes())}
    lost: set[str] = set()
    for node in definition.nodes():
        if any(group.path in lost for group in around[node.path]):
            continue
        yield from _reach(node, around[node.path], conditions, lost)
        yield from _ahead(node, definition, order)
        if isinstance(node, Question):
            yield from _unknown_choices(node, conditions)
            yield from _dead_end(node, conditions)


def _reach(
    node: Node, around: tuple[Group, ...], conditions: Conditions, lost: set[str]
) -> Iterator[Problem]:
    if node.relevant and conditions.contradict(node, around):
        lost.add(node.path)
        yield warning("unreachable", node, "relevant", text=node.relevant.source.strip())


def _unknown_choices(node: Question, conditions: Conditions) -> Iterator[Problem]:
    for part in ("relevant", "constraint"):
        expression = getattr(node, part)
        found = conditions.unknown_choices(expression.ast, node.path) if expression else ()
        for name, value in sorted(set(found)):
            yield warning("choice_unknown", node, part, name=name, value=value)


def _ahead(node: Node, definition: Definition, order: dict[str, int]) -> Iterator[Problem]:
    """A question that waits for one that is asked later will not be seen on the way."""
    if node.relevant is None or (isinstance(node, Question) and not node.visible):
        return
    for path in references(node.relevant.ast, node.path):
        later = order.get(path, -1) > order[node.path] and not path.startswith(node.path + "/")
        if later and _is_asked(definition, path):
            yield warning("looks_ahead", node, "relevant", name=path.rsplit("/", 1)[-1])


def _is_asked(definition: Definition, path: str) -> bool:
    node = definition.by_path(path)
    return isinstance(node, Question) and node.visible


def _dead_end(question: Question, conditions: Conditions) -> Iterator[Problem]:
    """Nothing she could answer would be taken; where an answer is required, she is stuck."""
    if not question.visible or question.kind == "note":
        return
    stuck = question.required is not None and question.required.source.strip() != "false()"
    say = error if stuck else warning
    if question.constraint and conditions.impossible(question):
        source = question.constraint.source.strip()
        yield say("dead_end", question, "constraint", text=source)
    empty = question.kind.startswith("select") and not question.choices
    if stuck and empty and not question.choice_filter:
        yield error("dead_end_choices", question, "type", list=question.list_name)
    closed = question.readonly is not None and question.readonly.source.strip() == "true()"
    if stuck and closed and not (question.calculate or question.default):
        yield error("dead_end_readonly", question, "readonly")
