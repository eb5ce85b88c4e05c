"""The form about a village: begun by whoever it was given to, once for each drawn village."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from fieldwork.models import CampaignQuestionnaire, VillageForm
from fieldwork.services.visits import VisitRefused, returned
from surveys import drafts, filing, packing
from surveys.models import Response


def source_of(form: VillageForm) -> CampaignQuestionnaire | None:
    """The village questionnaire of the drawn sample's campaign."""
    campaign = form.village.sample.frame.campaign
    rows = campaign.questionnaires.select_related("collection__version")
    return rows.filter(source=CampaignQuestionnaire.Source.VILLAGE).first()


def begin(form: VillageForm, user: Any, *, now: datetime) -> None:
    """Open the form, or go on with the one that is open. VisitRefused when it may not be."""
    opened = drafts.by_context(form.code)
    if opened is not None and not opened.row.submitted:
        return
    filed = Response.objects.filter(context=form.code).exists()
    if (opened is not None or filed) and returned(form) is None:
        raise VisitRefused("这个村（社区）的表已经提交。")
    source, today = source_of(form), timezone.localdate(now)
    if source is None or not source.collection.is_open(today):
        raise VisitRefused("现在不在调查时间里，或村（社区）卷还没有发放，请问督导员。")
    facts = _facts(form, source, user)
    drafts.start(source.collection, today, context=form.code, system=facts, started=now)


def _facts(form: VillageForm, source: CampaignQuestionnaire, user: Any) -> dict[str, str]:
    village = form.village
    facts = {
        "stratum": village.stratum,
        "psu": village.village.code,
        "pi_psu": f"{village.probability:.10g}",
        "households_listed": str(village.households_listed),
        "interviewer": filing.pseudonym(f"interviewer|{user.pk}")[:12],
        "rotation": packing.rotation(source.collection.version.definition, form.code),
    }
    return source.collection.facts.get("system", {}) | facts
