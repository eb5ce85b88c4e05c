"""Whether a question was asked: conditions judged by the version's own logic, remembered.

A condition depends on few answers, so its verdict is kept by them; the engine is asked only for
combinations not met before. Conditions over a whole repeat are judged with the full interview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from analysis.core.export.plan import Gate, Plan
from surveys.core.definition import Repeat
from surveys.core.expressions import Context
from surveys.core.expressions.compile import BUDGET, compile_ast
from surveys.core.expressions.values import to_boolean
from surveys.core.interview import Interview

Answers = Mapping[str, str]
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CACHED = 50_000
_NONE: Answers = {}


class Routes:
    """Judges the gates of one plan."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.definition, self.now = plan.definition, now
        self.repeats = [n.path for n in plan.definition.nodes() if isinstance(n, Repeat)]
        blank = {self._single(q.path): "" for q in plan.definition.questions()}
        self.desk = Interview(plan.definition, blank, now=now, grow=False)
        for nodes in self.desk.by_generic.values():
            for node in nodes:
                node.own = True  # answers that were filed are relevant ones
        self.run = {gate.key: compile_ast(gate.ast) for gate in plan.gates}
        self.known: dict[str, dict[tuple[str | None, ...], bool]] = {
            gate.key: {} for gate in plan.gates
        }

    def _single(self, path: str) -> str:
        for repeat in self.repeats:
            if path.startswith(repeat + "/"):
                return f"{repeat}[1]{path[len(repeat) :]}"
        return path

    def _repeat(self, path: str) -> str:
        return next((r for r in self.repeats if path == r or path.startswith(r + "/")), "")

    def open(self, gate: Gate, answers: Answers, child: Answers = _NONE, place: str = "") -> bool:
        """Whether the condition holds. child: answers of a repeat instance by generic path;
        place: where that instance stands, e.g. ``/data/person[2]``."""
        if not gate.simple:
            return self._whole(gate, answers, place)
        if child:
            key = tuple([child.get(path) or answers.get(path) for path in gate.reads])
        else:
            key = tuple(map(answers.get, gate.reads))
        known = self.known[gate.key]
        verdict = known.get(key)
        if verdict is None:
            verdict = self._judge(gate, key)
            if len(known) < _CACHED:
                known[key] = verdict
        return verdict

    def _judge(self, gate: Gate, values: tuple[str | None, ...]) -> bool:
        for path, value in zip(gate.reads, values, strict=True):
            node = self.desk.by_generic[path][0]
            node.value = value or ""
            if path in self.desk.program.calculate:
                node.kind = _reads_as(node.value)
        node = self.desk.by_generic[gate.path][0]
        self.desk.env.steps = BUDGET
        return to_boolean(self.run[gate.key](Context(self.desk.env, node)))

    def _whole(self, gate: Gate, answers: Answers, place: str) -> bool:
        interview = Interview(self.definition, answers, now=self.now)
        here = self._repeat(gate.path)
        node = interview.find(place + gate.path[len(here) :] if place and here else gate.path)
        return node is not None and node.own


def _reads_as(text: str) -> str:
    """What a computed text reads as, as the engine would have marked it."""
    if _DATE.match(text):
        return "date"
    try:
        float(text)
    except ValueError:
        return ""
    return "number"
