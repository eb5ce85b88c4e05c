"""Lists: secondary instances as choices and documents, and where each select finds its options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..definition import Choice, Expression
from ..media import NONE
from ..program import Itemset
from ..tree import Branch
from .logic import Logic
from .names import XF, local
from .source import Source
from .wording import Wording

SELECTS = frozenset({"select1", "select", "rank"})


class Lists:
    """Every list as a document for expressions and as choices for the screen."""

    def __init__(self, source: Source, wording: Wording, logic: Logic) -> None:
        self.wording, self.logic = wording, logic
        self.documents: dict[str, Branch] = {}
        self.choices: dict[str, tuple[Choice, ...]] = {}
        self.itemsets: dict[str, Itemset] = {}
        for instance in source.secondary:
            name, choices = instance.get("id", ""), list[Choice]()
            document = Branch("", None, "")
            for child in instance:
                self._copy(child, document, choices)
            self.documents[name], self.choices[name] = document, tuple(choices)

    def _copy(self, element: Any, parent: Branch, choices: list[Choice]) -> None:
        """An element of a list as a branch; an item is a choice as well."""
        text = (element.text or "").strip() if not len(element) else ""
        branch = Branch(local(element), parent, "", text)
        for name, value in element.attrib.items():
            branch.attribute(str(name), str(value))
        for child in element:
            if isinstance(child.tag, str):
                self._copy(child, branch, choices)
        if local(element) == "item":
            branch.choice = self._choice(element)
            choices.append(branch.choice)

    def _choice(self, item: Any) -> Choice:
        cells = {local(c): (c.text or "").strip() for c in item}
        name = cells.pop("name", cells.pop("value", ""))
        key, plain = cells.pop("itextId", ""), cells.pop("label", "")
        # a list may name its texts in the label column as well
        key = key or plain
        label = self.wording.of(key) or {"": plain}
        return Choice(name, label, cells, self.wording.files(key) if key else NONE)

    def of(self, path: str, control: Any) -> tuple[tuple[Choice, ...], str, Expression | None]:
        """A question's options, the list they come from, and its filter."""
        if control is None or local(control) not in SELECTS:
            return (), "", None
        itemset = control.find(f"{XF}itemset")
        if itemset is None:
            return tuple(self._inline(control)), "", None
        return self._listed(path, itemset)

    def _listed(self, path: str, itemset: Any) -> tuple[tuple[Choice, ...], str, Expression | None]:
        source = itemset.get("nodeset", "")
        parsed = self.logic.parse(source, path, "choice_filter")
        if parsed is None:
            return (), "", None
        label = _ref(itemset, "label", "label")
        found = re.match(r"jr:itext\((.*)\)$", label)
        value = _ref(itemset, "value", "name")
        self.itemsets[path] = Itemset(parsed, value, found[1] if found else label, bool(found))
        listed = re.search(r"instance\('([^']+)'\)", source)
        name = listed[1] if listed else ""
        if name and name not in self.documents:
            self.logic.problem("list_missing", path, "type", list=name)
        filtered = Expression(source, parsed.ast) if _is_filtered(source) else None
        return self.choices.get(name, ()), name, filtered

    def _inline(self, control: Any) -> Iterator[Choice]:
        for item in control.findall(f"{XF}item"):
            name = (item.findtext(f"{XF}value") or "").strip()
            yield Choice(name, self.wording.label(item), {}, self.wording.media(item))


def _ref(itemset: Any, tag: str, default: str) -> str:
    child = itemset.find(XF + tag)
    return str(child.get("ref", default)) if child is not None else default


def _is_filtered(source: str) -> bool:
    """The options are not simply the items of a list in their order."""
    return re.fullmatch(r"\s*instance\('[^']*'\)/root/item\s*", source) is None
