"""The codebook: every exported variable with wording, kind, codes, class, condition and counts.

Counts are unweighted and pass the disclosure gate; a count of few persons is not shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from analysis.core.export.cells import HIGHEST, MISSING, Cell, Code, word
from analysis.core.export.conditions import condition
from analysis.core.export.plan import Plan, Table, Variable
from surveys.core import disclosure
from surveys.core.definition import Definition

HEAD = (
    "表", "变量", "题目", "类型", "选项与代码", "缺失代码", "级别", "什么时候问",
    "份数", "有效", "缺失",
)  # fmt: skip
KINDS = {"code": "分类", "number": "数值", "text": "文字", "month": "年月"}
ASKED = {
    "select_one": "单选", "select_multiple": "多选，每个选项一列", "rank": "排序，每个选项一列",
    "calculate": "计算得出", "acknowledge": "确认",
}  # fmt: skip
HIDDEN = "不显示"
# as a number, as words in a column of texts, as a number already written down
_WORDS: Mapping[Cell, Code] = {way: c for c in Code for way in (int(c), word(c), str(int(c)))}


class Tally:
    """How many rows of a table hold an answer, and of the others why not."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.names, self.n = [v.name for v in variables], 0
        self.gaps: Counter[tuple[int, Cell]] = Counter()

    def add(self, row: Sequence[Cell]) -> None:
        self.n += 1
        self.gaps.update([(at, cell) for at, cell in enumerate(row) if cell in _WORDS])

    def missing(self, name: str) -> dict[Code, int]:
        at = self.names.index(name)
        return {_WORDS[c]: n for (k, c), n in sorted(self.gaps.items(), key=str) if k == at}


def entries(
    plan: Plan, variables: Mapping[str, Sequence[Variable]], tallies: Mapping[str, Tally]
) -> list[list[Cell]]:
    """One line a variable, in the order of `HEAD`."""
    return [
        _line(plan.definition, table, variable, tallies[table.name])
        for table in plan.tables
        for variable in variables[table.name]
    ]


def _line(definition: Definition, table: Table, variable: Variable, tally: Tally) -> list[Cell]:
    question = variable.question
    asked = ASKED.get(question.kind, "") if question else ""
    kind = KINDS[variable.kind] + (f"（{asked}）" if asked else "")
    codes = "；".join(f"{c}={w}" for c, w in variable.labels.items() if c > HIGHEST)
    own = question.properties.get("class", "") if question else "设计变量"
    when = condition(definition, question) if question else ""
    return [table.label if table.path else "答卷", variable.name, variable.label, kind, codes,
            MISSING_WORDS, own, when, *counts(variable.name, tally)]  # fmt: skip


MISSING_WORDS = "；".join(f"{int(c)}={w}" for c, w in MISSING.items())


def counts(name: str, tally: Tally) -> list[Cell]:
    """n, valid, missing by kind: parts of one total, so a lone small one takes another with it."""
    missing = tally.missing(name)
    valid = tally.n - sum(missing.values())
    parts = {"valid": valid, **{str(int(c)): n for c, n in sorted(missing.items())}}
    gone = disclosure.hide([disclosure.Cell(key, n) for key, n in parts.items()])
    total = disclosure.hide([disclosure.Cell("n", tally.n)])
    kinds = "；".join(
        f"{MISSING[c]} {HIDDEN if str(int(c)) in gone else n}" for c, n in sorted(missing.items())
    )
    return [
        HIDDEN if total else tally.n,
        HIDDEN if total or "valid" in gone else valid,
        HIDDEN if total and missing else kinds or 0,
    ]
