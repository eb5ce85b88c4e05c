"""Bundle: a Definition as JSON for the tablet's engine (`static/surveys/engine/definition.js`).

Expressions travel as their AST with its format number; the tablet evaluates and never parses. Only
what needs a library on the device (`digest`) cannot travel and is named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from .definition import Choice, Definition, Expression, Group, Node
from .expressions import FORMAT
from .problems import Problem, Refused
from .program import Formula, Program, Spec
from .tree import Branch

_NOT_ON_TABLETS = ("digest",)


def bundle(definition: Definition) -> dict[str, Any]:
    """Everything `interview.js` needs. Refused when a function cannot run there."""
    program = definition.program
    assert isinstance(program, Program)
    logic = _logic(program)
    text = json.dumps(logic)
    for name in _NOT_ON_TABLETS:
        if f'"{name}"' in text:
            raise Refused(Problem("function_not_offline", params={"name": name}))
    return {
        "format": FORMAT,
        "form_id": definition.form_id,
        "version": definition.version,
        "title": definition.title,
        "root": definition.root,
        "languages": list(definition.languages),
        "default_language": definition.default_language,
        "children": [_node(child) for child in definition.children],
        "lists": {name: _branch(branch) for name, branch in program.lists.items()},
        "texts": program.texts if '"jr:itext"' in text else {},
        **logic,
    }


def to_json(definition: Definition) -> bytes:
    """The bundle as compact UTF-8 JSON, the same bytes for the same definition."""
    return json.dumps(bundle(definition), ensure_ascii=False, separators=(",", ":")).encode()


def _logic(program: Program) -> dict[str, Any]:
    aspects = ("relevant", "calculate", "required", "constraint", "counts", "outputs")
    return {
        "spec": _spec(program.spec),
        "types": dict(program.types),
        "order": [list(unit) for unit in program.order],
        "drawn": sorted(program.drawn),
        "lookups": sorted(map(list, program.lookups)),
        **{aspect: _asts(getattr(program, aspect)) for aspect in aspects},
        "itemsets": {
            path: {"nodes": i.nodes.ast, "value": i.value, "label": i.label}
            for path, i in program.itemsets.items()
        },
        "setvalues": [
            {
                "target": s.target,
                "events": sorted(s.events),
                "value": s.value.ast if s.value else None,
                "text": s.text,
                "trigger": s.trigger,
            }
            for s in program.setvalues
        ],
    }


def _asts(formulas: Mapping[str, Formula]) -> dict[str, Any]:
    return {path: formula.ast for path, formula in formulas.items()}


def _spec(spec: Spec) -> dict[str, Any]:
    found: dict[str, Any] = {"name": spec.name, "path": spec.path, "default": spec.default}
    found["children"] = [_spec(child) for child in spec.children]
    if spec.repeat:
        found |= {"repeat": True, "copies": [_spec(copy) for copy in spec.copies]}
    return found


def _branch(branch: Branch) -> dict[str, Any]:
    """A node of a list; empty parts are left out."""
    attributes = {
        name[1:]: twins[0].value for name, twins in branch.index.items() if name[0] == "@"
    }
    parts: dict[str, Any] = {
        "name": branch.name,
        "text": branch.value,
        "attributes": attributes,
        "choice": _choice(branch.choice) if branch.choice else None,
        "children": [_branch(child) for child in branch.children],
    }
    return {key: value for key, value in parts.items() if value}


def _choice(choice: Choice) -> dict[str, Any]:
    found = {"name": choice.name, "label": dict(choice.label), "extra": dict(choice.extra)}
    return found | ({"media": dict(choice.media)} if choice.media else {})


def _node(node: Node) -> dict[str, Any]:
    """A question, group or repeat: its fields by name, expressions only as "it has one"."""
    found: dict[str, Any] = {"type": type(node).__name__.lower(), "name": node.name}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Expression):
            found[field.name] = value.source
        elif field.name == "children":
            found["children"] = [_node(child) for child in value]
        elif field.name == "choices":
            found["choices"] = [_choice(choice) for choice in value]
        elif value:
            found[field.name] = dict(value) if isinstance(value, Mapping) else value
    if not isinstance(node, Group):
        found["visible"] = node.visible
    return found


__all__ = ["bundle", "to_json"]
