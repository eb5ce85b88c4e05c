"""R's model formulas, as far as the cases use them: + : * ^, factor(), I(), log() and friends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np

Data = Mapping[str, np.ndarray]
FUNCTIONS = {
    "log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs, "log1p": np.log1p,
    "log2": np.log2, "log10": np.log10, "I": lambda v: v, "as_numeric": lambda v: v,
}  # fmt: skip


def sides(formula: str) -> tuple[str, str]:
    left, _, right = formula.partition("~")
    return left.strip(), right.strip()


def split(text: str, mark: str) -> list[str]:
    """Parts at a mark outside brackets."""
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == mark and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part.strip() for part in (*parts, text[start:])]


def terms(right: str) -> tuple[bool, list[list[str]]]:
    """Whether there is an intercept, and the terms, each a list of factors, by order."""
    intercept, found = True, list[list[str]]()
    for sign, part in _signed(right.replace(" ", "")):
        if part in ("", "0", "1"):
            intercept = (part == "1") == (sign == "+") if part else intercept
            continue
        for term in _expanded(part):
            known = [one for one in found if set(one) == set(term)]
            if sign == "-":
                found = [one for one in found if one not in known]
            elif not known and not term[0].startswith("offset("):
                found.append(term)
    return intercept, sorted(found, key=len)


def _signed(text: str) -> list[tuple[str, str]]:
    """Parts at + and - outside brackets, with their sign."""
    found, depth, start, sign = [], 0, 0, "+"
    for i, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter in "+-" and depth == 0:
            found.append((sign, text[start:i]))
            start, sign = i + 1, letter
    return [(s, part) for s, part in (*found, (sign, text[start:])) if part]


def _expanded(part: str) -> list[list[str]]:
    """The terms of a product: * and : of factors and brackets, ^ of brackets."""
    if len(starred := split(part, "*")) > 1:
        return _crossings(starred)
    if len(joined := split(part, ":")) > 1:
        sets = [_expanded(one) for one in joined]
        return [_merged(*choice) for choice in product(*sets)]
    power = re.fullmatch(r"(\(.*\))\^(\d+)", part)
    if power:
        found = _expanded(power[1])
        chosen = (c for n in range(1, int(power[2]) + 1) for c in combinations(found, n))
        return _unique([_merged(*choice) for choice in chosen])
    if part.startswith("(") and part.endswith(")"):
        return _unique([term for _, one in _signed(part[1:-1]) for term in _expanded(one)])
    return [[part]]


def _crossings(parts: list[str]) -> list[list[str]]:
    sets = [_expanded(one) for one in parts]
    found = [
        _merged(*choice)
        for size in range(1, len(sets) + 1)
        for chosen in combinations(sets, size)
        for choice in product(*chosen)
    ]
    return _unique(found)


def _merged(*some: list[str]) -> list[str]:
    return list(dict.fromkeys(factor for term in some for factor in term))


def _unique(found: list[list[str]]) -> list[list[str]]:
    kept: dict[frozenset[str], list[str]] = {}
    for term in found:
        kept.setdefault(frozenset(term), term)
    return list(kept.values())


def offset(right: str, data: Data) -> np.ndarray | None:
    """The sum of what stands in offset(); None where the formula has none."""
    found = [part[7:-1] for _, part in _signed(right.replace(" ", "")) if part[:7] == "offset("]
    return sum(evaluate(text, data) for text in found) if found else None


def evaluate(text: str, data: Data) -> np.ndarray:
    """The column a factor of a term stands for."""
    if text in data:
        return data[text]
    code = re.sub(r"\bas\.numeric\b", "as_numeric", text).replace("^", "**")
    for name in sorted((n for n in data if "." in n), key=len, reverse=True):
        code = code.replace(name, name.replace(".", "_"))
    named = {name.replace(".", "_"): column for name, column in data.items()}
    scope = {"__builtins__": {}, **FUNCTIONS, **named}
    with np.errstate(all="ignore"):
        return np.asarray(eval(code, scope), dtype=float)


def columns(
    text: str, data: Data, factors: Sequence[str], full: bool
) -> list[tuple[str, np.ndarray]]:
    """(name, column) of one factor: itself when numeric, else its levels less the first."""
    from tests.referee.data import levels, words

    inner = re.fullmatch(r"(?:as\.)?factor\((.*)\)", text)
    column = data[inner[1]] if inner else evaluate(text, data)
    if column.dtype != object and not inner and text not in factors:
        return [(text, column)]
    labels = words(column)
    missing = np.array([v is None for v in labels])
    made = [
        (text + level, np.where(missing, np.nan, labels == level).astype(float))
        for level in levels(column)
    ]
    return made if full else made[1:]


def matrix(formula: str, data: Data, factors: Sequence[str] = ()) -> tuple[list[str], np.ndarray]:
    """Names and the model matrix (n, k) of the right-hand side, treatment contrasts."""
    intercept, found = terms(sides(formula)[1])
    rows = len(next(iter(data.values())))
    made: list[tuple[str, np.ndarray]] = [("(Intercept)", np.ones(rows))] if intercept else []
    margins = [frozenset(term) for term in found]
    for term in found:
        blocks = []
        for factor in term:
            rest = frozenset(term) - {factor}
            # a factor keeps all its levels where the term without it is not in the model
            absent = rest not in margins if rest else not intercept and term is found[0]
            blocks.append(columns(factor, data, factors, absent))
        made += _crossed(blocks)
    return [name for name, _ in made], np.stack([column for _, column in made], axis=1)


def _crossed(blocks: list[list[tuple[str, np.ndarray]]]) -> list[tuple[str, np.ndarray]]:
    """Products of the blocks' columns, the first block fastest."""
    out = blocks[0]
    for block in blocks[1:]:
        out = [(f"{a}:{b}", x * y) for b, y in block for a, x in out]
    return out


def positions(formula: str, data: Data, factors: Sequence[str], term: str) -> list[int]:
    """Where the coefficients of one term (a:b for an interaction) stand in the model matrix."""
    names, _ = matrix(formula, data, factors)
    wanted = [part.strip().replace(" ", "") for part in split(term, ":")]
    intercept, found = terms(sides(formula)[1])
    place = 1 if intercept else 0
    for one in found:
        width = len(matrix("~" + ("" if intercept else "0+") + ":".join(one), data, factors)[0])
        width -= 1 if intercept else 0
        if len(one) > 1:  # marginal terms decide how many columns an interaction has
            width = sum(_is_of(name, one) for name in names[place:])
        if one == wanted:
            return list(range(place, place + width))
        place += width
    raise KeyError(term)


def _is_of(name: str, term: list[str]) -> bool:
    parts = split(name, ":")
    return len(parts) == len(term) and all(
        p.startswith(t) for p, t in zip(parts, term, strict=True)
    )
