"""What a data version says of itself: questionnaire, sample, response rate, method, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from analysis import queries, revision
from analysis.core import population, rounding
from analysis.core.snapshot import Kept
from analysis.core.thresholds import THRESHOLDS
from analysis.core.weights import Step
from analysis.services.snapshot import Snapshot
from fieldwork.core import areas
from fieldwork.core.outcomes import AAPOR, Disposition, response_rate
from fieldwork.models import Area, Campaign, CampaignQuestionnaire, FrameVillage, Sample

Row = dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """What one freeze stands on."""

    campaign: Campaign
    source: CampaignQuestionnaire
    sample: Sample
    households: queries.Households
    snapshot: Snapshot
    kept: Kept
    rows: dict[str, int]  # assignment code -> its row in ``kept``
    now: datetime

    @property
    def year(self) -> int:
        return self.campaign.opens_on.year


def places(sample: Sample) -> list[population.Place]:
    """The villages of the frame as the calibration wants them."""
    rows = FrameVillage.objects.filter(frame=sample.frame).order_by("code")
    return [
        population.Place(
            areas.ancestor(v.code, areas.Level.TOWNSHIP), v.urban, v.women, v.women_by_age
        )
        for v in rows
    ]


def meta(ground: Ground, number: int) -> Row:
    campaign = ground.campaign
    area = Area.objects.on(campaign.opens_on).filter(code=campaign.area_code).first()
    bound = campaign.questionnaires.select_related("version__questionnaire").order_by("id")
    return {
        "title": campaign.title,
        "area": {
            "code": campaign.area_code,
            "name": area.name if area else campaign.unit.name.removesuffix("妇联"),
        },
        "campaign": campaign.title,
        "round": campaign.round,
        "data_version": f"V{number}",
        "frozen_at": timezone.localtime(ground.now).isoformat(timespec="minutes"),
        "revision": revision.fingerprint(),
        "demo": settings.DEMO,
        "questionnaires": [
            {
                "form_id": b.version.questionnaire.form_id,
                "version": b.version.version,
                "title": b.version.questionnaire.title,
            }
            for b in bound
        ],
        "contact": campaign.unit.name,
    }


def sample(ground: Ground) -> Row:
    house, frame = ground.households, ground.sample.frame
    outcomes = [d or Disposition.UNKNOWN.value for d in house.disposition]
    rate, counts = response_rate(outcomes), Counter(outcomes)
    women = sum(p.women for p in places(ground.sample))
    kept = "（沿用上一轮抽中的村及其入样概率）" if ground.sample.plan.get("keep") else ""
    return {
        "how": (
            f"分层二阶段概率抽样：以乡镇为层，按户数规模不等概率随机抽取村（社区）{kept}，"
            "村内随机抽取住户，户内随机抽取1名18岁以上常住妇女入户面访"
        ),
        "seed": ground.sample.seed,
        "townships": len(set(house.township)),
        "villages_frame": frame.villages.count(),
        "villages_drawn": len(set(house.village)),
        "households_drawn": house.n,
        "eligible_women": women,
        "completed": rate.numerator,
        "approved": sum(context in ground.rows for context in house.context),
        "excluded": reasons(queries.excluded(ground.source)),
        "response_rate": {
            "value": rate.value,
            "formula": "RR3：完成÷（完成＋部分完成＋拒访＋未遇＋其他＋e×资格不明）",
            "numerator": rate.numerator,
            "denominator": rate.denominator,
        },
        "dates": [day.isoformat() for day in queries.field_dates(ground.source)],
        "dispositions": [
            {"code": AAPOR[d], "label": d.label, "n": counts[d.value]}
            for d in Disposition
            if counts[d.value]
        ],
    }


def reasons(found: Sequence[tuple[str, int]]) -> list[Row]:
    """Why answers were not taken, in tens; reasons of fewer than ten are put together, n None.

    A reviewer writes the reason in words of her own and judges what a woman answered.
    """
    common = [(reason, n) for reason, n in found if n >= THRESHOLDS.cell]
    rare = sum(n for _, n in found) - sum(n for _, n in common)
    rows: list[Row] = [{"reason": reason, "n": rounding.tens(n)} for reason, n in common]
    if rare:
        n = rounding.tens(rare) if rare >= THRESHOLDS.cell else None
        rows.append({"reason": "其他原因" if rows else "各种原因合计", "n": n})
    return rows


def method(steps: tuple[Step, ...], margins: Sequence[str]) -> Row:
    rules = THRESHOLDS
    return {
        "weights": (
            "设计权数＝1÷（村入样概率×村内抽户比例×户内抽取比例），经无应答调整后，"
            f"按{'、'.join(margins)}边际校准，校准因子限制在{rules.weight_low}—{rules.weight_high:g}"
        ),
        "variance": (
            "按实际抽样设计线性化估计：第一阶段为随机顺序的不等概率系统抽样，用Brewer近似，"
            "并计入第二阶段；必选村自成一层；比例用logit变换的区间，自由度为村数减层数"
        ),
        "calibration": (
            f"校准总数取自抽样框登记的18岁以上妇女数，样本不足{rules.cell_merge}人的单元并入相邻单元"
        ),
        "thresholds": (
            f"不足{rules.cell}人的单元不显示；样本或有效样本不足{rules.base}人不公布；"
            f"自由度不足{rules.df}待复核；排序须自由度不少于{rules.rank_df}"
            f"且有效样本不少于{rules.rank_n_eff}；除样本总数和各乡镇样本数外，人数均取整到十，"
            "比例取整到不小于两人的一档，未答率按权数计算、向上取到十人"
        ),
        "steps": [_step(step) for step in steps],
    }


def _step(step: Step) -> Row:
    """A step of weighting as printed: what is exact would tell a class's size or a woman's."""
    told = {key: round(v, 2) if isinstance(v, float) else v for key, v in asdict(step).items()}
    return told | {
        "total": round(step.total),
        "smallest": rounding.extreme(step.smallest), "largest": rounding.extreme(step.largest),
        "factor_low": rounding.factor(step.factor_low),
        "factor_high": rounding.factor(step.factor_high),
    }  # fmt: skip
