"""Which needs two questionnaires asked alike, and what speaks against comparing the others.

A need is the same when its domain code is, each axis was asked by the same item with the same
threshold, and no change of that item forbids comparing the answers (`surveys.core.difference`).
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.core import needs
from surveys.core import changes, difference
from surveys.core.definition import Definition

AXIS_WORDS = {"need": "需", "urgency": "急", "hope": "盼"}


@dataclass(frozen=True)
class Verdict:
    """refused: why the need cannot be compared, "" when it can; caution: what to bear in mind."""

    refused: str = ""
    caution: str = ""


def verdicts(old: Definition, new: Definition) -> dict[str, Verdict]:
    """Domain code of the newer questionnaire -> verdict."""
    before = {d.code: d for d in needs.plan(old).domains}
    found = {d.path: d for d in difference.compare(old, new)}
    paths = {q.name: q.path for q in new.questions()}
    out = {}
    for domain in needs.plan(new).domains:
        if domain.code not in before:
            out[domain.code] = Verdict("上一轮没有问这一项")
            continue
        parts = [_axis(before[domain.code], domain, axis, paths, found) for axis in AXIS_WORDS]
        out[domain.code] = Verdict(
            "；".join(p.refused for p in parts if p.refused),
            "；".join(p.caution for p in parts if p.caution),
        )
    return out


def _axis(
    old: needs.Domain, new: needs.Domain, axis: str, paths: dict[str, str],
    found: dict[str, difference.Difference],
) -> Verdict:  # fmt: skip
    one, two = getattr(old, axis), getattr(new, axis)
    word = AXIS_WORDS[axis]
    if one is None and two is None:
        return Verdict()
    if one is None or two is None:
        return Verdict(f"“{word}”只有一轮问过")
    if one.column != two.column:
        return Verdict(f"“{word}”两轮用的不是同一题（{one.column}、{two.column}）")
    if (one.threshold, one.low, one.high) != (two.threshold, two.low, two.high):
        return Verdict(f"“{word}”的分值或门槛变了")
    return _reworded(word, found.get(paths[two.column]))


def _reworded(word: str, changed: difference.Difference | None) -> Verdict:
    if changed is None or changed.verdict == changes.COMPARABLE:
        return Verdict()
    said = "、".join(
        dict.fromkeys(f"{c.what}变了（{c.reason}）" for c in changed.changes
                      if c.verdict == changed.verdict)
    )  # fmt: skip
    text = f"“{word}”的{said}"
    return Verdict(text) if changed.verdict == changes.NOT_COMPARABLE else Verdict("", text)
