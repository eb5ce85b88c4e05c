"""Source: where an XForm says what. Binds, controls, groups and repeats by generic path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..paths import absolute
from ..program import Spec
from .names import JR, XF, XHTML, local

CONTROLS = frozenset({"input", "select1", "select", "upload", "trigger", "range", "secret", "rank"})


@dataclass(slots=True)
class Source:
    """The parsed document, its primary instance, and what stands at each path."""

    root: Any
    model: Any
    main: Any
    base: str
    binds: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    controls: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    repeats: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    twice: list[str] = field(default_factory=list)  # paths with more than one control

    @property
    def secondary(self) -> list[Any]:
        return list(self.model.findall(f"{XF}instance")[1:])

    def target(self, element: Any) -> str:
        """The reference of a control or an action, directly or through a bind's id."""
        named = element.get("ref") or element.get("nodeset")
        return str(named or self.ids.get(element.get("bind"), ""))

    def layout(self) -> Iterator[tuple[str, Any]]:
        """Everything that stands directly in the body, a group or a repeat, with that path."""
        places = {**self.groups, **self.repeats}
        if self.body is not None:
            places[self.base] = self.body
        for path, place in places.items():
            yield from ((path, element) for element in place)

    def path_of(self, element: Any) -> str:
        """The path of a control or repeat; "" when it is none."""
        places = [*self.controls.items(), *self.repeats.items()]
        return next((path for path, control in places if control is element), "")


def read(root: Any) -> Source | None:
    """None when the document holds no primary instance."""
    _adopt(root)
    model = root.find(f".//{XF}model")
    main = _primary(model) if model is not None else None
    if main is None:
        return None
    source = Source(root, model, main, "/" + local(main))
    for bind in model.findall(f"{XF}bind"):
        path = bind.get("nodeset", "")
        path = path if path.startswith("/") else f"{source.base}/{path}"
        source.binds[path.replace(" ", "")] = bind
    source.ids = {b.get("id"): path for path, b in source.binds.items() if b.get("id")}
    source.body = root.find(f"{XHTML}body")
    if source.body is not None:
        _read_controls(source, source.body, source.base)
    return source


def _adopt(root: Any) -> None:
    """Elements without a namespace are read as XForms, as JavaRosa does."""
    for element in root.iter():
        if isinstance(element.tag, str) and not element.tag.startswith("{"):
            element.tag = XF + element.tag


def _primary(model: Any) -> Any:
    for instance in model.findall(f"{XF}instance"):
        if len(instance) and not (instance.get("id") and instance.get("src")):
            return instance[0]
    return None


def _read_controls(source: Source, parent: Any, context: str) -> None:
    for element in parent:
        name, ref = local(element), source.target(element)
        path = absolute(ref, context) if ref else context
        if name in ("group", "repeat"):
            (source.groups if name == "group" else source.repeats)[path] = element
            _read_controls(source, element, path)
        elif name in CONTROLS:
            if path in source.controls:
                source.twice.append(path)
            source.controls[path] = element


def spec(source: Source) -> Spec:
    """The primary instance as the engine will copy it."""
    return _spec(source, source.main, source.base)


def _spec(source: Source, element: Any, path: str) -> Spec:
    made = Spec(local(element), path, (element.text or "").strip() if not len(element) else "")
    twins: dict[str, list[Any]] = {}
    for child in element:
        twins.setdefault(local(child), []).append(child)
    for name, elements in twins.items():
        inner = f"{path}/{name}"
        repeats = inner in source.repeats
        child = _repeat(source, elements, inner) if repeats else _spec(source, elements[0], inner)
        made.children.append(child)
    return made


def _repeat(source: Source, twins: list[Any], path: str) -> Spec:
    """New instances follow the template; where there is none, a first one emptied."""
    templates = [t for t in twins if t.get(f"{JR}template") is not None]
    real = [t for t in twins if t.get(f"{JR}template") is None]
    made = _spec(source, (templates or real)[0], path)
    if not templates:
        _empty(made)
    made.copies = [_spec(source, t, path) for t in real]
    for each in (made, *made.copies):
        each.repeat = True
    return made


def _empty(made: Spec) -> None:
    made.default = ""
    for child in made.children:
        _empty(child)
        for copy in child.copies:
            _empty(copy)


def paths(made: Spec) -> Iterator[str]:
    yield made.path
    for child in made.children:
        yield from paths(child)
