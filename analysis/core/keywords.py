"""Suggestions for a codebook: words many women use, words a group uses more, and themes.

All counts are persons, never occurrences, and no word is told that fewer than ten persons used, or
that all but fewer than ten used. They help people write codes; they are no result: a word says
nothing about what was meant, and unweighted counts say nothing about the county.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from surveys.core.disclosure import FLOOR

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
EXAMPLES, ROUNDS = 3, 200


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word, how many persons used it, and the answers (indices) that show it best."""

    word: str
    persons: int
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A word that one group uses more than the others: log-likelihood ratio with its p-value."""

    word: str
    inside: int
    outside: int
    ratio: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Theme:
    """Words that go together, how many answers lean on them most, and examples."""

    words: tuple[str, ...]
    persons: int
    examples: tuple[int, ...]


def matrix(answers: Sequence[Sequence[str]], threshold: int = FLOOR) -> tuple[list[str], Bools]:
    """Words that may be told and who used them (n, words); words in alphabetical order."""
    limit = max(threshold, FLOOR)
    places: dict[str, set[int]] = {}
    for index, said in enumerate(answers):
        for word in said:
            places.setdefault(word, set()).add(index)
    few = len(answers) - limit
    kept = sorted(
        w for w, who in places.items() if limit <= len(who) <= few or len(who) == few + limit
    )
    used = np.zeros((len(answers), len(kept)), dtype=bool)
    for column, word in enumerate(kept):
        used[list(places[word]), column] = True
    return kept, used


def keywords(names: Sequence[str], used: Bools, at_most: int = 30) -> list[Keyword]:
    """Words by the sum of their TF-IDF, an answer counting a word once, short answers first."""
    if not names:
        return []
    weight = _tfidf(used)
    order = np.lexsort((np.arange(len(names)), -weight.sum(axis=0)))[:at_most]
    return [
        Keyword(names[k], int(used[:, k].sum()), _best(weight[:, k], used[:, k], used))
        for k in order
    ]


def keyness(
    names: Sequence[str], used: Bools, labels: NDArray[np.object_], wanted: str,
    at_most: int = 10, alpha: float = 0.05,
) -> list[Key]:  # fmt: skip
    """Words one group uses more than the rest: Dunning's G² on persons, Bonferroni over the words.

    labels: the group of each person, "" where it is not known. Of a told word the users of every
    group, and those of it who do not use it, are none or at least ten: what two groups and all
    together say would tell the third.
    """
    group = labels == wanted
    sizes = np.array([group.sum(), (~group).sum()], dtype=float)
    if not len(names) or sizes.min() < FLOOR:
        return []
    yes = np.stack([used[group].sum(axis=0), used[~group].sum(axis=0)]).astype(float)
    counts = np.stack([yes, sizes[:, None] - yes])
    expected = counts.sum(axis=1, keepdims=True) * (sizes / sizes.sum())[None, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(counts > 0, counts * np.log(counts / expected), 0.0)
    ratio = 2 * terms.sum(axis=(0, 1))
    p_values = np.minimum(chi2.sf(ratio, 1) * len(names), 1.0)
    more = yes[0] / sizes[0] > yes[1] / sizes[1]
    told = ~(_few(yes) | _few(sizes[:, None] - yes)) & _told(used, labels)
    found = np.flatnonzero(more & told & (p_values < alpha))
    order = found[np.argsort(-ratio[found], kind="stable")][:at_most]
    return [
        Key(names[k], int(yes[0, k]), int(yes[1, k]), float(ratio[k]), float(p_values[k]))
        for k in order
    ]


def _told(used: Bools, labels: NDArray[np.object_]) -> Bools:
    """Whether the users and the others of every group (words,) are none or enough.

    So few whose group is not known that they could not be enough may all be without the word.
    """
    found = np.ones(used.shape[1], dtype=bool)
    for label in np.unique(labels):
        users = used[labels == label].sum(axis=0)
        others = (labels == label).sum() - users
        unknown = label == "" and (labels == label).sum() < FLOOR
        found &= ~_few(users[None]) & (unknown | ~_few(others[None]))
    return found


def _few(counts: NDArray[Any]) -> Bools:
    """Whether any count of a column is of one to nine persons."""
    return np.asarray(((counts > 0) & (counts < FLOOR)).any(axis=0))


def themes(names: Sequence[str], used: Bools, count: int = 0) -> list[Theme]:
    """Non-negative factors of the TF-IDF matrix, begun at its singular vectors, without chance.

    count: how many; by default one per 40 answers, 2 to 8. Fewer when a theme has too few answers.
    """
    live = np.flatnonzero(used.any(axis=1))
    count = min(count or int(np.clip(len(live) // 40, 2, 8)), len(names), len(live))
    if count < 1:
        return []
    weight = _tfidf(used[live])
    loads, parts = _factors(weight, count)
    leaning = loads.argmax(axis=1)
    found = []
    for k in range(count):
        members = leaning == k
        if members.sum() >= FLOOR:
            best = np.argsort(-parts[k], kind="stable")[:6]
            words = tuple(names[j] for j in best if parts[k, j] > 0.1 * parts[k].max())
            examples = tuple(int(live[i]) for i in _best(loads[:, k], members, used[live]))
            found.append(Theme(words, int(members.sum()), examples))
    return sorted(found, key=lambda theme: (-theme.persons, theme.words))


def _tfidf(used: Bools) -> Floats:
    """(n, words), rows of length 1."""
    n, persons = len(used), used.sum(axis=0)
    weight = used * (np.log((1 + n) / (1 + persons)) + 1)
    length = np.linalg.norm(weight, axis=1, keepdims=True)
    return np.asarray(np.divide(weight, length, out=np.zeros_like(weight), where=length > 0))


def _best(weight: Floats, among: Bools, used: Bools) -> tuple[int, ...]:
    """The rows that show it most clearly, none with the very words of another."""
    found: dict[bytes, int] = {}
    for row in np.argsort(-weight, kind="stable"):
        if among[row]:
            found.setdefault(used[row].tobytes(), int(row))
        if len(found) == EXAMPLES:
            break
    return tuple(found.values())


def _factors(weight: Floats, count: int) -> tuple[Floats, Floats]:
    """loads (n, count) and parts (count, words), both >= 0, by multiplicative updates."""
    left, sizes, right = np.linalg.svd(weight, full_matrices=False)
    loads, parts = np.empty((len(weight), count)), np.empty((count, weight.shape[1]))
    for k in range(count):
        u, v = left[:, k], right[k]
        plus = np.linalg.norm(u.clip(0)) * np.linalg.norm(v.clip(0))
        minus = np.linalg.norm((-u).clip(0)) * np.linalg.norm((-v).clip(0))
        sign = 1.0 if plus >= minus else -1.0
        scale = np.sqrt(sizes[k])
        loads[:, k], parts[k] = (sign * u).clip(1e-6) * scale, (sign * v).clip(1e-6) * scale
    for _ in range(ROUNDS):
        parts *= (loads.T @ weight) / (loads.T @ loads @ parts + 1e-12)
        loads *= (weight @ parts.T) / (loads @ (parts @ parts.T) + 1e-12)
    return loads, parts
