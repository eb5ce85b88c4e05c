"""Who may see and do what. The only place of scope checks: every object is fetched through here.

Rights come from dated membership on the day of the request: a unit's area is the scope, a role
allows kinds of acts. What one may not see does not exist (404). Superusers get nothing extra.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from surveys.models import Response

from .core import areas
from .models import (
    Assignment,
    Campaign,
    CampaignQuestionnaire,
    Membership,
    Review,
    Unit,
    VillageForm,
)
from .policy import ALLOWS

Role = Membership.Role
Rows = TypeVar("Rows", bound=Model)


class AreaBackend:
    """Answers Django's ``user.has_perm(perm, obj)`` from the policy table."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user: Any, perm: str, obj: Any = None) -> bool:
        if not user.is_active:
            return False
        scopes = scopes_for(user, perm, timezone.localdate())
        code = getattr(obj, "area_code", "")
        return any(not code or areas.contains(scope, code) for scope in scopes)


def scopes_for(user: Any, perm: str, today: date) -> list[str]:
    """Area codes in which the user may do this today."""
    held = _held(perm, today).filter(user_id=user.pk)
    return list(held.values_list("unit__area_code", flat=True))


def _held(perm: str, today: date) -> QuerySet[Membership]:
    roles = [role for role, perms in ALLOWS.items() if perm in perms]
    return Membership.objects.on(today).filter(role__in=roles, user__is_active=True)


def _within(scopes: list[str], field: str) -> Q:
    found = Q(pk__in=[])
    for scope in scopes:
        found |= Q(**{f"{field}__startswith": areas.significant(scope)})
    return found


def rows_for(user: Any, perm: str, rows: QuerySet[Rows], area_field: str) -> QuerySet[Rows]:
    """Rows of any floor whose area lies where the user may do this today."""
    return rows.filter(_within(scopes_for(user, perm, timezone.localdate()), area_field))


def own_units(user: Any, perm: str) -> QuerySet[Unit]:
    """Units to which the user belongs today in a role that may do this."""
    held = _held(perm, timezone.localdate()).filter(user_id=user.pk)
    return Unit.objects.filter(pk__in=held.values("unit"))


def units_for(user: Any, perm: str) -> QuerySet[Unit]:
    """Units of the user's area, open today."""
    return rows_for(user, perm, Unit.objects.filter(closed_on__isnull=True), "area_code")


def holders_for(user: Any, perm: str, held: str) -> QuerySet[Membership]:
    """Who in the user's area may do ``held`` today, and for which unit."""
    rows = rows_for(user, perm, _held(held, timezone.localdate()), "unit__area_code")
    return rows.select_related("user", "unit")


def holders_around(user: Any, area_code: str, perm: str) -> QuerySet[Membership]:
    """Who in the user's area may do this and reaches the whole of an area that lies in hers."""
    rows = holders_for(user, perm, perm)
    return rows.filter(unit__area_code__in=areas.around(area_code))


def interviewers_within(area_code: str) -> QuerySet[Membership]:
    """Who may be sent to households of this area: interviewers of the units inside it."""
    held = _held("fieldwork.interview", timezone.localdate())
    rows = held.filter(_within([area_code], "unit__area_code"))
    return rows.select_related("user", "unit").order_by("unit__area_code", "user__username")


def campaigns_for(user: Any, perm: str = "fieldwork.view_campaign") -> QuerySet[Campaign]:
    scopes = scopes_for(user, perm, timezone.localdate())
    return Campaign.objects.filter(_within(scopes, "area_code"))


def campaign_for(user: Any, pk: int, perm: str = "fieldwork.view_campaign") -> Campaign:
    return _one(campaigns_for(user, perm), pk=pk)


def source_for(user: Any, pk: int, perm: str) -> CampaignQuestionnaire:
    rows = rows_for(user, perm, CampaignQuestionnaire.objects.all(), "campaign__area_code")
    return _one(rows.select_related("campaign", "version", "collection"), pk=pk)


def assignments_for(user: Any) -> QuerySet[Assignment]:
    """An interviewer sees her own assignments only."""
    if not scopes_for(user, "fieldwork.interview", timezone.localdate()):
        return Assignment.objects.none()
    return Assignment.objects.filter(interviewer=user)


def assignment_for(user: Any, code: str) -> Assignment:
    return _one(assignments_for(user), code=code)


def village_forms_for(user: Any) -> QuerySet[VillageForm]:
    """Those of her own; like households."""
    if not scopes_for(user, "fieldwork.interview", timezone.localdate()):
        return VillageForm.objects.none()
    return VillageForm.objects.filter(interviewer=user)


def village_form_for(user: Any, code: str) -> VillageForm:
    return _one(village_forms_for(user), code=code)


def reviews_for(user: Any) -> QuerySet[Review]:
    """Nobody reviews what she herself asked."""
    scopes = scopes_for(user, "fieldwork.review", timezone.localdate())
    asked = Assignment.objects.filter(interviewer=user).values("code")
    asked = asked.union(VillageForm.objects.filter(interviewer=user).values("code"))
    own = Response.objects.filter(context__in=asked).values("instance_id")
    rows = Review.objects.filter(_within(scopes, "source__campaign__area_code"))
    return rows.exclude(instance_id__in=own)


def review_for(user: Any, pk: int) -> Review:
    return _one(reviews_for(user), pk=pk)


def _one(rows: QuerySet[Any], **key: Any) -> Any:
    found = rows.filter(**key).first()
    if found is None:
        raise Http404
    return found
