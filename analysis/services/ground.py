"""What the workbench computes from: the probability sample as a data version found it, weighed.

Pages get the open columns only and keep what they weighed for minutes, as long as the snapshot lies
as it was (`memory.py`); jobs get the sensitive ones too. Answers taken back since the version was
frozen are gone here as everywhere, and the time for the ledger says so: one step before the version
for everyone who left (`docs/decisions/0020`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from analysis import queries
from analysis.core import moment as moments
from analysis.core import needs, population
from analysis.core.cuts import Official
from analysis.core.export.plan import OPEN
from analysis.core.official import Margin, SampleFacts
from analysis.core.snapshot import Kept
from analysis.core.weights import Weighted
from analysis.models import DataVersion, Departure
from analysis.services import description, freezing, snapshot, work
from analysis.services.memory import Memory
from analysis.services.snapshot import Snapshot
from fieldwork.models import CampaignQuestionnaire
from surveys.core.definition import Definition

LARGEST = 200_000  # responses; above it a page does not wait, the worker computes
FEW_LEFT = (
    "冻结以后有少数答卷由本人撤回。现在出新的表，同以前发布的数一对照就会推算出撤回的人，"
    "所以暂不出新表；已经做好的表照常可看、可下载。等撤回的累计满 10 份，"
    "或者又有足够多的答卷审核通过、另冻结一版以后，再做新表。"
)
OLD = (
    "这一版以后已冻结了新的数据版，其后又有答卷由本人撤回。旧版再出新表，两版对照会推算出撤回的人，"
    "请改用最新的数据版；这一版已经做好的表照常可看、可下载。"
)


class NotReady(ValueError):
    """The version cannot be looked into on a page; the text says why and what to do."""


@dataclass(frozen=True)
class Base:
    """Respondents, design and how the weights came about; ``places`` is the frame.

    at: the time of these women in the ledger of the source.
    """

    version: DataVersion
    at: int
    official: Official
    weighted: Weighted
    facts: SampleFacts
    margins: list[Margin]
    places: list[population.Place]

    @property
    def definition(self) -> Definition:
        return self.official.definition


_memory: Memory[Base] = Memory()


def source_of(version: DataVersion) -> CampaignQuestionnaire:
    found = queries.source_of(version.campaign, queries.Source.PROBABILITY)
    if found is None or str(found.pk) not in version.snapshots:
        raise NotReady("这一版没有保留入户答卷的快照，不能再作分析。请另冻结一版。")
    return found


def quick(version: DataVersion) -> bool:
    """Whether a page may compute: the sample is small and the weights need no sensitive answer."""
    return light(source_of(version), version.figures["sample"]["approved"])


def light(source: CampaignQuestionnaire, approved: int) -> bool:
    """The same of a number of answers that is not frozen."""
    definition = source.version.definition
    birth = needs.role_column(definition, "birth_year")
    classes = {q.name: q.properties.get("class", "") for q in definition.questions()}
    return approved <= LARGEST and (birth is None or classes[birth] in OPEN)


def moment(version: DataVersion, source: CampaignQuestionnaire, generation: int) -> int:
    """The time in the ledger of a version's women as a generation of the snapshot still has them.

    NotReady when no time tells truly how they and the women of the other versions hold each other.
    """
    frozen, versions = version.snapshots[str(source.pk)], version.campaign.data_versions.all()
    gone = Departure.objects.filter(
        source=source, since__lte=frozen, until__gt=frozen, until__lte=generation
    )
    try:
        found = moments.of(
            frozen,
            [v.snapshots.get(str(source.pk), 0) for v in versions.defer("figures_json")],
            list(gone.values_list("until", flat=True)),
        )
    except moments.Overtaken:
        raise NotReady(OLD) from None
    if found is None:
        raise NotReady(FEW_LEFT)
    return found


def for_page(version: DataVersion) -> Base:
    """Open columns only. NotReady when there is nothing to compute from."""
    source = source_of(version)
    if base := _memory.recall(version.pk):
        return base
    try:
        taken, kept = snapshot.opened(source)
    except snapshot.Damaged:  # a part was just written anew, or has to be: the worker sees to it
        work.ask_snapshot(source, by="", now=timezone.now())
        raise NotReady("答卷快照正在更新，请过一会儿再试。") from None
    base = _base(version, source, taken, kept)
    _memory.keep(version.pk, taken, base)
    return base


def for_job(version: DataVersion) -> Base:
    """All columns, sensitive ones included. For jobs only."""
    source = source_of(version)
    return _base(version, source, *snapshot.load(source))


def _base(version: DataVersion, source: CampaignQuestionnaire, taken: Snapshot, kept: Kept) -> Base:
    sample = queries.sample_of(version.campaign)
    if sample is None:
        raise NotReady("这一版的抽样记录已经没有了，不能再作分析。")
    at = moment(version, source, taken.generation)
    then = kept.until(version.snapshots[str(source.pk)])
    try:
        ground = freezing.ground_of(source, sample, taken, then, version.frozen_at)
        given = freezing.weighing(ground)
        found, weighted, _ = freezing.official_of(ground, given)
    except freezing.CannotFreeze as error:
        raise NotReady(str(error)) from None
    _, facts, margins = given
    return Base(version, at, found, weighted, facts, margins, description.places(sample))
