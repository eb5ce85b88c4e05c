"""Nodes: the tree of groups, repeats and questions, following the primary instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..definition import Group, Node, Question, Repeat
from ..program import Spec
from .lists import Lists
from .logic import Logic
from .names import JR, appearance, local, properties
from .source import Source
from .wording import Wording

_KINDS = {
    "int": "integer",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "dateTime": "datetime",
    "geopoint": "geopoint",
    "boolean": "boolean",
}
_CONTROL_KINDS = {
    "select1": "select_one",
    "select": "select_multiple",
    "rank": "rank",
    "range": "range",
    "trigger": "acknowledge",
}
_MEDIA = {"image": "image", "audio": "audio", "video": "video"}


class Nodes:
    """Builds the tree; ``types`` keeps the bound type of every question."""

    def __init__(self, source: Source, logic: Logic, wording: Wording, lists: Lists) -> None:
        self.source, self.logic, self.wording, self.lists = source, logic, wording, lists
        self.types: dict[str, str] = {}

    def tree(self, spec: Spec) -> tuple[Node, ...]:
        children = tuple(self._nodes(spec))
        for node in children:
            for child in node.children if isinstance(node, Group) else ():
                if "sealed" in child.properties:
                    self.logic.problem("sealed_not_top_level", child.path, "bind::nr:sealed")
        return children

    def _nodes(self, spec: Spec, inside_repeat: bool = False) -> Iterator[Node]:
        for child in spec.children:
            if child.path == f"{self.source.base}/meta":
                continue
            if child.children or child.path in self.source.groups or child.repeat:
                if child.repeat and inside_repeat:
                    self.logic.problem("nested_repeat", child.path, "type")
                yield self._group(child, inside_repeat or child.repeat)
            else:
                yield self._question(child)

    def _group(self, spec: Spec, inside_repeat: bool) -> Group:
        control, bind = self.source.groups.get(spec.path), self.source.binds.get(spec.path)
        common: dict[str, Any] = {
            "path": spec.path,
            "children": tuple(self._nodes(spec, inside_repeat)),
            "label": self.wording.label(control),
            "media": self.wording.media(control),
            "relevant": self.logic.expression("relevant", spec.path, bind),
            "appearance": appearance(control),
            "properties": properties(bind),
        }
        if not spec.repeat:
            return Group(**common)
        return Repeat(**common, count=self.logic.count(spec.path))

    def _question(self, spec: Spec) -> Question:
        path = spec.path
        bind, control = self.source.binds.get(path), self.source.controls.get(path)
        self.types[path] = bound_type(bind)
        kind = kind_of(self.types[path], bind, control)
        choices, list_name, choice_filter = self.lists.of(path, control)
        return Question(
            path=path,
            kind=kind,
            label=self.wording.label(control),
            hint=self.wording.hint(control),
            guidance=self.wording.guidance(control),
            media=self.wording.media(control),
            list_name=list_name,
            choices=choices,
            choice_filter=choice_filter,
            relevant=self.logic.expression("relevant", path, bind),
            required=self.logic.expression("required", path, bind),
            constraint=self.logic.expression("constraint", path, bind),
            calculate=self.logic.expression("calculate", path, bind),
            readonly=self.logic.expression("readonly", path, bind),
            constraint_message=self.wording.message(bind, "constraintMsg"),
            required_message=self.wording.message(bind, "requiredMsg"),
            default=spec.default,
            appearance=appearance(control),
            parameters=_parameters(control),
            properties=properties(bind),
        )


def bound_type(bind: Any) -> str:
    """The type a bind gives, without its namespace; a text where it says nothing."""
    return (bind.get("type", "string") if bind is not None else "string").rsplit(":", 1)[-1]


def kind_of(bound: str, bind: Any, control: Any) -> str:
    """What kind of question a bind and a control make together."""
    if control is None:
        if bind is not None and bind.get("calculate"):
            return "calculate"
        preload = bind is not None and bind.get(f"{JR}preload")
        return "preload" if preload else "hidden"
    name = local(control)
    if name in _CONTROL_KINDS:
        return _CONTROL_KINDS[name]
    if name == "upload":
        return _MEDIA.get(control.get("mediatype", "").partition("/")[0], "file")
    if bind is not None and bind.get("readonly") == "true()" and not bind.get("calculate"):
        return "note"
    return _KINDS.get(bound, "text")


def _parameters(control: Any) -> dict[str, str]:
    if control is None:
        return {}
    return {k: control.get(k) for k in ("start", "end", "step") if control.get(k) is not None}
