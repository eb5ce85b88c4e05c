"""Issues: proposed from the ranking of a data version, decided by people with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from analysis.core import wording
from analysis.core.report import prose
from analysis.models import DataVersion, Decision, Issue
from surveys import audit


class DecisionRefused(ValueError):
    """The decision lacks something; the text says what."""


class NotRanked(ValueError):
    """The sample bears no ranking, so nothing can be put forward by it; the text says why."""


def propose(version: DataVersion, *, by: str, now: datetime) -> list[Issue]:
    """One numbered issue per need that stands out. The same version gives the same issues again.

    Numbers run on within the year over all versions, so that a number means one issue.
    Raises `NotRanked` when the version has no ranks and no group puts any need at its top.
    """
    year = timezone.localtime(version.frozen_at).year
    outstanding = _outstanding(version.figures)
    refused = prose.refused(version.figures)
    if refused and not outstanding:
        raise NotRanked(f"{refused}，不能按排序提出问题清单。请补足样本后再冻结一版。")
    with transaction.atomic():
        _one_at_a_time()
        made, last = [], _last(year)
        for domain in outstanding:
            _, fresh = Issue.objects.get_or_create(
                data_version=version,
                domain=domain["code"],
                defaults={
                    "number": f"{year}-Q{last + 1}",
                    "label": domain["label"],
                    "tier": domain["tier"],
                },
            )
            last += fresh
            made.append(fresh)
        if any(made):
            audit.record(by, "propose_issues", _name(version), at=now, detail={"made": sum(made)})
    return list(version.issues.order_by("pk"))


def _one_at_a_time() -> None:
    """Whoever proposes meanwhile waits here, so that no number is given twice."""
    list(DataVersion.objects.select_for_update().order_by("pk").values_list("pk")[:1])


def _last(year: int) -> int:
    head = f"{year}-Q"
    given = Issue.objects.filter(number__startswith=head).values_list("number", flat=True)
    return max((int(number.removeprefix(head)) for number in given), default=0)


def _outstanding(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Confirmed, then possible, then what any one group puts at its top: no group is hidden.

    A need whose share is withheld stands nowhere in the county, whatever an older version says.
    """
    domains = {d["code"]: d for d in figures["domains"]}
    ranking = {
        tier: [c for c in figures["ranking"][tier] if wording.shown(domains[c]["joint"])]
        for tier in ("confirmed", "possible")
    }
    groups = [code for g in figures["groups"] for code in g["top"]["confirmed"]]
    codes = dict.fromkeys([*_sorted(ranking["confirmed"], domains),
                           *_sorted(ranking["possible"], domains), *groups])  # fmt: skip
    return [domains[code] for code in codes]


def _sorted(codes: list[str], domains: Mapping[str, Any]) -> list[str]:
    return sorted(codes, key=lambda code: -(domains[code]["joint"]["value"] or 0))


def _name(version: DataVersion) -> str:
    return f"{version.campaign} {version}"


def decide(
    issue: Issue,
    *,
    party: str,
    ours: str,
    ours_note: str,
    result: str,
    reason: str,
    by: User,
    at: datetime,
) -> Decision:
    """Record what people decided and why. Every decision is kept; the latest counts."""
    texts = {"party": party.strip(), "ours_note": ours_note.strip(), "reason": reason.strip()}
    if not texts["reason"]:
        raise DecisionRefused("请写明理由：为什么列入或者不列入。")
    if not texts["party"] or not texts["ours_note"]:
        raise DecisionRefused("请写明党政所急和妇联所能；确实没有的，写“无”。")
    if ours not in Decision.Ours.values or result not in Decision.Result.values:
        raise DecisionRefused("请选择怎样办理、是否列入。")
    texts |= {"ours": ours, "result": result}
    with transaction.atomic():
        last = Issue.objects.select_for_update().get(pk=issue.pk).decisions.first()
        if last is not None and last.by == by and _says(last, texts):
            return last  # sent twice
        decision = Decision.objects.create(issue=issue, by=by, at=at, **texts)
        detail = {"result": result, "ours": ours, "reason": texts["reason"]}
        audit.record(by.get_username(), "decide_issue", _target(issue), at=at, detail=detail)
    return decision


def _says(decision: Decision, texts: Mapping[str, str]) -> bool:
    return all(getattr(decision, name) == text for name, text in texts.items())


def _target(issue: Issue) -> str:
    return f"{issue.data_version} {issue}"


def latest(issue: Issue) -> Decision | None:
    """The decision that counts (decisions are ordered newest first, also when prefetched)."""
    return next(iter(issue.decisions.all()), None)


def may_open(issue: Issue) -> bool:
    """Whether actions may follow: decided, and taken up."""
    decision = latest(issue)
    return decision is not None and decision.result != Decision.Result.NOT_NOW
