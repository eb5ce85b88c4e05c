"""Which rows of this floor a person reaches. Where she may is asked of `fieldwork.access` only.

Figures and what follows from them belong to the area of their campaign; an action is also reached
by those who act for the units that own or share it. What one may not see does not exist (404).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from analysis.models import (
    Action,
    CodingTask,
    DataVersion,
    Document,
    Export,
    Issue,
    Tabulation,
)
from fieldwork import access
from fieldwork.models import CampaignQuestionnaire

VIEW, FREEZE = "analysis.view_figures", "analysis.freeze"
EXPORT, CODE, TABULATE = "analysis.export", "analysis.code", "analysis.tabulate"
VIEW_FORM = "surveys.view_version"
DECIDE, SUPERVISE, ACT = "analysis.decide", "analysis.supervise", "analysis.act"


def versions_for(user: Any, perm: str = VIEW) -> QuerySet[DataVersion]:
    rows = DataVersion.objects.select_related("campaign").order_by("-frozen_at", "-id")
    return access.rows_for(user, perm, rows, "campaign__area_code")


def version_for(user: Any, pk: int, perm: str = VIEW) -> DataVersion:
    return get_object_or_404(versions_for(user, perm), pk=pk)


def documents_for(user: Any, perm: str = VIEW) -> QuerySet[Document]:
    rows = Document.objects.select_related("data_version__campaign").defer(
        "pdf", "facts", "data_version__figures_json"
    )
    return access.rows_for(user, perm, rows, "data_version__campaign__area_code")


def document_for(user: Any, pk: int) -> Document:
    return get_object_or_404(documents_for(user), pk=pk)


def sources_for(user: Any, perm: str = EXPORT) -> QuerySet[CampaignQuestionnaire]:
    """Questionnaires of campaigns whose records the user may export, or code."""
    rows = CampaignQuestionnaire.objects.select_related("campaign", "version__questionnaire")
    rows = rows.order_by("-campaign__opens_on", "id")
    return access.rows_for(user, perm, rows, "campaign__area_code")


def tasks_for(user: Any) -> QuerySet[CodingTask]:
    rows = CodingTask.objects.select_related(
        "source__campaign", "source__version", "first", "second"
    )
    return access.rows_for(user, CODE, rows, "source__campaign__area_code")


def task_for(user: Any, pk: int) -> CodingTask:
    return get_object_or_404(tasks_for(user), pk=pk)


def exports_for(user: Any) -> QuerySet[Export]:
    rows = Export.objects.select_related("source__campaign", "source__version__questionnaire")
    return access.rows_for(user, EXPORT, rows, "source__campaign__area_code")


def export_for(user: Any, pk: int) -> Export:
    return get_object_or_404(exports_for(user), pk=pk)


def tabulations_for(user: Any, perm: str = TABULATE) -> QuerySet[Tabulation]:
    rows = Tabulation.objects.select_related("data_version__campaign")
    return access.rows_for(user, perm, rows, "data_version__campaign__area_code")


def tabulation_for(user: Any, pk: int) -> Tabulation:
    return get_object_or_404(tabulations_for(user), pk=pk)


def issues_for(user: Any, perm: str = VIEW) -> QuerySet[Issue]:
    rows = Issue.objects.select_related("data_version__campaign")
    return access.rows_for(user, perm, rows, "data_version__campaign__area_code")


def issue_for(user: Any, pk: int, perm: str = VIEW) -> Issue:
    return get_object_or_404(issues_for(user, perm), pk=pk)


def actions_for(user: Any, perm: str = VIEW) -> QuerySet[Action]:
    """Actions of the user's area; with `ACT` those which her own units own or share."""
    if perm == ACT:
        units = access.own_units(user, ACT)
        shared = Action.co_owners.through.objects.filter(unit__in=units).values("action")
        return _actions().filter(Q(owner_unit__in=units) | Q(pk__in=shared))
    return access.rows_for(user, perm, _actions(), "issue__data_version__campaign__area_code")


def _actions() -> QuerySet[Action]:
    rows = Action.objects.select_related("issue__data_version__campaign", "owner_unit", "owner")
    return rows.defer("issue__data_version__figures_json")


def board_for(user: Any) -> QuerySet[Action]:
    """Every action the user may look at, by either right."""
    area, own = actions_for(user).values("pk"), actions_for(user, ACT).values("pk")
    return _actions().filter(Q(pk__in=area) | Q(pk__in=own))


def action_for(user: Any, pk: int) -> Action:
    return get_object_or_404(board_for(user), pk=pk)


@dataclass(frozen=True)
class Rights:
    """What a person may do with one action: report for a unit, answer for it, supervise it."""

    report: bool
    own: bool
    supervise: bool


def rights(user: Any, action: Action) -> Rights:
    own = access.own_units(user, ACT).filter(pk=action.owner_unit_id).exists()
    report = own or actions_for(user, ACT).filter(pk=action.pk).exists()
    return Rights(report, own, actions_for(user, SUPERVISE).filter(pk=action.pk).exists())


def must(user: Any, *perms: str) -> None:
    """404 for whoever holds none of these rights anywhere."""
    if not any(user.has_perm(perm) for perm in perms):
        raise Http404
