"""In which columns of the de-identified export a variable of the workbench stands.

Knows what is asked of a column (which codes mean yes, which no), no answers and no files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analysis.core import needs
from analysis.core.export.cells import codes_of
from analysis.core.export.plan import Item, Table
from analysis.core.spec import AREA
from analysis.core.variables import AGE, AXES, GROUP, TOP, Variable
from surveys.core.definition import Definition, Question

# codes of one column of the export that mean yes, and those that mean no; names of townships
Condition = dict[str, Any]
# conditions that must all hold, each later one asked only where the first does, or any of them
Test = dict[str, Any]


class Leaving:
    """Which columns of the export a variable stands in; None for what does not leave."""

    def __init__(self, definition: Definition, leaving: Table) -> None:
        self.definition = definition
        self.questions = {q.name: q for q in definition.questions()}
        self.leaving = {item.question.name: item for item in leaving.items}

    def tests(self, variable: Variable) -> list[Test | None]:
        """One test for each class of the variable, in their order."""
        if variable.key in AXES:
            return [self._axis(variable.key, d) for d in needs.plan(self.definition).domains]
        try:
            if variable.key.startswith("@"):
                return [*self._fact(variable)]
            return [_all([one]) for one in self._question(variable)]
        except KeyError:
            return [None] * len(variable.classes)

    def one(self, variable: Variable, value: str) -> Test | None:
        """The test of having one value."""
        return self.tests(variable)[[v for v, _ in variable.classes].index(value)]

    def _question(self, variable: Variable) -> list[Condition]:
        """KeyError where it does not leave as it was answered."""
        name, _, top = variable.key.partition("#")
        question, item = self.questions[name], self._plain(name)
        if variable.kind == "number":
            return [_condition(item.variables[0].name, [], [])]
        if question.kind == "select_one":
            return [self._single(question, [value]) for value, _ in variable.classes]
        places = range(1, (TOP if top else 1) + 1)
        return [self._option(question, value, places) for value, _ in variable.classes]

    def _plain(self, name: str) -> Item:
        item = self.leaving[name]
        if item.age:
            raise KeyError(name)  # leaves as an age class only
        return item

    def _single(self, question: Question, names: list[str]) -> Condition:
        codes = codes_of(question)
        every = [codes[c.name] for c in question.choices if not c.missing]
        column = self._plain(question.name).variables[0].name
        return _condition(column, [codes[name] for name in names], every)

    def _option(self, question: Question, name: str, places: Iterable[int] = (1,)) -> Condition:
        """Of a choice of several, or of a rank, its place."""
        columns = {v.option: v.name for v in self._plain(question.name).variables}
        return _condition(columns[name], list(places), range(len(question.choices) + 1))

    def _fact(self, variable: Variable) -> list[Test]:
        """Township, age class, membership in a group. KeyError where it does not leave."""
        if variable.key == AREA:
            names = [name for _, name in variable.classes]
            return [_all([_condition("township", [name], names)]) for name in names]
        if variable.key == AGE:
            column = next((i.variables[0].name for i in self.leaving.values() if i.age), None)
            if column is None:
                raise KeyError(AGE)
            every = range(1, len(variable.classes) + 1)
            return [_all([_condition(column, [k], every)]) for k in every]
        (group,) = (g for g in needs.plan(self.definition).groups
                    if g.code == variable.key.removeprefix(GROUP))  # fmt: skip
        member = [self._member(*column.split(":", 1)) for column in group.columns]
        return [{"how": "any", "of": member}, {"how": "none", "of": member}]

    def _member(self, name: str, option: str) -> Condition:
        question = self.questions[name]
        if question.kind == "select_one":
            return self._single(question, [option])
        return self._option(question, option)

    def _axis(self, axis: str, domain: needs.Domain) -> Test | None:
        """Needed, and where the axis asks for it urgent and wished; None without the question."""
        more = {"@urgency": [domain.urgency], "@hope": [domain.hope],
                "@joint": [domain.urgency, domain.hope]}.get(axis, [])  # fmt: skip
        asked = [item for item in (domain.need, *more) if item]
        try:
            return _all([self._reached(i) for i in asked]) if len(asked) > len(more) else None
        except KeyError:
            return None

    def _reached(self, item: needs.Item) -> Condition:
        question = self.questions[item.column]
        names = [c.name for c in question.choices
                 if c.score is not None and c.score >= item.threshold]  # fmt: skip
        return self._single(question, names)


def _all(conditions: list[Condition]) -> Test:
    return {"how": "all", "of": conditions}


ALL = _all([])


def _condition(column: str, yes: list[Any], every: Iterable[Any]) -> Condition:
    return {"column": column, "yes": yes, "no": [code for code in every if code not in yes]}
