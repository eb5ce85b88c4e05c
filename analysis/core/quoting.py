"""Which open questions are read at all, and what a sentence must not say before it is printed.

Knows no answers but the one it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analysis.core import masking, tabulate, writing
from analysis.core.vocabulary import DANGER, FACTS
from surveys.core.definition import Definition, Group, Question, Repeat
from surveys.core.disclosure import FLOOR
from surveys.core.expressions.parser import references

LONGEST = 120


def open_questions(definition: Definition) -> list[Question]:
    """Free text women wrote once: neither contact, nor sealed, nor the interviewer's, no repeat."""
    hidden = tabulate.sealed_paths(definition) | _apart(definition)
    return [
        q
        for q in definition.questions()
        if q.kind == "text" and q.visible and q.path not in hidden
        and not q.properties.keys() & {"vault", "role", "system", "consent", "show"}
    ]  # fmt: skip


def quotable(definition: Definition, question: Question) -> bool:
    """Whether being asked tells nothing sensitive: no condition on L4 answers, no L4 section."""
    sensitive = {q.path for q in definition.questions() if _is_sensitive(q)}
    around = list(_around(definition, question.path))
    near = {q.path for group in around[:1] for q in tabulate.questions_in(group)}
    conditions = [*(group.relevant for group in around), question.relevant]
    read = {p for one in conditions if one for p in references(one.ast, question.path)}
    return not (near | read) & sensitive


def faults(
    text: str, persons: int, *, places: Iterable[str] = (), people: Iterable[str] = ()
) -> list[str]:
    """Sentences saying why these words may not be printed; empty when they may.

    persons: how many women mentioned what the quote stands for; places, people: names known
    beforehand, as in `masking.mask`.
    """
    found = []
    if persons < FLOOR:
        found.append(f"提到这一点的不足 {FLOOR} 人，不引用原话。")
    if not text.strip() or len(text) > LONGEST:
        found.append(f"引语要有内容，且不超过 {LONGEST} 字，请节选。")
    if masking.mask(text, places=places, people=people) != text:
        found.append("还有姓名、电话、地址一类的信息，请删去或改为概括的说法。")
    if any(p in text for p in masking.PLACEHOLDERS):
        found.append("遮盖过的地方不便引用，请改写成不带〔〕的说法。")
    plain = writing.fold(text).text
    facts = [name for name, pattern in FACTS.items() if re.search(pattern, plain)]
    if len(facts) > 1:
        found.append(f"同时说出了{'、'.join(facts)}，合起来可能认出人，请只留一项或改写。")
    if re.search(DANGER, plain):
        found.append("涉及人身安全的话不进引语。")
    return found


def _is_sensitive(question: Question) -> bool:
    """A closed L4 question, or the consent to be asked such. Free text is L4 whatever it is on."""
    own = question.properties
    closed = question.kind != "text" and own.get("class") in ("L4", "L5")
    return closed or own.get("consent") == "sensitive"


def _apart(definition: Definition) -> frozenset[str]:
    """What stands in a part only the interviewer sees, or may stand several times."""
    groups = [
        node
        for node in definition.nodes()
        if isinstance(node, Repeat)
        or (isinstance(node, Group) and node.properties.get("show") == "interviewer")
    ]
    return frozenset(q.path for group in groups for q in tabulate.questions_in(group))


def _around(definition: Definition, path: str) -> Iterator[Group]:
    """Groups around a question, outermost first."""
    for node in definition.nodes():
        if isinstance(node, Group) and path.startswith(node.path + "/"):
            yield node
