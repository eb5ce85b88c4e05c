"""Trace: an interview as lines of text, one a leaf, for authors and for comparing engines.

An answers file holds ``path<TAB>value`` lines; the line ``#REP`` walks through the form as an
interviewer would: counted repeats grow and every free repeat gets a second instance; after it no
answer adds another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .conditions import Words, numbers
from .definition import Expression, Question
from .expressions import references
from .interview import Interview
from .tree import Branch

WALK = "#REP"


def replay(interview: Interview, lines: Iterable[str]) -> Iterator[str]:
    """Carry out the answers file; yields the paths the form does not have."""
    walked = False
    for line in lines:
        path, _, value = line.partition("\t")
        if path.startswith(WALK):
            interview.walk()
            walked = True
        elif walked and interview.find(path) is None:
            yield path
        elif path.strip():
            try:
                interview.set(path, value)
            except KeyError:
                yield path


def leaves(interview: Interview) -> Iterator[str]:
    """``path  relevant  required  constraint  value`` of every leaf, in document order."""
    for node in interview.root.leaves():
        path = node.path
        value = node.value.replace("\n", "\\n").replace("\t", " ")
        required = int(interview.required(path))
        yield f"{path}\t{int(node.relevant)}\t{required}\t{interview.constraint(path)}\t{value}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a leaf is not asked: the outermost condition that fails, and what it reads."""

    where: str
    condition: str
    source: str
    reads: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf as an author wants to see it while trying the form."""

    number: int  # 0 for a note or what nobody sees
    path: str
    label: str
    asked: bool
    required: bool
    constraint: str
    value: str
    skipped: Skipped | None


def explained(interview: Interview, words: Words) -> Iterator[Leaf]:
    """Every leaf in document order, with the reason where it is not asked."""
    found = numbers(interview.definition)
    for node in interview.root.leaves():
        question = interview.questions.get(node.generic)
        if question is not None:
            yield Leaf(
                found.get(question.path, 0),
                node.path,
                words.wording(question.label) or question.name,
                node.relevant,
                interview.required(node.path),
                interview.constraint(node.path),
                _said(words, question, [node.value]),
                _skipped(interview, words, node),
            )


def _skipped(interview: Interview, words: Words, leaf: Branch) -> Skipped | None:
    failing: Branch | None = None
    above: Branch | None = leaf
    while above is not None:
        failing, above = (failing if above.own else above), above.parent
    if failing is None:
        return None
    where = words.name(failing.generic)
    condition = getattr(words.nodes.get(failing.generic), "relevant", None)
    if condition is None:
        return Skipped(where, "超出了重复次数", "", ())
    read = _read(interview, condition, failing.generic)
    values = tuple((words.name(path), _values(interview, words, path)) for path in read)
    said = words.say(condition, failing.generic)
    return Skipped(where, said, condition.source.strip(), values)


def _read(interview: Interview, expression: Expression, here: str) -> list[str]:
    """The paths an expression reads, and what the calculations among them are made from."""
    found: list[str] = []
    waiting = list(references(expression.ast, here))
    while waiting:
        path = waiting.pop(0)
        question = interview.questions.get(path)
        if path not in found:
            found.append(path)
            if question is not None and question.calculate is not None:
                waiting += references(question.calculate.ast, path)
    return found


def _values(interview: Interview, words: Words, path: str) -> str:
    """What stands at a path now, in all its instances."""
    found = [node.text for node in interview.by_generic.get(path, []) if node.text]
    return _said(words, interview.questions.get(path), found)


def _said(words: Words, question: Question | None, values: list[str]) -> str:
    """Values with the labels of the options, where the question has any."""
    if question is None or not question.choices:
        return "、".join(values)
    return "、".join(words.option(question, name) for text in values for name in text.split())
