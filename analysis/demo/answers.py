"""How a simulated woman answers: her truth where it is fixed, at random elsewhere.

Only the demonstration may know codes of the reference questionnaires.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from analysis.demo import voices
from analysis.demo.county import GROUPS, County
from analysis.demo.truth import CODES, Truth
from surveys.core.definition import Choice, Question

Plan = Callable[[Question], str | None]
_FIXED = {"lived": "1", "replaced": "0", "same_address": "1", "e_method": "kish"}
_SMALL = ("a6_0", "a6_3", "a6_7", "a6_60", "a6_ill")
_MISSING = 0.008  # of need items: does not know or does not want to say
_SAYS = ("路灯修一修", "多办几次培训", "孩子放学有人管", "老人有地方吃饭", "看病近一点", "")


@dataclass(frozen=True)
class Respondent:
    """One woman of the county in front of a questionnaire."""

    place: County
    world: Truth
    woman: int
    year: int
    rng: random.Random
    straight: bool = False
    honest: bool = False

    def plan(self, question: Question) -> str | None:
        properties = question.properties
        axis, role = properties.get("axis", ""), properties.get("role", "")
        if axis in ("need", "urgency", "hope"):
            return self._need(question, axis, properties["domain"])
        if role in _ROLES:
            return _ROLES[role](self, question)
        if properties.get("consent"):
            return self._consent(question, properties["consent"])
        return self._by_code(question)

    def _need(self, question: Question, axis: str, domain: str) -> str:
        k = CODES.index(domain)
        if self.straight:
            return _scored(question, {"need": 2.0, "urgency": 3.0, "hope": 1.0}[axis])
        if axis == "need" and not self.honest and self.rng.random() < _MISSING:
            return self.rng.choice([c.name for c in question.choices if c.missing])
        table = {"need": self.world.need, "urgency": self.world.urgency, "hope": self.world.wish}
        return _scored(question, float(table[axis][self.woman, k]))

    def _birth_year(self, question: Question) -> str:
        return str(int(self.place.birth_year[self.woman]) + self.year - 2026)

    def _eligible(self, question: Question) -> str:
        return str(int(self.place.household_women[self.place.woman_household[self.woman]]))

    def _order(self, question: Question) -> str:
        return str(int(self.place.woman_order[self.woman]) + 1)

    def _groups(self, question: Question) -> str:
        mine = {g for g, has in zip(GROUPS, self.place.groups[self.woman], strict=True) if has}
        chosen = [c.name for c in question.choices if c.extra.get("nr_group") in mine]
        return " ".join(chosen) or _plain(question)[-1].name

    def _presence(self, question: Question) -> str:
        return self.rng.choices(("alone", "child", "adult"), (0.75, 0.15, 0.10))[0]

    def _consent(self, question: Question, scope: str) -> str:
        agrees = {"survey": 1.0, "sensitive": 0.93, "contact": 0.6}[scope]
        return _scored(question, 1.0 if self.rng.random() < agrees else 0.0)

    def _by_code(self, question: Question) -> str | None:
        if question.name in _SMALL:
            return self.rng.choice("000112")
        if question.kind == "text" and "vault" not in question.properties:
            theme = self.rng.choice(_SAYS)
            return voices.say(theme, random.Random(f"{self.year}-{self.woman}-{question.name}"))
        return _FIXED.get(question.name)


_ROLES = {
    "birth_year": Respondent._birth_year,
    "eligible_women": Respondent._eligible,
    "adults_listed": Respondent._order,
    "groups": Respondent._groups,
    "presence": Respondent._presence,
}


def _plain(question: Question) -> list[Choice]:
    """Substantive options that name no group: "none of these"."""
    return [c for c in question.choices if not c.missing and not c.extra.get("nr_group")]


def _scored(question: Question, score: float) -> str:
    return next(c.name for c in question.choices if c.score == score)
