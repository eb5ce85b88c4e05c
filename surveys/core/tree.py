"""The document an expression walks: answer nodes of one interview, item nodes of its lists."""

from __future__ import annotations

from collections.abc import Iterator

from .definition import Choice

# shared by all leaves, which are most of a long list; never written to
_NONE: list[Branch] = []
_LEAF: dict[str, list[Branch]] = {}


class Branch:
    """An element with named children. Empty text when it or an ancestor is not relevant."""

    __slots__ = (
        "children", "choice", "generic", "index", "keys", "kind", "name", "own", "parent",
        "position", "value",
    )  # fmt: skip

    def __init__(self, name: str, parent: Branch | None, generic: str, value: str = "") -> None:
        self.name, self.parent, self.generic, self.value = name, parent, generic, value
        self.children: list[Branch] = _NONE
        self.index: dict[str, list[Branch]] = _LEAF
        self.own = True  # its own `relevant`
        self.position = 0  # 1-based inside a repeat, 0 elsewhere
        self.kind = ""  # what its text reads as: number, boolean, date, or text
        self.choice: Choice | None = None  # what an item of a list stands for
        self.keys: dict[tuple[str, str], dict[str, list[Branch]]] | None = None
        if parent is not None:
            parent.adopt(self)

    def adopt(self, child: Branch) -> None:
        if not self.children:
            self.children, self.index = [], dict(self.index)
        self.children.append(child)
        self.index.setdefault(child.name, []).append(child)

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

    def named(self, name: str) -> list[Branch]:
        return self.index.get(name, _NONE)

    def attribute(self, name: str, value: str) -> None:
        """An XML attribute: found by ``@name``, no child."""
        twin = Branch("@" + name, None, self.generic, value)
        twin.parent = self
        self.index = {**self.index, twin.name: [twin]}

    def keyed(self, name: str, column: str) -> dict[str, list[Branch]]:
        """Children of that name by the text of a column. Only for lists, which never change."""
        self.keys = self.keys or {}
        found = self.keys.get((name, column))
        if found is None:
            found = self.keys[name, column] = {}
            for child in self.named(name):
                cells = child.index.get(column)
                cell = cells[0].value if cells else ""
                found.setdefault(cell, []).append(child)
        return found

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
