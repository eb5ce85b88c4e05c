"""Need, urgency, hope: from a questionnaire's metadata and its answers to indicator columns.

The questionnaire says which column is which (axis, domain, threshold; groups on options); no
question code is known here. Definitions, for domain k: need_k = 1[score >= threshold]; A_k = need
and urgent; B_k = need and wished; J_k = need, urgent and wished. No need counts as 0 on every axis;
a need whose follow-up is missing is missing on the axes that use it. All four are shares of the
women who answered, so the domains stand on comparable bases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core.columns import Columns, Missing
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, Estimates, mean, share
from surveys.core.definition import Choice, Definition, Question, Text

AXES = ("need", "urgency", "hope", "joint")
FIRSTS = ("first_urgent", "first_hope")


@dataclass(frozen=True)
class Item:
    """A column on one axis of one domain; low and high are the ends of its score scale."""

    column: str
    threshold: float
    low: float
    high: float


@dataclass(frozen=True)
class Domain:
    code: str
    label: str
    need: Item
    urgency: Item | None = None
    hope: Item | None = None


@dataclass(frozen=True)
class SpecialGroup:
    """A group known by options of one or more questions (0/1 columns ``name:option``)."""

    code: str
    label: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FirstChoice:
    """A single-choice question naming the first domain; options: (option, domain or "", label)."""

    axis: str
    column: str
    options: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Plan:
    """What a questionnaire offers to the priority method, in question order."""

    domains: tuple[Domain, ...]
    groups: tuple[SpecialGroup, ...] = ()
    firsts: tuple[FirstChoice, ...] = ()


@dataclass(frozen=True)
class Indicators:
    """(n, p) columns of 1, 0 and NaN (missing) for each axis.

    degree: urgency rescaled to 0..1 among those in need, NaN elsewhere (for U_k);
    wish: hope among those in need (for E_k).
    """

    codes: tuple[str, ...]
    labels: tuple[str, ...]
    need: Floats
    urgency: Floats
    hope: Floats
    joint: Floats
    degree: Floats
    wish: Floats

    def axis(self, name: str) -> Floats:
        if name not in AXES:
            raise KeyError(name)
        return getattr(self, name)


@dataclass(frozen=True)
class NeedTables:
    """The four axes with their covariances; degree and wish: U_k and E_k.

    Numbers of women, missing rates and bounds follow from what is printed of these (`printed`).
    """

    codes: tuple[str, ...]
    labels: tuple[str, ...]
    need: Estimates
    urgency: Estimates
    hope: Estimates
    joint: Estimates
    degree: Estimates
    wish: Estimates

    def axis(self, name: str) -> Estimates:
        if name not in AXES:
            raise KeyError(name)
        return getattr(self, name)


def plan(definition: Definition) -> Plan:
    """Read the axes, groups and first choices from the questionnaire.

    Raises ValueError when a follow-up names a domain without a need column.
    """
    found: dict[str, dict[str, Item]] = {}
    firsts: list[FirstChoice] = []
    for question in definition.questions():
        axis, code = question.properties.get("axis", ""), question.properties.get("domain", "")
        if axis in ("need", "urgency", "hope"):
            found.setdefault(code, {})[axis] = _item(question)
        elif axis in FIRSTS:
            firsts.append(_first(definition, axis, question))
    orphans = [code for code, axes in found.items() if "need" not in axes]
    if orphans:
        raise ValueError(f"domains without a need column: {', '.join(orphans)}")
    labels = _domain_labels(definition)
    domains = tuple(
        Domain(code, labels.get(code, code), axes["need"], axes.get("urgency"), axes.get("hope"))
        for code, axes in found.items()
    )
    return Plan(domains, _groups(definition), tuple(firsts))


def indicators(plan: Plan, columns: Columns, *, stricter: float = 0.0) -> Indicators:
    """Indicator columns; ``stricter`` is added to every need threshold (sensitivity)."""
    parts = [_one(domain, columns, stricter) for domain in plan.domains]
    stacked = [
        np.stack(axis, axis=1) if axis else np.empty((columns.n, 0))
        for axis in (list(zip(*parts, strict=True)) or [()] * 6)
    ]
    codes = tuple(domain.code for domain in plan.domains)
    return Indicators(codes, tuple(domain.label for domain in plan.domains), *stacked)


def estimate(
    design: AnyDesign, found: Indicators, *, inside: ArrayLike | None = None
) -> NeedTables:
    """All axes of all domains under one design, optionally within a domain of the sample."""
    tables = {
        axis: share(design, found.axis(axis), inside=inside, names=found.codes) for axis in AXES
    }
    return NeedTables(
        found.codes, found.labels, tables["need"], tables["urgency"], tables["hope"],
        tables["joint"],
        mean(design, found.degree, inside=inside, names=found.codes),
        share(design, found.wish, inside=inside, names=found.codes),
    )  # fmt: skip


def group_masks(plan: Plan, columns: Columns) -> dict[str, Floats]:
    """Group code -> (n,) 1 member, 0 not a member, NaN unknown (question skipped or not asked)."""
    masks = {}
    for group in plan.groups:
        parts = [_present(columns, name) for name in group.columns]
        stacked = np.stack(parts)
        member = np.nanmax(np.where(np.isnan(stacked), -1.0, stacked), axis=0)
        masks[group.code] = np.where(member > 0, 1.0, np.where(np.isnan(stacked).any(axis=0),
                                                               np.nan, 0.0))  # fmt: skip
    return masks


def first_choice(
    design: AnyDesign, first: FirstChoice, columns: Columns, *, inside: ArrayLike | None = None
) -> Estimates:
    """Share of each option among the women who named one; names are option names."""
    names = tuple(option for option, _, _ in first.options)
    items = np.stack([_present(columns, f"{first.column}:{name}") for name in names], axis=1)
    return share(design, items, inside=inside, names=names)


def role_column(definition: Definition, role: str) -> str | None:
    """Name of the column that carries a standard role, None when the form has none."""
    nodes = definition.with_property("role", role)
    return nodes[0].name if nodes else None


def wording(text: Text, language: str) -> str:
    """A text in the language asked for, else in its default, else in any."""
    return text.get(language) or text.get("") or next(iter(text.values()), "")


def _item(question: Question) -> Item:
    scores = [choice.score for choice in question.choices if choice.score is not None]
    raw = question.properties.get("threshold", "")
    if not raw:
        raise ValueError(f"{question.path}: an axis needs a threshold")
    return Item(question.name, float(raw), min(scores, default=0.0), max(scores, default=1.0))


def _first(definition: Definition, axis: str, question: Question) -> FirstChoice:
    options = tuple(
        (c.name, c.extra.get("nr_domain", ""), wording(c.label, definition.default_language))
        for c in question.choices
        if not c.missing
    )
    return FirstChoice(axis, question.name, options)


def _domain_labels(definition: Definition) -> dict[str, str]:
    labels: dict[str, str] = {}
    for question in definition.questions():
        for choice in question.choices:
            code = choice.extra.get("nr_domain", "")
            if code and code not in labels:
                labels[code] = wording(choice.label, definition.default_language)
    return labels


def _groups(definition: Definition) -> tuple[SpecialGroup, ...]:
    found: dict[str, SpecialGroup] = {}
    for question in definition.questions():
        for choice in question.choices:
            code = choice.extra.get("nr_group", "")
            if not code:
                continue
            known = found.get(code) or SpecialGroup(code, _group_label(choice, definition), ())
            column = f"{question.name}:{choice.name}"
            found[code] = replace(known, columns=(*known.columns, column))
    return tuple(found.values())


def _group_label(choice: Choice, definition: Definition) -> str:
    given = choice.extra.get("nr_group_label", "")
    return given or wording(choice.label, definition.default_language)


def _present(columns: Columns, name: str) -> Floats:
    """A number column with NaN wherever the answer is not a substantive one."""
    values = columns.numbers.get(name)
    if values is None:
        return np.full(columns.n, np.nan)
    kinds: NDArray[np.int8] | None = columns.missing.get(name)
    if kinds is None:
        kinds = columns.missing.get(name.partition(":")[0])
    return values if kinds is None else np.where(kinds == Missing.PRESENT, values, np.nan)


def _one(domain: Domain, columns: Columns, stricter: float) -> tuple[Floats, ...]:
    """need, urgency, hope, joint, degree, wish of one domain, each (n,)."""
    score = _present(columns, domain.need.column)
    need = np.where(np.isnan(score), np.nan, score >= domain.need.threshold + stricter)
    urgency, hope = _follow_up(domain.urgency, columns), _follow_up(domain.hope, columns)
    urgent, wished = _reached(domain.urgency, urgency), _reached(domain.hope, hope)
    in_need = need == 1
    degree = np.full(columns.n, np.nan)
    if domain.urgency is not None:
        span = max(domain.urgency.high - domain.urgency.low, 1e-12)
        degree = np.where(in_need, (urgency - domain.urgency.low) / span, np.nan)
    return (
        need, np.where(in_need, urgent, need), np.where(in_need, wished, need),
        np.where(in_need, urgent * wished, need), degree, np.where(in_need, wished, np.nan),
    )  # fmt: skip


def _follow_up(item: Item | None, columns: Columns) -> Floats:
    return np.full(columns.n, np.nan) if item is None else _present(columns, item.column)


def _reached(item: Item | None, score: Floats) -> Floats:
    if item is None:
        return score
    return np.where(np.isnan(score), np.nan, score >= item.threshold)
