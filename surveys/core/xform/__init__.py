"""XForm XML -> Definition and its Program, with every fault and unsupported feature by name.

Takes a parsed root (`surveys.gateway.parse_xml`). `source` finds what stands where, `wording`,
`lists` and `logic` read it, `nodes` builds the tree along the primary instance, `refusals` names
what is unsupported. Below the publish gate (`trace_form`) unsupported features are only reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..definition import Definition, Node
from ..expressions import lookups
from ..problems import Problem, Where
from ..program import Program, Spec
from .lists import Lists
from .logic import Logic
from .names import XHTML, local
from .nodes import Nodes
from .refusals import refusals
from .source import Source, read, spec
from .wording import Wording


@dataclass(slots=True)
class Compiled:
    """definition is None when the form cannot be evaluated at all."""

    definition: Definition | None
    problems: list[Problem] = field(default_factory=list)


def compile(root: Any) -> Compiled:
    """Compile a parsed XForm. Errors in ``problems`` bar publishing, warnings do not."""
    source = read(root)
    if source is None:
        return Compiled(None, [Problem("form_without_instance", Where(path="/"))])
    problems: list[Problem] = []
    logic = Logic(source, problems)
    wording = Wording(source, logic)
    lists = Lists(source, wording, logic)
    nodes = Nodes(source, logic, wording, lists)
    shape = spec(source)
    children = nodes.tree(shape)
    problems += refusals(source)
    program = _program(shape, nodes)
    program.index()
    return Compiled(_definition(source, wording, lists, children, program), problems)


def _program(shape: Spec, nodes: Nodes) -> Program:
    logic, lists = nodes.logic, nodes.lists
    return Program(
        spec=shape,
        types=nodes.types,
        relevant=logic.formulas["relevant"],
        calculate=logic.formulas["calculate"],
        required=logic.formulas["required"],
        constraint=logic.formulas["constraint"],
        itemsets=lists.itemsets,
        counts=logic.counts,
        setvalues=logic.setvalues(),
        lists=lists.documents,
        order=logic.order(shape),
        outputs=logic.outputs,
        texts=nodes.wording.itext,
        drawn=logic.drawn(),
        lookups=frozenset(_lookups(nodes)),
    )


def _lookups(nodes: Nodes) -> Iterator[tuple[str, str, str]]:
    formulas = [i.nodes for i in nodes.lists.itemsets.values()]
    for aspect in nodes.logic.formulas.values():
        formulas += aspect.values()
    for formula in formulas:
        yield from lookups(formula.ast)


def _definition(
    source: Source,
    wording: Wording,
    lists: Lists,
    children: tuple[Node, ...],
    program: Program,
) -> Definition:
    title = source.root.findtext(f".//{XHTML}title") or ""
    return Definition(
        form_id=source.main.get("id", ""),
        version=source.main.get("version", ""),
        title=title.strip(),
        root=local(source.main),
        children=children,
        languages=tuple(wording.itext) or ("",),
        default_language=wording.default_language,
        lists=lists.choices,
        program=program,
    )


__all__ = ["Compiled", "compile"]
