"""XForm instance XML <-> answers (path -> lexical value). Knows no definition when reading.

A repeated element gets a position in its path (``/data/person[2]/age``); the first of a kind that
stands alone does not, so `Interview` normalises positions by its definition.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    return str(etree.QName(element).localname)


def read(root: Any) -> Instance:
    """Identity and answers of a parsed instance; empty leaves are left out."""
    answers: dict[str, str] = {}
    meta: dict[str, str] = {}
    _collect(root, "/" + local(root), answers, meta)
    return Instance(
        form_id=root.get("id", ""),
        version=root.get("version", ""),
        instance_id=meta.get("instanceID", ""),
        deprecated_id=meta.get("deprecatedID", ""),
        meta=meta,
        answers=answers,
    )


def _collect(element: Any, path: str, answers: dict[str, str], meta: dict[str, str]) -> None:
    counts: dict[str, int] = {}
    for child in element:
        counts[local(child)] = counts.get(local(child), 0) + 1
    seen: dict[str, int] = {}
    for child in element:
        name = local(child)
        if name == _META and path.count("/") == 1:
            meta.update({local(leaf): (leaf.text or "").strip() for leaf in child})
            continue
        seen[name] = seen.get(name, 0) + 1
        position = f"[{seen[name]}]" if counts[name] > 1 else ""
        here = f"{path}/{name}{position}"
        if len(child):
            _collect(child, here, answers, meta)
        elif (child.text or "").strip():
            answers[here] = child.text.strip()


def generic(path: str) -> str:
    """The path of the question itself: without the positions of repeats."""
    return "/".join(step.partition("[")[0] for step in path.split("/"))


def without(root: Any, paths: Collection[str]) -> Any:
    """The same tree with the leaves at these paths emptied."""
    wanted = set(paths)
    for element in root.iter():
        if not len(element) and _path_of(element) in wanted:
            element.text = None
    return root


def _path_of(element: Any) -> str:
    parts = []
    while element is not None:
        name, parent = local(element), element.getparent()
        twins = [] if parent is None else [e for e in parent if local(e) == name]
        parts.append(f"{name}[{twins.index(element) + 1}]" if len(twins) > 1 else name)
        element = parent
    return "/" + "/".join(reversed(parts))


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
