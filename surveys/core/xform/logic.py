"""Logic: the expressions of an XForm as formulas, and what they read of each other."""

from __future__ import annotations

import json
import re
from typing import Any

from ..definition import Expression
from ..expressions import SyntaxProblem, bad_patterns, compile_ast, parse, references
from ..expressions.values import EvaluationProblem
from ..paths import absolute
from ..problems import Problem, Where
from ..program import Cycle, Formula, SetValue, Spec, order_units
from .names import JR, ODK, XF, properties
from .source import Source, paths

ASPECTS = ("relevant", "calculate", "required", "constraint", "readonly")
_COLUMNS = {"calculate": "calculation"}  # the workbook's name of an aspect, where it differs


class Logic:
    """Formulas by aspect and path. Faults go into ``problems``."""

    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self.source, self.problems = source, problems
        self.formulas: dict[str, dict[str, Formula]] = {aspect: {} for aspect in ASPECTS}
        self.reads: dict[tuple[str, str], list[str]] = {}
        self.counts: dict[str, Formula] = {}
        self.outputs: dict[str, Formula] = {}

    def problem(self, code: str, path: str = "", part: str = "", **params: Any) -> None:
        place = Where(path=path, part=_COLUMNS.get(part, part))
        self.problems.append(Problem(code, place, params))

    def parse(self, source: str, path: str, part: str = "") -> Formula | None:
        """The formula, or None with a problem at the path."""
        try:
            ast = parse(source)
            for pattern in bad_patterns(ast):
                self.problem("regex_invalid", path, part, name=pattern)
            return Formula(ast, compile_ast(ast))
        except SyntaxProblem as error:
            params = {"text": source, "reason": error.reason, "at": error.at}
            self.problem("expression_syntax", path, part, **params)
        except EvaluationProblem as error:
            code, _, name = str(error).partition(":")
            self.problem(code, path, part, name=name, text=source)
        except RecursionError:
            params = {"text": source[:80], "reason": "too_deep", "at": 0}
            self.problem("expression_syntax", path, part, **params)
        return None

    def expression(self, aspect: str, path: str, bind: Any) -> Expression | None:
        source = bind.get(aspect, "") if bind is not None else ""
        parsed = self.parse(source, path, aspect) if source else None
        if parsed is None:
            return None
        self.formulas[aspect][path] = parsed
        refs = list(references(parsed.ast, path))
        if aspect in ("relevant", "calculate"):
            self.reads[aspect, path] = refs
        self._check_sealed(refs, path, aspect)
        return Expression(source, parsed.ast)

    def _check_sealed(self, refs: list[str], path: str, aspect: str) -> None:
        for ref in refs:
            sealed = self._sealed_section(ref)
            if sealed and self._sealed_section(path) != sealed:
                self.problem("sealed_reference", path, aspect, section=sealed, ref=ref)

    def _sealed_section(self, path: str) -> str:
        top = "/".join(path.split("/")[:3])
        return top if properties(self.source.binds.get(top)).get("sealed") == "yes" else ""

    def count(self, path: str) -> Expression | None:
        """How often a repeat stands, when the form says so."""
        source = self.source.repeats[path].get(f"{JR}count")
        parsed = self.parse(source, path, "repeat_count") if source else None
        if parsed is None:
            return None
        self.counts[path] = parsed
        return Expression(str(source), parsed.ast)

    def output(self, source: str) -> None:
        """An expression inside a wording."""
        parsed = self.parse(source, "")
        if parsed:
            self.outputs[source] = parsed

    def setvalues(self) -> tuple[SetValue, ...]:
        found = []
        for action in self.source.root.iter(f"{XF}setvalue", f"{ODK}setgeopoint"):
            source, target = action.get("value", ""), self.source.target(action)
            parent = self.source.path_of(action.getparent())
            parsed = self.parse(source, target, "default") if source else None
            path = absolute(target, parent or self.source.base)
            events = frozenset(action.get("event", "").split())
            found.append(SetValue(path, events, parsed, (action.text or "").strip(), parent))
        return tuple(found)

    def order(self, spec: Spec) -> tuple[tuple[str, str], ...]:
        """Units in computable order; where there is a ring, a problem and any order."""
        try:
            return order_units(self.reads, list(paths(spec)))
        except Cycle as cycle:
            self.problem("cycle", cycle.paths[0], cycle.aspect, ring=" → ".join(cycle.paths))
            return tuple(self.reads)

    def drawn(self) -> frozenset[str]:
        """Calculations of chance alone: they read nothing."""
        formulas = self.formulas["calculate"].items()
        return frozenset(path for path, formula in formulas if _is_drawn(formula.ast))


def _is_drawn(ast: Any) -> bool:
    chance = re.search(r'"(random|uuid)"', json.dumps(ast)) is not None
    return chance and not any(references(ast, "/"))
