"""Which variables of a questionnaire leave in an export, which do not and why.

Decided from the definition alone. L4 and sealed answers, contacts, free text, pictures, places and
system fields never leave; nor does what would betray them: a question asked only because of an L4
answer, a value computed from a coarsened one. Knows no answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from analysis.core.ages import AGES
from analysis.core.export.cells import MISSING, Cells, labels_of
from analysis.core.export.plan import (
    HOUSEHOLD,
    KINDS,
    NUMBERS,
    OPEN,
    Gate,
    Item,
    Plan,
    Table,
    Variable,
    called,
    first,
    inside_sealed,
)
from surveys.core.definition import Definition, Group, Question, Repeat
from surveys.core.expressions.parser import references
from surveys.core.program import Program

# roles that, put together, tell who somebody is; coarsened, and blanked where too few share them
AGE_ROLES = frozenset({"birth_year", "age"})
QUASI_ROLES = frozenset(
    {"residence", "education", "marital", "employment", "ethnicity", HOUSEHOLD, "religion"}
)
_AREA_CODE = re.compile(r"\d{12}")

SENSITIVE = "敏感题（L4 及以上）、密封部分和联系方式，任何导出都不带"
BETRAYS = "因敏感题才问到或由敏感题推出，会反推敏感答案"
TEXT = "文字题、图片、录音、签名、位置和时刻，可能写有姓名地址"
SYSTEM = "系统字段（访员、村、户、起止时刻），会认出村和户"
DERIVED = "由年龄、婚姻等识别信息推出，或是家庭成员的识别信息，会认出人"
PLACE = "选项是区划代码，细到村（社区）"


def build(definition: Definition, year: int) -> Plan:
    """The export plan of one version; ``year`` is when ages are counted."""
    return _Builder(definition, year).plan()


class _Builder:
    def __init__(self, definition: Definition, year: int) -> None:
        self.definition, self.year = definition, year
        assert isinstance(definition.program, Program)
        self.program = definition.program
        self.questions = {q.path: q for q in definition.questions()}
        self.groups = {n.path: n for n in definition.nodes() if isinstance(n, Group)}
        self.repeats = [n for n in self.groups.values() if isinstance(n, Repeat)]
        self.sealed = inside_sealed(definition)
        self.sensitive = {p for p, q in self.questions.items() if self._is_sensitive(q)}
        self.quasi = {p for p, q in self.questions.items() if _role(q) & (AGE_ROLES | QUASI_ROLES)}
        self.text = {p for p, q in self.questions.items() if q.kind not in KINDS}
        self.names: set[str] = set()

    def plan(self) -> Plan:
        asked = [q for q in self.questions.values() if q.kind != "note"]
        withheld = [(q, reason) for q in asked if (reason := self._reason(q))]
        gone = {q.path for q, _ in withheld}
        kept = [q for q in asked if q.path not in gone]
        inside = {q.path: r for r in self.repeats for q in kept if q.path.startswith(r.path + "/")}
        main = Table(
            "responses", "", self.definition.title,
            tuple(self._item(q) for q in kept if q.path not in inside),
        )  # fmt: skip
        children = [
            Table(r.name, r.path, first(r.label) or r.name,
                  tuple(self._item(q) for q in kept if inside.get(q.path) is r))
            for r in self.repeats
        ]  # fmt: skip
        return Plan(self.definition, (main, *(t for t in children if t.items)), tuple(withheld))

    # -- what stays behind -------------------------------------------------------------------

    def _is_sensitive(self, question: Question) -> bool:
        own = question.properties
        return (
            own.get("class", "L1" if question.kind == "note" else "") not in OPEN
            or "vault" in own
            or own.get("consent") == "contact"
            or question.path in self.sealed
        )

    def _reason(self, question: Question) -> str:
        """Why a question does not leave, "" when it does."""
        if question.path in self.sensitive:
            return SENSITIVE
        if "system" in question.properties and not _role(question) & QUASI_ROLES:
            return SYSTEM
        if question.kind not in KINDS:
            return TEXT
        if _names_places(question):
            return PLACE
        if self._reach(question.path, self._all_reads) & self.sensitive:
            return BETRAYS
        values = self._reach(question.path, self._value_reads)
        if values & self.text:
            return TEXT
        if values & self.quasi or (question.path in self.quasi and self._repeat(question.path)):
            return DERIVED
        told = [g for g in self._all_conditions(question.path) if g.quasi]
        plain = all(g.simple and not any(map(self._repeat, g.reads)) for g in told)
        return "" if plain else DERIVED

    def _reach(self, path: str, reads: Any) -> set[str]:
        """Every question whose answer bears on this one, itself left out."""
        found: set[str] = set()
        waiting = list(reads(path))
        while waiting:
            one = waiting.pop()
            if one not in found and one != path:
                found.add(one)
                waiting += reads(one)
        return found

    def _value_reads(self, path: str) -> list[str]:
        """What the answer itself is made of: its calculation, set values, the list it is from."""
        question, program = self.questions[path], self.program
        asts = [e.ast for e in (question.calculate, question.choice_filter) if e is not None]
        asts += [a.value.ast for a in program.setvalues if a.target == path and a.value]
        asts += [program.itemsets[path].nodes.ast] if path in program.itemsets else []
        asts += [r.count.ast for r in self.repeats if r.count and path.startswith(r.path + "/")]
        return self._known(path, (ref for ast in asts for ref in references(ast, path)))

    def _all_reads(self, path: str) -> list[str]:
        return self._value_reads(path) + [r for g in self._conditions(path) for r in g.reads]

    def _known(self, path: str, refs: Iterable[str]) -> list[str]:
        """Questions meant by references; a group or ``*`` means all inside, unless it is around."""
        found: dict[str, None] = {}
        for ref in refs:
            inside = ref.partition("/*")[0] + "/"
            if ref in self.questions:
                found[ref] = None
            elif not path.startswith(inside):
                found.update(dict.fromkeys(p for p in self.questions if p.startswith(inside)))
        return list(found)

    # -- conditions --------------------------------------------------------------------------

    def _conditions(self, path: str) -> list[Gate]:
        """Conditions of the question and of the groups around it, outermost first."""
        found, steps = [], path.split("/")
        for end in range(3, len(steps) + 1):
            here = "/".join(steps[:end])
            node = self.groups.get(here) or self.questions.get(here)
            if node is not None and node.relevant is not None:
                found += [self._gate(here, ast) for ast in _parts(node.relevant.ast)]
        return found

    def _gate(self, path: str, ast: Any) -> Gate:
        reads = tuple(self._known(path, references(ast, path)))
        text, here = json.dumps(ast), self._repeat(path)
        relative = '["path", "."' in text or "position" in text
        single = all(self._repeat(p) in ("", here) for p in reads)
        simple = single and "position" not in text and "random" not in text
        return Gate(path + text if relative else text, path, reads, simple, ast)

    def _repeat(self, path: str) -> str:
        return next((r.path for r in self.repeats if f"{path}/".startswith(r.path + "/")), "")

    def _marked(self, gate: Gate) -> Gate:
        """A condition tells a fact when the answers it reads are one, or are computed from one."""
        told = set(gate.reads).union(*(self._reach(p, self._value_reads) for p in gate.reads))
        return replace(gate, quasi=bool(told & self.quasi))

    def _all_conditions(self, path: str) -> list[Gate]:
        """All conditions that a question hangs on, also by way of other questions."""
        paths = {path} | self._reach(path, self._all_reads)
        return [self._marked(g) for p in self.questions if p in paths for g in self._conditions(p)]

    # -- what leaves -------------------------------------------------------------------------

    def _item(self, question: Question) -> Item:
        gates = tuple(self._marked(g) for g in self._conditions(question.path))
        age = bool(_role(question) & AGE_ROLES)
        if age:
            made, cells = self._age(question)
        elif question.kind in ("select_multiple", "rank"):
            made, cells = self._options(question)
        else:
            kind = _column_kind(question)
            labels = labels_of(question) if kind == "code" else {}
            made = [self._variable(question, question.name, called(question), kind, labels)]
            cells = [Cells.of(question, kind)]
        quasi = question.path in self.quasi
        behind = tuple(self._all_conditions(question.path))
        return Item(question, tuple(made), tuple(cells), gates, behind, quasi, age)

    def _age(self, question: Question) -> tuple[list[Variable], list[Cells]]:
        bands = {k: words for k, (_, words, _, _) in enumerate(AGES, 1)}
        label = f"{first(question.label)}（归并为年龄段）"
        made = [self._variable(question, "age_band", label, "code", bands)]
        return made, [Cells.ages(self.year if "birth_year" in _role(question) else None)]

    def _options(self, question: Question) -> tuple[list[Variable], list[Cells]]:
        options = [c for c in question.choices if not c.missing]
        yes = {1: "选了", 0: "没有选"} if question.kind == "select_multiple" else {0: "没有排"}
        made = [
            self._variable(
                question, f"{question.name}_{c.name}",
                f"{first(question.label)}：{first(c.label)}", "code", yes, c.name,
            )
            for c in options
        ]  # fmt: skip
        return made, [Cells.option(question, c.name) for c in options]

    def _variable(
        self, question: Question, name: str, label: str, kind: str,
        labels: Mapping[int, str], option: str = "",
    ) -> Variable:  # fmt: skip
        known = labels if kind != "code" else {**labels, **{int(c): w for c, w in MISSING.items()}}
        return Variable(self._unique(name), label or name, kind, known, question, option)

    def _unique(self, name: str) -> str:
        """A name every format takes: letters, digits, underscore, not twice in the file."""
        base = re.sub(r"\W", "_", name)[:40]
        base = base if base[:1].isalpha() else f"v_{base}"
        found, number = base, 2
        while found.lower() in self.names:
            found, number = f"{base}_{number}", number + 1
        self.names.add(found.lower())
        return found


def _role(question: Question) -> set[str]:
    return {question.properties[k] for k in ("role", "system") if k in question.properties}


def _parts(ast: Any) -> list[Any]:
    """What must all hold: the sides of an ``and``, so that each is judged by what it reads."""
    if ast[:2] == ["op", "and"]:
        return [*_parts(ast[2]), *_parts(ast[3])]
    return [ast]


def _names_places(question: Question) -> bool:
    names = [c.name for c in question.choices if not c.missing]
    return bool(names) and all(_AREA_CODE.fullmatch(name) for name in names)


def _column_kind(question: Question) -> str:
    if question.kind in ("select_one", "acknowledge"):
        return "code"
    if question.kind in NUMBERS:
        return "number"
    return "month" if question.kind == "date" else "text"
