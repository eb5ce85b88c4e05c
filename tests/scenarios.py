"""Random scenarios: what somebody might answer to a form, as an answers file for `trace_form`.

Same form, same seed, same answers. Repeats are opened with ``#REP`` half way, then answered too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from surveys.core.definition import Definition, Group, Question, Repeat
from surveys.core.trace import WALK

SKIPPED = 0.25
_WORDS = ("abc", "张三", "1", "yes", "100", "13800000000", " 两 词 ", "no")


def answers_file(definition: Definition, seed: int) -> str:
    chance = random.Random(seed)
    lines = list(_lines(definition.children, {}, chance))
    if any(isinstance(node, Repeat) for node in definition.nodes()):
        lines.append(WALK)
        lines += _lines(definition.children, {1: "[1]", 2: "[2]"}, chance)
    return "".join(f"{path}\t{value}\n" for path, value in _split(lines))


def _split(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        path, _, value = line.partition("\t")
        yield path, value


def _lines(nodes, positions, chance, above="", inside=False) -> Iterator[str]:
    """Answers outside repeats, or with positions given, those inside the first two instances."""
    for node in nodes:
        path = f"{above}/{node.name}" if above else node.path
        if isinstance(node, Question):
            value = _value(node, chance) if inside == bool(positions) else ""
            if value and chance.random() > SKIPPED:
                yield f"{path}\t{value}"
        elif isinstance(node, Repeat):
            for position in positions.values():
                yield from _lines(node.children, positions, chance, path + position, True)
        elif isinstance(node, Group):
            yield from _lines(node.children, positions, chance, path, inside)


def _value(question: Question, chance: random.Random) -> str:
    names = [c.name for c in question.choices if c.name]
    if question.calculate or question.readonly or not question.visible:
        return ""
    match question.kind:
        case "select_one":
            return chance.choice(names) if names else ""
        case "select_multiple":
            return " ".join(chance.sample(names, min(len(names), chance.randint(1, 3))))
        case "rank":
            return " ".join(chance.sample(names, len(names)))
        case "acknowledge":
            return "OK"
        case "integer" | "range":
            return str(chance.choice([0, 1, 2, 3, 5, 12, 18, 25, 40, 70, 120]))
        case "decimal":
            return str(chance.choice([0.5, 1.5, 2.5, 37.2, 60.25, 120.5]))
        case "date":
            day, month = chance.randint(1, 28), chance.randint(1, 12)
            return f"{chance.randint(1950, 2026)}-{month:02}-{day:02}"
        case "text":
            return chance.choice(_WORDS)
        case _:
            return ""
