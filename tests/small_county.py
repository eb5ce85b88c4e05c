"""Random small counties in memory: persons, their answers, and the figures built from them.

Every weight is the same, which is the worst case: a share then tells its count. Some persons come
late, so that two data versions can be compared.
"""

from dataclasses import dataclass

import numpy as np

from analysis.core import figures, mentions
from analysis.core.columns import Columns, Missing
from analysis.core.design import Design
from surveys.core.definition import Choice, Definition, Question

DOMAINS, EDUCATION, YEAR, WEIGHT = ("01", "02"), ("a", "b", "c"), 2026, 12.0
PRESENT, WANTED, THEMES = ("alone", "adult", "child"), ("sew", "cook", "care", "shop"), ("a", "b")
BLANK = ""


def scores(*names):
    return tuple(Choice(n, {"": n}, {"nr_score": n}) for n in names)


def _domain(code):
    label = Choice(code, {"": f"需要{code}"}, {"nr_domain": code})
    return label, [
        Question(f"/data/need_{code}", "select_one", choices=scores("0", "1", "2", "3"),
                 properties={"axis": "need", "domain": code, "threshold": "2"}),
        Question(f"/data/urgent_{code}", "select_one", choices=scores("1", "2", "3", "4", "5"),
                 properties={"axis": "urgency", "domain": code, "threshold": "4"}),
        Question(f"/data/wish_{code}", "select_one", choices=scores("0", "1"),
                 properties={"axis": "hope", "domain": code, "threshold": "1"}),
    ]  # fmt: skip


def definition():
    parts = [_domain(code) for code in DOMAINS]
    options = (*[label for label, _ in parts], Choice("none", {"": "都没有"}))
    asked = [question for _, some in parts for question in some]
    return Definition("small", "1", "小县", "/data", (
        *asked,
        Question("/data/first", "select_one", choices=options,
                 properties={"axis": "first_urgent"}),
        Question("/data/group", "select_multiple",
                 choices=(Choice("g", {"": "群体"}, {"nr_group": "g"}), Choice("x", {"": "其他"}))),
        Question("/data/school", "select_one", choices=tuple(Choice(e, {"": e}) for e in EDUCATION),
                 properties={"role": "education"}),
        Question("/data/born", "integer", properties={"role": "birth_year"}),
        Question("/data/who", "select_one", choices=tuple(Choice(w, {"": w}) for w in PRESENT),
                 properties={"role": "presence"}),
        Question("/data/want", "rank", choices=tuple(Choice(w, {"": w}) for w in WANTED),
                 label={"": "想学"}),
        Question("/data/amount", "integer", label={"": "金额"}, properties={"class": "L3"}),
    ))  # fmt: skip


@dataclass(frozen=True)
class Small:
    """texts: question -> (n,) answers, "" where missing; late: who came after the first version."""

    texts: dict[str, np.ndarray]
    township: np.ndarray
    village: np.ndarray
    flagged: np.ndarray
    late: np.ndarray

    def columns(self, rows):
        given = {name: answers[rows] for name, answers in self.texts.items()}
        kinds = {n: np.where(t == BLANK, Missing.BLANK, Missing.PRESENT) for n, t in given.items()}
        numbers = {n: np.array([float(v) if v.isdigit() else np.nan for v in t])
                   for n, t in given.items()}  # fmt: skip
        for name, options in (("first", (*DOMAINS, "none")), ("group", ("g", "x"))):
            for option in options:
                held = np.where(given[name] == BLANK, np.nan, given[name] == option)
                numbers[f"{name}:{option}"] = held
        keys = {"township": self.township[rows], "psu": self.village[rows],
                "flagged": self.flagged[rows]}  # fmt: skip
        return Columns(int(rows.sum()), numbers, kinds, given, keys)

    def official(self, rows):
        columns = self.columns(rows)
        design = Design.declare(
            weights=np.full(columns.n, WEIGHT), strata=self.township[rows],
            ids=[self.village[rows]], lonely="adjust",
        )  # fmt: skip
        names = {str(code): str(code) for code in np.unique(self.township)}
        return figures.Official(columns, design, definition(), names, YEAR)

    def coded(self):
        """What coders found, by the number of the woman; who wrote nothing is in no task."""
        found = {str(k): frozenset(text.split()) - {"-"}
                 for k, text in enumerate(self.texts["coded"]) if text}  # fmt: skip
        return mentions.Coded("wish", "心愿", tuple((t, t, "") for t in THEMES), found,
                              {"n": None, "alpha": None, "low": None, "high": None},
                              len(found), len(found))  # fmt: skip

    def volunteers(self, rows):
        return definition(), self.columns(rows)


def _later(rng, n):
    """Questions of second views; drawn apart, so that known seeds give the counties they gave."""
    present = rng.choice(PRESENT, n, p=rng.dirichlet([4, 2, 0.5]))
    worth = np.log(rng.dirichlet(np.ones(len(WANTED))) + 0.02)
    order = np.argsort(-(worth + rng.gumbel(size=(n, len(WANTED)))), axis=1)
    named = [" ".join(np.array(WANTED)[row]) for row in order]
    written = rng.random((n, len(THEMES))) < rng.choice([0.02, 0.1, 0.4], len(THEMES))
    coded = [" ".join(t for t, held in zip(THEMES, row, strict=True) if held) or "-"
             for row in written]  # fmt: skip
    blank = rng.choice([0.01, 0.05, 0.6])
    return {
        "amount": _amounts(rng, n),
        "who": np.where(rng.random(n) < 0.02, BLANK, present),
        "want": np.where(rng.random(n) < rng.choice([0.01, 0.1]), BLANK, named),
        "coded": np.where(rng.random(n) < blank, BLANK, coded),
    }


def _amounts(rng, n):
    """Money: many have none, a few much more than all others; some do not say."""
    given = np.round(rng.lognormal(7, rng.choice([0.5, 1.5, 2.5]), n))
    given = np.where(rng.random(n) < rng.choice([0.0, 0.5, 0.9]), 0, given)
    return np.where(rng.random(n) < 0.05, BLANK, given.astype(int).astype(str))


def small(rng, people=None):
    """Townships of unequal size; needs, groups and missing answers that are rare in some."""
    n = people or int(rng.integers(80, 700))
    towns = int(rng.integers(2, 7))
    town = rng.choice(towns, n, p=rng.dirichlet(np.full(towns, rng.choice([1.0, 4.0]))))

    def some(values, shares):
        return rng.choice(values, n, p=np.array(shares) / np.sum(shares))

    def with_blanks(answers):
        return np.where(rng.random(n) < rng.choice([0.0, 0.01, 0.03, 0.1]), BLANK, answers)

    texts = {}
    for code in DOMAINS:
        need = rng.choice([0.03, 0.1, 0.3, 0.6])
        graded = some(["0", "1", "2", "3"], [1, 1, 0, 0])
        wanted = rng.random(n) < need
        graded = np.where(wanted, some(["2", "3"], [1, rng.choice([0.1, 1.0])]), graded)
        texts[f"need_{code}"] = with_blanks(graded)
        urgent = with_blanks(some(list("12345"), [1, 1, 1, 2, 2]))
        wish = with_blanks(some(["0", "1"], [1, rng.choice([0.2, 2.0])]))
        asked = wanted & (texts[f"need_{code}"] != BLANK)
        texts[f"urgent_{code}"] = np.where(asked, urgent, BLANK)
        texts[f"wish_{code}"] = np.where(asked, wish, BLANK)
    texts["first"] = with_blanks(some([*DOMAINS, "none"], rng.dirichlet([1, 1, 1]) + 1e-3))
    texts["group"] = with_blanks(some(["g", "x"], [rng.choice([0.03, 0.1, 0.4]), 1]))
    texts["school"] = with_blanks(some(list(EDUCATION), rng.dirichlet([2, 2, 0.5]) + 1e-3))
    texts["born"] = with_blanks(rng.integers(1940, 2008, n).astype(str))
    texts |= _later(rng.spawn(1)[0], n)
    township = np.array([f"5099231{t:02d}000" for t in town])
    village = np.array([f"{t}-{v}" for t, v in zip(town, rng.integers(0, 5, n), strict=True)])
    late = rng.random(n) < rng.choice([0.0, 0.05, 0.2])
    return Small(texts, township, village, rng.random(n) < rng.choice([0.0, 0.02, 0.1]), late)
