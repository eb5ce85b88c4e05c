"""A questionnaire version as immutable values: Definition > Group / Repeat > Question, Choice.

Compiled from an XForm by `xform.py`. Knows no workbook, no database, no answers. Project data that
the XForm carries in the ``nr`` namespace (data class, axis, sealed section, role) stands in
``properties`` under its local name; choice columns such as ``nr_score`` stand in ``Choice.extra``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NAMESPACE = "urn:needs-research:xform:1"

# A text in several languages: language tag -> wording; "" is the form's only or default language.
Text = Mapping[str, str]
# Files beside a wording: form (image, audio) -> language tag -> file name.
Media = Mapping[str, Text]

SELECTS = frozenset({"select_one", "select_multiple", "rank"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One option. ``extra`` holds every further column of the list (filters, ``nr_*``)."""

    name: str
    label: Text
    extra: Mapping[str, str] = field(default_factory=dict)
    media: Media = field(default_factory=dict)

    @property
    def score(self) -> float | None:
        raw = self.extra.get("nr_score", "")
        return float(raw) if raw else None

    @property
    def missing(self) -> str:
        """dont_know, refused, not_applicable or "" (a substantive answer)."""
        return self.extra.get("nr_missing", "")


@dataclass(frozen=True, slots=True)
class Expression:
    """Source text and its JSON-able AST (see `expressions`)."""

    source: str
    ast: Any


@dataclass(frozen=True, slots=True)
class Question:
    """A leaf of the instance, shown or not (``calculate``, ``hidden``, ``preload`` are not)."""

    path: str
    kind: str
    label: Text = field(default_factory=dict)
    hint: Text = field(default_factory=dict)
    guidance: Text = field(default_factory=dict)
    media: Media = field(default_factory=dict)
    list_name: str = ""
    choices: tuple[Choice, ...] = ()
    choice_filter: Expression | None = None
    relevant: Expression | None = None
    required: Expression | None = None
    constraint: Expression | None = None
    calculate: Expression | None = None
    readonly: Expression | None = None
    constraint_message: Text = field(default_factory=dict)
    required_message: Text = field(default_factory=dict)
    default: str = ""
    appearance: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def visible(self) -> bool:
        return self.kind not in {"calculate", "hidden", "preload"}


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together. A top-level group with ``nr:sealed`` is a sealed section."""

    path: str
    children: tuple[Node, ...] = ()
    label: Text = field(default_factory=dict)
    media: Media = field(default_factory=dict)
    relevant: Expression | None = None
    appearance: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Repeat(Group):
    """A group that may stand several times; ``count`` fixes how often when the form says so."""

    count: Expression | None = None


Node = Question | Group


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One compiled version: identity, languages, the tree, and its secondary lists."""

    form_id: str
    version: str
    title: str
    root: str
    children: tuple[Node, ...]
    languages: tuple[str, ...] = ("",)
    default_language: str = ""
    lists: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    # engine-private compiled facts (order of evaluation, setvalue actions, templates)
    program: Any = None

    def nodes(self) -> Iterator[Node]:
        """All groups and questions in document order."""
        stack = list(reversed(self.children))
        while stack:
            node = stack.pop()
            yield node
            if isinstance(node, Group):
                stack.extend(reversed(node.children))

    def questions(self) -> Iterator[Question]:
        return (n for n in self.nodes() if isinstance(n, Question))

    def by_path(self, path: str) -> Node:
        """The node at an instance path without repeat positions. KeyError when there is none."""
        for node in self.nodes():
            if node.path == path:
                return node
        raise KeyError(path)

    def with_property(self, key: str, value: str | None = None) -> list[Node]:
        """Nodes that carry the ``nr`` property, optionally with that value."""
        return [
            n
            for n in self.nodes()
            if key in n.properties and (value is None or n.properties[key] == value)
        ]
