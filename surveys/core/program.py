"""Program: the part of a Definition that the engine runs. Compiled once per version.

Units are the things to compute, ("relevant", path) and ("calculate", path), in an order in which
everything a unit reads is computed before it. Paths are generic (no repeat positions).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .expressions import Context, Evaluator
from .tree import Branch

Unit = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression ready to run, with the AST that the tablet gets."""

    ast: Any
    run: Evaluator

    def __call__(self, context: Context) -> Any:
        return self.run(context)


@dataclass(slots=True)
class Spec:
    """One element of the primary instance. A repeat is the template of new instances and has
    ``copies``: the instances that stand in the form from the start."""

    name: str
    path: str
    default: str = ""
    children: list[Spec] = field(default_factory=list)
    repeat: bool = False
    copies: list[Spec] = field(default_factory=list)


@dataclass(slots=True)
class Itemset:
    """Where a select finds its options: nodes, and which child is value and label."""

    nodes: Formula
    value: str
    label: str
    translated: bool


@dataclass(slots=True)
class SetValue:
    target: str
    events: frozenset[str]
    value: Formula | None
    text: str
    trigger: str = ""


@dataclass(slots=True)
class Program:
    spec: Spec
    types: Mapping[str, str]
    relevant: Mapping[str, Formula]
    calculate: Mapping[str, Formula]
    required: Mapping[str, Formula]
    constraint: Mapping[str, Formula]
    itemsets: Mapping[str, Itemset]
    counts: Mapping[str, Formula]
    setvalues: tuple[SetValue, ...]
    lists: dict[str, Branch]
    order: tuple[Unit, ...]
    outputs: dict[str, Formula] = field(default_factory=dict)
    # language -> key -> wording, for jr:itext()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # calculations of chance alone: once made, they stay
    drawn: frozenset[str] = frozenset()
    # (list, element, column) of the indexes that expressions will ask for
    lookups: frozenset[tuple[str, str, str]] = frozenset()

    def index(self) -> None:
        """Build the indexes of long lists with the form, not while somebody waits for options."""
        for listed, name, column in self.lookups:
            for root in self.lists[listed].children if listed in self.lists else ():
                root.keyed(name, column)


class Cycle(ValueError):
    """Expressions that need each other's result; `paths` names the ring.

    `aspect` is what cannot be computed at its first path.
    """

    def __init__(self, units: list[Unit]) -> None:
        super().__init__(" -> ".join(path for _, path in units))
        self.paths = [path for _, path in units]
        self.aspect = units[0][0]


def order_units(reads: Mapping[Unit, Iterable[str]], paths: Iterable[str]) -> tuple[Unit, ...]:
    """Units in computable order. reads: unit -> generic paths it reads. Cycle when impossible."""
    known = list(paths)
    graph = {unit: _needs(unit, refs, reads, known) for unit, refs in reads.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise Cycle(error.args[1]) from None


def _needs(
    unit: Unit, refs: Iterable[str], reads: Mapping[Unit, Iterable[str]], known: list[str]
) -> set[Unit]:
    needed: set[Unit] = set()
    for ref in refs:
        for path in _matching(ref, known):
            needed |= {("relevant", p) for p in _with_ancestors(path)} & reads.keys()
            needed |= {("calculate", path)} & reads.keys()
    # a group may look into itself for its own relevance: JavaRosa evaluates it as it stands
    own = unit[1] + "/"
    if unit[0] == "relevant":
        needed = {n for n in needed if not n[1].startswith(own)}
        needed.discard(unit)
    return needed


def _matching(ref: str, known: list[str]) -> list[str]:
    if "*" not in ref:
        return [ref]
    head = ref.partition("/*")[0]
    return [p for p in known if p.startswith(head + "/")]


def _with_ancestors(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[: i + 1]) for i in range(1, len(steps))]
