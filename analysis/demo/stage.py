"""The stage of the demonstration: county, people, published questionnaires, an opened campaign."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from django.conf import settings

from analysis.demo import people as cast
from analysis.demo.county import AGES, COUNTY, County, county
from analysis.demo.truth import Truth, truth
from fieldwork.models import Campaign, CampaignQuestionnaire
from fieldwork.services import campaigns, frames
from surveys import services
from surveys.models import Version

Say = Callable[[str], None]
FORMS = {"probability": "individual", "volunteer": "online", "village": "village"}
MINUTES = {"probability": 25, "volunteer": 8, "village": 15}
WEEKS = 4
# days before today: the end of the field weeks, and the day the figures were frozen
FIELD_END, FROZEN = 52, 45


@dataclass
class Stage:
    """What the loop works on."""

    place: County
    world: Truth
    people: cast.People
    campaign: Campaign
    sources: dict[str, CampaignQuestionnaire]
    seed: int
    rng: random.Random
    now: datetime
    say: Say
    # every answer true and complete, nobody invents: what the intervals are judged by
    honest: bool = False

    def moment(self) -> datetime:
        """Some time of day in the field weeks."""
        day = self.now - timedelta(days=FIELD_END + self.rng.randrange(7 * WEEKS))
        return day.replace(hour=self.rng.randint(8, 18), minute=self.rng.randrange(60))


def prepare(seed: int, now: datetime, say: Say, *, honest: bool = False) -> Stage:
    """County, people, published questionnaires, an opened campaign and its frame."""
    say("建立演示县：单位、人员、问卷 …")
    place = county(seed)
    people = cast.settle(place, date(now.year - 1, 1, 1))
    versions = {source: _published(f"{form}.xlsx", now) for source, form in FORMS.items()}
    campaign, sources = _opened(place, people, versions, now)
    return Stage(
        place, truth(place, seed), people, campaign, sources, seed, random.Random(seed), now, say,
        honest,
    )  # fmt: skip


def later(stage: Stage, now: datetime, seed: int) -> Stage:
    """The next round of the same county with the same people and questionnaires."""
    versions = {source: bound.version for source, bound in stage.sources.items()}
    campaign, sources = _opened(stage.place, stage.people, versions, now)
    return replace(
        stage, campaign=campaign, sources=sources, seed=seed, rng=random.Random(seed), now=now
    )


def _opened(
    place: County, people: cast.People, versions: dict[str, Version], now: datetime
) -> tuple[Campaign, dict[str, CampaignQuestionnaire]]:
    """A campaign with its key, its sources and its frame."""
    today = now.date()
    campaign = Campaign.objects.create(
        title=f"青禾县{today.year}年妇女群众需求调查", unit=people.federation, area_code=COUNTY,
        round=f"{today.year}年第1轮", opens_on=today - timedelta(days=FIELD_END + 7 * WEEKS + 7),
        closes_on=today + timedelta(days=60),
    )  # fmt: skip
    campaigns.give_key(campaign, secrets.token_urlsafe(24), by="yanjiu", now=now)
    sources = {
        source: campaigns.open_source(
            campaign, version, source, by="yanjiu", now=now, minutes=MINUTES[source]
        )
        for source, version in versions.items()
    }
    frame, problems = frames.import_frame(
        campaign, frame_csv(place), "抽样框.csv", by="yanjiu", now=now
    )
    if frame is None:
        raise RuntimeError(f"the demonstration's own frame is refused: {problems[:3]}")
    return campaign, sources


def _published(filename: str, now: datetime) -> Version:
    data = (settings.BASE_DIR / "surveys/bank" / filename).read_bytes()
    done = services.import_workbook(data, filename, by="yanjiu", now=now)
    if done.version is None:
        raise RuntimeError(f"{filename} is refused: {done.problems[:3]}")
    return services.publish_version(done.version, by="yanjiu", now=now, purpose="演示")


def frame_csv(place: County) -> bytes:
    """The frame as a researcher would upload it."""
    names = [f"{words}妇女" for words in ("18-34岁", "35-59岁", "60岁及以上")]
    lines = [",".join(["区划代码", "名称", "城乡", "户数", "妇女数", *names])]
    village = place.woman_village
    counts = np.stack(
        [np.bincount(village[place.age == a], minlength=len(place.village_code))
         for a in range(len(AGES))], axis=1,
    )  # fmt: skip
    for i, code in enumerate(place.village_code):
        side = "城镇" if place.village_urban[i] else "乡村"
        row = [code, place.village_name[i], side, place.village_households[i], counts[i].sum()]
        lines.append(",".join(map(str, [*row, *counts[i]])))
    return "\n".join(lines).encode()
