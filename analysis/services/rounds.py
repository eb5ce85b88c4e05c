"""The round before: the last campaign of the same area that was frozen, made ready to compare."""

from __future__ import annotations

from collections.abc import Callable

from analysis.core.change import Action as Named
from analysis.core.change import Before
from analysis.core.cuts import Official
from analysis.models import Action, DataVersion
from fieldwork.models import Campaign

Estimate = Callable[[Campaign], Official]


def before(campaign: Campaign, estimate: Estimate) -> Before | str | None:
    """The earlier round, or in words why it cannot be compared; None when there is none.

    estimate: weighs a campaign's answers anew; a ValueError of it is passed on as the reason.
    """
    version = _version(campaign)
    if version is None:
        return None
    title, figures = version.campaign.title, version.figures
    try:
        official = estimate(version.campaign)
    except ValueError as error:
        return f"上一轮“{title}”的答卷不能再汇总：{error}"
    if official.columns.n > figures["sample"]["n"]:
        return (
            f"上一轮“{title}”在数据版 {version} 之后又有答卷审核通过，"
            "请先给上一轮冻结新的数据版，再冻结本轮。"
        )
    return Before(official, figures, [_named(a) for a in _actions(version.campaign)])


def _version(campaign: Campaign) -> DataVersion | None:
    """The newest frozen version of the latest earlier campaign in the very same area."""
    rows = DataVersion.objects.filter(
        campaign__area_code=campaign.area_code, campaign__opens_on__lt=campaign.opens_on
    ).select_related("campaign")
    return rows.order_by("-campaign__opens_on", "-number").first()


def _actions(campaign: Campaign) -> list[Action]:
    rows = Action.objects.filter(issue__data_version__campaign=campaign)
    return list(rows.select_related("issue").order_by("number"))


def _named(action: Action) -> Named:
    drop = None if action.drop is None else action.drop / 100
    townships = tuple(action.townships)
    return Named(action.number, action.title, action.issue.domain, drop, townships)
