"""What an export may hold: variables, the conditions they hang on, tables; and the check of it.

`planning.py` decides which of a questionnaire's variables these are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.core.export.cells import Cells
from surveys.core.definition import SELECTS, Definition, Question

OPEN = frozenset({"L1", "L2", "L3"})
HOUSEHOLD = "eligible_women"  # the role of the number of women, which every weight is a multiple of
NUMBERS = frozenset({"integer", "decimal", "range"})
KINDS = NUMBERS | SELECTS | {"date", "calculate", "hidden", "acknowledge"}


@dataclass(frozen=True)
class Variable:
    """One column: name, wording, meaning of its codes.

    kind: code (labelled numbers), number, text, month. ``option`` is the option a 0/1 column of a
    multiple choice stands for.
    """

    name: str
    label: str
    kind: str
    labels: Mapping[int, str] = field(default_factory=dict)
    question: Question | None = None
    option: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind in ("code", "number")


@dataclass(frozen=True)
class Gate:
    """One condition under which questions are asked, with the answers it reads.

    simple: it reads single answers, of the form or of the repeat instance it stands in. quasi: it
    would tell an identifying fact.
    """

    key: str
    path: str
    reads: tuple[str, ...]
    simple: bool
    ast: Any = field(compare=False, repr=False)
    quasi: bool = False


@dataclass(frozen=True)
class Item:
    """One exported question: its columns, how an answer becomes their cells, what it hangs on."""

    question: Question
    variables: tuple[Variable, ...]
    cells: tuple[Cells, ...]
    gates: tuple[Gate, ...]
    behind: tuple[Gate, ...] = ()  # these and all conditions further back
    quasi: bool = False
    age: bool = False


@dataclass(frozen=True)
class Table:
    """Items of one level: the response itself (path ""), or one repeat."""

    name: str
    path: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Plan:
    """The tables that leave, and (question, reason) for everything that does not."""

    definition: Definition
    tables: tuple[Table, ...]
    withheld: tuple[tuple[Question, str], ...]

    @property
    def main(self) -> Table:
        return self.tables[0]

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Each different condition once, in the order of the form."""
        found = {g.key: g for t in self.tables for i in t.items for g in i.behind}
        return tuple(found.values())


class NotDeidentified(ValueError):
    """A planned export holds what may not leave. A fault of the program, never of the user."""


def check(plan: Plan) -> None:
    """The plan judged once more by the definition, before any file is opened."""
    sealed = inside_sealed(plan.definition)
    for table in plan.tables:
        for item in table.items:
            question = item.question
            closed = question.properties.get("class") not in OPEN or question.path in sealed
            if closed or "vault" in question.properties or question.kind not in KINDS:
                raise NotDeidentified(question.path)


def first(text: Mapping[str, str]) -> str:
    return (text.get("") or next(iter(text.values()), "")).strip()


# what the system fills in (``nr:system``), which has no wording of its own
FILLED = {
    "source": "样本来源", "round": "调研轮次", "stratum": "抽样层", "psu": "村（社区）代码",
    "pi_psu": "村（社区）的入样概率", "households_listed": "村里列出的户数",
    "households_drawn": "村里抽中的户数", "household": "住户编号",
    "eligible_women": "户内合格妇女数", "selected_order": "抽中第几名妇女", "mode": "填答方式",
    "interviewer": "访员代号", "started": "开始时刻", "ended": "结束时刻",
    "rotation": "题目轮换的次序",
}  # fmt: skip


def called(question: Question) -> str:
    """Its wording, or what it is where nobody is asked it: with the name the questionnaire uses."""
    if words := first(question.label):
        return words
    if "system" in question.properties:
        filled = question.properties["system"]
        return f"系统填写：{FILLED.get(filled, filled)}（{question.name}）"
    if question.kind == "calculate":
        return f"由别的题算出（{question.name}）"
    return question.name


def inside_sealed(definition: Definition) -> set[str]:
    sections = [n.path + "/" for n in definition.with_property("sealed", "yes")]
    return {q.path for q in definition.questions() if any(q.path.startswith(s) for s in sections)}
