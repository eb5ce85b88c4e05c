"""The document an expression walks: answer nodes of one interview, item nodes of its lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .definition import Choice


class Branch:
    """An element with named children. Empty text when it or an ancestor is not relevant."""

    __slots__ = ("children", "generic", "index", "name", "own", "parent", "position", "value")

    def __init__(self, name: str, parent: Branch | None, generic: str, value: str = "") -> None:
        self.name, self.parent, self.generic, self.value = name, parent, generic, value
        self.children: list[Branch] = []
        self.index: dict[str, list[Branch]] = {}
        self.own = True  # its own `relevant`
        self.position = 0  # 1-based inside a repeat, 0 elsewhere
        if parent is not None:
            parent.children.append(self)
            parent.index.setdefault(name, []).append(self)

    @property
    def relevant(self) -> bool:
        node: Branch | None = self
        while node is not None:
            if not node.own:
                return False
            node = node.parent
        return True

    @property
    def text(self) -> str:
        return self.value if self.value and self.relevant else ""

    def named(self, name: str) -> Sequence[Branch]:
        return self.index.get(name, ())

    @property
    def path(self) -> str:
        step = f"{self.name}[{self.position}]" if self.position else self.name
        return f"{self.parent.path}/{step}" if self.parent else f"/{step}"

    def leaves(self) -> Iterator[Branch]:
        """Leaves in document order, this branch included when it has no children."""
        stack = [self]
        while stack:
            node = stack.pop()
            if node.children:
                stack.extend(reversed(node.children))
            else:
                yield node


def list_document(choices: Sequence[Choice], languages: Sequence[str] = ()) -> Branch:
    """``instance('x')/root/item`` of one list: a child for name, label and every extra column."""
    document = Branch("", None, "")
    root = Branch("root", document, "")
    for choice in choices:
        item = Branch("item", root, "")
        columns: Mapping[str, Any] = {
            "name": choice.name,
            "label": next(iter(choice.label.values()), ""),
            **choice.extra,
        }
        for column, value in columns.items():
            Branch(column, item, "", value)
    return document
