"""XForm XML -> Definition and its Program, with every fault and unsupported feature by name.

Takes a parsed root (`surveys.gateway.parse_xml`). The tree follows the primary instance, the
wording the body and itext. Below the publish gate (`trace_form`) unsupported features are only
reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from .definition import NAMESPACE, Choice, Definition, Expression, Group, Node, Question, Repeat
from .expressions import SyntaxProblem, bad_patterns, compile_ast, parse, references
from .expressions.values import EvaluationProblem
from .paths import absolute
from .problems import Problem, Where
from .program import Cycle, Formula, Itemset, Program, SetValue, Spec, order_units
from .tree import Branch

XF = "{http://www.w3.org/2002/xforms}"
JR = "{http://openrosa.org/javarosa}"
ODK = "{http://www.opendatakit.org/xforms}"
_CONTROLS = ("input", "select1", "select", "upload", "trigger", "range", "secret")
_BARRED_TYPES = {"barcode", "geotrace", "geoshape"}
_KINDS = {
    "int": "integer",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "dateTime": "datetime",
    "geopoint": "geopoint",
    "boolean": "boolean",
}
_MEDIA = {"image": "image", "audio": "audio", "video": "video"}
_OUTPUT = "\u2983"  # opens an embedded expression inside a label; \u2984 closes it


@dataclass(slots=True)
class Compiled:
    """definition is None when the form cannot be evaluated at all."""

    definition: Definition | None
    problems: list[Problem] = field(default_factory=list)


def local(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def compile(root: Any) -> Compiled:
    """Compile a parsed XForm. Errors in ``problems`` bar publishing, warnings do not."""
    return _Compiler(root).run()


class _Compiler:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.binds: dict[str, Any] = {}
        self.controls: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        self.repeats: dict[str, Any] = {}
        self.itext: dict[str, dict[str, str]] = {}
        self.reads: dict[tuple[str, str], list[str]] = {}
        self.evaluators: dict[str, dict[str, Formula]] = {
            k: {} for k in ("relevant", "calculate", "required", "constraint", "readonly")
        }
        self.types: dict[str, str] = {}
        self.lists: dict[str, Branch] = {}
        self.itemsets: dict[str, Itemset] = {}
        self.counts: dict[str, Formula] = {}
        self.outputs: dict[str, Formula] = {}
        self.list_choices: dict[str, tuple[Choice, ...]] = {}

    def problem(self, code: str, path: str = "", level: str = "error", **params: Any) -> None:
        self.problems.append(Problem(code, Where(path=path), params, level))

    def run(self) -> Compiled:
        _adopt(self.root)
        model = self.root.find(f".//{XF}model")
        main = self._primary(model) if model is not None else None
        if main is None:
            self.problem("form_without_instance")
            return Compiled(None, self.problems)
        self.base = "/" + local(main)
        self._read_itext(model)
        self._read_lists(model)
        self._read_binds(model)
        self._read_body()
        spec = self._spec(main, self.base)
        children = tuple(self._nodes(spec))
        self._refuse_features(model)
        return Compiled(self._definition(model, main, spec, children), self.problems)

    def _definition(
        self, model: Any, main: Any, spec: Spec, children: tuple[Node, ...]
    ) -> Definition:
        self._check_sealed(children)
        program = Program(
            spec,
            self.types,
            self.evaluators["relevant"],
            self.evaluators["calculate"],
            self.evaluators["required"],
            self.evaluators["constraint"],
            self.itemsets,
            self.counts,
            self._setvalues(),
            self.lists,
            self._order(spec),
            self.outputs,
            self.itext,
            frozenset(p for p, f in self.evaluators["calculate"].items() if _is_drawn(f.ast)),
        )
        title = self.root.findtext(".//{http://www.w3.org/1999/xhtml}title") or ""
        languages = tuple(self.itext) or ("",)
        return Definition(
            form_id=main.get("id", ""),
            version=main.get("version", ""),
            title=title.strip(),
            root=local(main),
            children=children,
            languages=languages,
            default_language=self.default_language,
            lists=self.list_choices,
            program=program,
        )

    # -- model -------------------------------------------------------------------------------

    def _primary(self, model: Any) -> Any:
        for instance in model.findall(f"{XF}instance"):
            if len(instance) and not (instance.get("id") and instance.get("src")):
                return instance[0]
        return None

    def _read_itext(self, model: Any) -> None:
        self.default_language = ""
        for translation in model.findall(f"{XF}itext/{XF}translation"):
            language = translation.get("lang", "")
            if translation.get("default") is not None or not self.itext:
                self.default_language = language
            texts = self.itext.setdefault(language, {})
            for text in translation.findall(f"{XF}text"):
                for value in text.findall(f"{XF}value"):
                    form = value.get("form", "")
                    key = text.get("id", "") + (f"|{form}" if form else "")
                    texts[key] = self._rich(value)

    def _read_lists(self, model: Any) -> None:
        for instance in model.findall(f"{XF}instance")[1:]:
            name, choices = instance.get("id", ""), list[Choice]()
            document = Branch("", None, "")
            for child in instance:
                self._copy(child, document, choices)
            self.lists[name], self.list_choices[name] = document, tuple(choices)

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
        return Choice(name, self._texts(key or plain) or {"": plain}, cells)

    def _read_binds(self, model: Any) -> None:
        for bind in model.findall(f"{XF}bind"):
            path = bind.get("nodeset", "")
            path = path if path.startswith("/") else f"{self.base}/{path}"
            self.binds[path.replace(" ", "")] = bind

    def _read_body(self) -> None:
        body = self.root.find("{http://www.w3.org/1999/xhtml}body")
        self.ids = {b.get("id"): p for p, b in self.binds.items() if b.get("id")}
        if body is not None:
            self._read_controls(body, self.base)

    def _read_controls(self, parent: Any, context: str) -> None:
        for element in parent:
            name = local(element)
            ref = (
                element.get("ref")
                or element.get("nodeset")
                or self.ids.get(element.get("bind"), "")
            )
            path = absolute(ref, context) if ref else context
            if name == "group":
                self.groups[path] = element
                self._read_controls(element, path)
            elif name == "repeat":
                self.repeats[path] = element
                self._read_controls(element, path)
            elif name in _CONTROLS or name == "rank":
                self.controls[path] = element

    def _spec(self, element: Any, path: str) -> Spec:
        spec = Spec(local(element), path, (element.text or "").strip() if not len(element) else "")
        groups: dict[str, list[Any]] = {}
        for child in element:
            groups.setdefault(local(child), []).append(child)
        for name, twins in groups.items():
            inner = f"{path}/{name}"
            made = self._repeat if inner in self.repeats else self._first
            spec.children.append(made(twins, inner))
        return spec

    def _first(self, twins: list[Any], path: str) -> Spec:
        return self._spec(twins[0], path)

    def _repeat(self, twins: list[Any], path: str) -> Spec:
        """New instances follow the template; where there is none, a first one emptied."""
        templates = [t for t in twins if t.get(f"{JR}template") is not None]
        real = [t for t in twins if t.get(f"{JR}template") is None]
        spec = self._spec((templates or real)[0], path)
        if not templates:
            _empty(spec)
        spec.copies = [self._spec(t, path) for t in real]
        for each in (spec, *spec.copies):
            each.repeat = True
        return spec

    # -- tree --------------------------------------------------------------------------------

    def _nodes(self, spec: Spec, inside_repeat: bool = False) -> Iterator[Node]:
        for child in spec.children:
            if child.path == f"{self.base}/meta":
                continue
            if child.children or child.path in self.groups or child.repeat:
                if child.repeat and inside_repeat:
                    self.problem("nested_repeat", child.path)
                yield self._group(child, inside_repeat or child.repeat)
            else:
                yield self._question(child)

    def _group(self, spec: Spec, inside_repeat: bool) -> Group:
        control, bind = self.groups.get(spec.path), self.binds.get(spec.path)
        common: dict[str, Any] = {
            "path": spec.path,
            "children": tuple(self._nodes(spec, inside_repeat)),
            "label": self._label(control) if control is not None else {},
            "relevant": self._expression("relevant", spec.path, bind),
            "appearance": control.get("appearance", "") if control is not None else "",
            "properties": _properties(bind),
        }
        if not spec.repeat:
            return Group(**common)
        return Repeat(**common, count=self._count(spec.path))

    def _count(self, path: str) -> Expression | None:
        source = self.repeats[path].get(f"{JR}count")
        parsed = self._parse(source, path) if source else None
        if parsed is None:
            return None
        self.counts[path] = parsed
        return Expression(str(source), parsed.ast)

    def _question(self, spec: Spec) -> Question:
        path, bind, control = spec.path, self.binds.get(spec.path), self.controls.get(spec.path)
        kind = self._kind(path, bind, control)
        choices, list_name, choice_filter = self._choices(path, control)
        return Question(
            path=path,
            kind=kind,
            label=self._label(control),
            hint=self._child_text(control, "hint"),
            guidance=self._guidance(control),
            list_name=list_name,
            choices=choices,
            choice_filter=choice_filter,
            relevant=self._expression("relevant", path, bind),
            required=self._expression("required", path, bind),
            constraint=self._expression("constraint", path, bind),
            calculate=self._expression("calculate", path, bind),
            readonly=self._expression("readonly", path, bind),
            constraint_message=self._message(bind, "constraintMsg"),
            required_message=self._message(bind, "requiredMsg"),
            default=spec.default,
            appearance=control.get("appearance", "") if control is not None else "",
            parameters=_parameters(control),
            properties=_properties(bind),
        )

    def _kind(self, path: str, bind: Any, control: Any) -> str:
        kind = (bind.get("type", "string") if bind is not None else "string").rsplit(":", 1)[-1]
        self.types[path] = kind
        if kind in _BARRED_TYPES:
            self.problem("type_unsupported", path, name=kind)
        if control is None:
            if bind is not None and bind.get("calculate"):
                return "calculate"
            preload = bind is not None and bind.get(f"{JR}preload")
            return "preload" if preload else "hidden"
        name = local(control)
        named = {
            "select1": "select_one",
            "select": "select_multiple",
            "rank": "rank",
            "range": "range",
            "trigger": "acknowledge",
        }
        if name in named:
            return named[name]
        if name == "upload":
            return _MEDIA.get(control.get("mediatype", "").partition("/")[0], "file")
        if bind is not None and bind.get("readonly") == "true()" and not bind.get("calculate"):
            return "note"
        return _KINDS.get(kind, "text")

    def _choices(
        self, path: str, control: Any
    ) -> tuple[tuple[Choice, ...], str, Expression | None]:
        if control is None or local(control) not in ("select1", "select", "rank"):
            return (), "", None
        itemset = control.find(f"{XF}itemset")
        if itemset is None:
            return tuple(self._inline(control)), "", None
        source = itemset.get("nodeset", "")
        value, label = itemset.find(f"{XF}value"), itemset.find(f"{XF}label")
        parsed = self._parse(source, path)
        if parsed is None:
            return (), "", None
        ref = label.get("ref", "label") if label is not None else "label"
        found = re.match(r"jr:itext\((.*)\)$", ref)
        name = value.get("ref", "name") if value is not None else "name"
        self.itemsets[path] = Itemset(parsed, name, found[1] if found else ref, bool(found))
        listed = re.search(r"instance\('([^']+)'\)", source)
        list_name = listed[1] if listed else ""
        if list_name and list_name not in self.lists:
            self.problem("list_missing", path, list=list_name)
        filtered = Expression(source, parsed.ast) if _is_filtered(source) else None
        return self.list_choices.get(list_name, ()), list_name, filtered

    def _inline(self, control: Any) -> Iterator[Choice]:
        for item in control.findall(f"{XF}item"):
            name = (item.findtext(f"{XF}value") or "").strip()
            yield Choice(name, self._label(item))

    # -- wording -----------------------------------------------------------------------------

    def _label(self, control: Any) -> dict[str, str]:
        return self._child_text(control, "label")

    def _child_text(self, control: Any, tag: str) -> dict[str, str]:
        child = control.find(XF + tag) if control is not None else None
        if child is None:
            return {}
        key = _itext_key(child.get("ref", ""))
        return self._texts(key) if key else {"": self._rich(child)}

    def _guidance(self, control: Any) -> dict[str, str]:
        hint = control.find(f"{XF}hint") if control is not None else None
        key = _itext_key(hint.get("ref", "")) if hint is not None else ""
        return self._texts(f"{key}|guidance") if key else {}

    def _texts(self, key: str) -> dict[str, str]:
        return {lang: texts[key] for lang, texts in self.itext.items() if key in texts}

    def _message(self, bind: Any, name: str) -> dict[str, str]:
        raw = bind.get(JR + name, "") if bind is not None else ""
        key = _itext_key(raw)
        if key:
            return self._texts(key)
        return {"": raw} if raw else {}

    def _rich(self, element: Any) -> str:
        """Text with embedded outputs kept as marked expressions."""
        parts = [element.text or ""]
        for child in element:
            if local(child) == "output":
                source = child.get("value") or child.get("ref") or ""
                parts.append(f"{_OUTPUT}{source}\u2984")
                self._output(source)
            parts.append(child.tail or "")
        return "".join(parts).strip()

    def _output(self, source: str) -> None:
        parsed = self._parse(source, "")
        if parsed:
            self.outputs[source] = parsed

    # -- logic -------------------------------------------------------------------------------

    def _parse(self, source: str, path: str) -> Formula | None:
        try:
            ast = parse(source)
            for pattern in bad_patterns(ast):
                self.problem("regex_invalid", path, name=pattern)
            return Formula(ast, compile_ast(ast))
        except SyntaxProblem as error:
            self.problem("expression_syntax", path, text=source, reason=error.reason, at=error.at)
        except EvaluationProblem as error:
            code, _, name = str(error).partition(":")
            self.problem(code, path, name=name, text=source)
        except RecursionError:
            self.problem("expression_syntax", path, text=source[:80], reason="too_deep", at=0)
        return None

    def _expression(self, aspect: str, path: str, bind: Any) -> Expression | None:
        source = bind.get(aspect, "") if bind is not None else ""
        parsed = self._parse(source, path) if source else None
        if parsed is None:
            return None
        self.evaluators[aspect][path] = parsed
        refs = list(references(parsed.ast, path))
        if aspect in ("relevant", "calculate"):
            self.reads[aspect, path] = refs
        self._check_references(refs, path)
        return Expression(source, parsed.ast)

    def _check_references(self, refs: list[str], path: str) -> None:
        for ref in refs:
            sealed = self._sealed_section(ref)
            if sealed and self._sealed_section(path) != sealed:
                self.problem("sealed_reference", path, section=sealed, ref=ref)

    def _sealed_section(self, path: str) -> str:
        top = "/".join(path.split("/")[:3])
        bind = self.binds.get(top)
        return top if bind is not None and _properties(bind).get("sealed") == "yes" else ""

    def _check_sealed(self, children: tuple[Node, ...]) -> None:
        for node in children:
            inner = node.children if isinstance(node, Group) else ()
            for child in inner:
                if "sealed" in child.properties:
                    self.problem("sealed_not_top_level", child.path)

    def _order(self, spec: Spec) -> tuple[tuple[str, str], ...]:
        try:
            return order_units(self.reads, list(_paths(spec)))
        except Cycle as cycle:
            self.problem("cycle", cycle.paths[0], ring=" → ".join(cycle.paths))
            return tuple(self.reads)

    def _setvalues(self) -> tuple[SetValue, ...]:
        found = []
        for action in self.root.iter(f"{XF}setvalue", f"{ODK}setgeopoint"):
            source = action.get("value", "")
            target = action.get("ref") or self.ids.get(action.get("bind"), "")
            parent = self._control_path(action.getparent())
            parsed = self._parse(source, target) if source else None
            found.append(
                SetValue(
                    absolute(target, parent or self.base),
                    frozenset(action.get("event", "").split()),
                    parsed,
                    (action.text or "").strip(),
                    parent,
                )
            )
        return tuple(found)

    def _control_path(self, element: Any) -> str:
        places = [*self.controls.items(), *self.repeats.items()]
        return next((p for p, c in places if c is element), "")

    def _refuse_features(self, model: Any) -> None:
        submission = model.find(f"{XF}submission")
        if submission is not None and submission.get("base64RsaPublicKey"):
            self.problem("encryption_unsupported")
        for instance in model.findall(f"{XF}instance"):
            source = instance.get("src", "")
            if "last-saved" in source:
                self.problem("last_saved_unsupported")
            elif source and not len(instance):
                self.problem("external_list", list=instance.get("id", ""), file=source)
        for element in self.root.iter():
            if isinstance(element.tag, str) and "opendatakit.org/xforms/entities" in element.tag:
                self.problem("entities_unsupported")
                break
        if next(self.root.iter(f"{ODK}recordaudio"), None) is not None:
            self.problem("background_audio_unsupported")


def _adopt(root: Any) -> None:
    """Elements without a namespace are read as XForms, as JavaRosa does."""
    for element in root.iter():
        if isinstance(element.tag, str) and not element.tag.startswith("{"):
            element.tag = XF + element.tag


def _empty(spec: Spec) -> None:
    spec.default = ""
    for child in spec.children:
        _empty(child)
        for copy in child.copies:
            _empty(copy)


def _is_drawn(ast: Any) -> bool:
    """The value comes of chance alone: it reads nothing."""
    return (
        not any(references(ast, "/")) and re.search(r'"(random|uuid)"', json.dumps(ast)) is not None
    )


def _is_filtered(source: str) -> bool:
    """The options are not simply the items of a list in their order."""
    return re.fullmatch(r"\s*instance\('[^']*'\)/root/item\s*", source) is None


def _itext_key(ref: str) -> str:
    found = re.match(r"\s*jr:itext\(\s*['\"](.+?)['\"]\s*\)\s*$", ref)
    return found[1] if found else ""


def _properties(bind: Any) -> dict[str, str]:
    if bind is None:
        return {}
    prefix = f"{{{NAMESPACE}}}"
    return {k[len(prefix) :]: v for k, v in bind.attrib.items() if k.startswith(prefix)}


def _parameters(control: Any) -> dict[str, str]:
    if control is None:
        return {}
    return {k: control.get(k) for k in ("start", "end", "step") if control.get(k) is not None}


def _paths(spec: Spec) -> Iterator[str]:
    yield spec.path
    for child in spec.children:
        yield from _paths(child)
