"""XForm instance XML <-> answers (path -> lexical value). Knows no definition when reading.

A repeated element gets a position in its path (``/data/person[2]/age``); the first of a kind that
stands alone does not, so `Interview` normalises positions by its definition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

ORX = "http://openrosa.org/xforms"
_META = "meta"


@dataclass(frozen=True, slots=True)
class Instance:
    """What an instance says of itself, and its leaves."""

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)


def local(element: Any) -> str:
    return str(element.tag.rpartition("}")[2])


def read(root: Any) -> Instance:
    """Identity and answers of a parsed instance; empty leaves are left out."""
    top = "/" + local(root)
    answers: dict[str, str] = {}
    meta: dict[str, str] = {}
    for path, leaf in _leaves(root, top):
        text = (leaf.text or "").strip()
        if path.startswith(f"{top}/{_META}/"):
            meta[local(leaf)] = text
        elif text:
            answers[path] = text
    return Instance(
        form_id=root.get("id", ""),
        version=root.get("version", ""),
        instance_id=meta.get("instanceID", ""),
        deprecated_id=meta.get("deprecatedID", ""),
        meta=meta,
        answers=answers,
    )


def generic(path: str) -> str:
    """The path of the question itself: without the positions of repeats."""
    if "[" not in path:
        return path
    return "/".join(step.partition("[")[0] for step in path.split("/"))


def without(root: Any, paths: Collection[str]) -> Any:
    """The same tree with the leaves at these paths emptied."""
    wanted = set(paths)
    for path, leaf in _leaves(root, "/" + local(root)):
        if path in wanted:
            leaf.text = None
    return root


def _leaves(element: Any, path: str) -> Iterator[tuple[str, Any]]:
    children = [(local(child), child) for child in element]
    counts, seen = Counter(name for name, _ in children), Counter[str]()
    for name, child in children:
        seen[name] += 1
        here = f"{path}/{name}" + (f"[{seen[name]}]" if counts[name] > 1 else "")
        if len(child):
            yield from _leaves(child, here)
        else:
            yield here, child


def write(
    form_id: str,
    version: str,
    root_name: str,
    answers: Mapping[str, str],
    *,
    instance_id: str,
    meta: Mapping[str, str] | None = None,
) -> bytes:
    """Instance XML of the answers in their order; ``meta`` adds e.g. timeStart, timeEnd."""
    root = etree.Element(root_name, nsmap={"orx": ORX})
    root.set("id", form_id)
    root.set("version", version)
    places: dict[str, Any] = {}
    for path, value in answers.items():
        steps = path.split("/")[2:]
        _place(root, places, tuple(steps)).text = value
    block = etree.SubElement(root, f"{{{ORX}}}{_META}")
    for name, value in {"instanceID": instance_id, **(meta or {})}.items():
        etree.SubElement(block, f"{{{ORX}}}{name}").text = value
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _place(root: Any, places: dict[str, Any], steps: tuple[str, ...]) -> Any:
    element, key = root, ""
    for step in steps:
        key = f"{key}/{step}"
        if key not in places:
            places[key] = etree.SubElement(element, step.partition("[")[0])
        element = places[key]
    return element
