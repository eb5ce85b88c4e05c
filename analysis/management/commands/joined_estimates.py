"""Ask for estimates that join volunteers and the sample: given or refused, both are logged."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analysis.core import intervals, joined, rounding
from analysis.services import freezing
from fieldwork.models import Campaign
from surveys import audit, backstage

ABOUT = (
    "合并估计（含线上自愿样本，非正式，不排名次）。括号内为95%区间和答题人数（取整到十）：入户按概率抽样，"
    "误差由整村重抽样得出，每次重新校准；自愿样本不是抽出来的，按共同的背景题加权。区间用t分布。"
)


class Command(BaseCommand):
    help = "把线上自愿样本与入户样本合并估计（须先冻结；两者相差太大时不给）"

    def add_arguments(self, parser):
        parser.add_argument("campaign", type=int, help="调研编号")
        parser.add_argument("--by", default="operator", help="提出的人，记入审计")

    @backstage.entered()
    def handle(self, *args, campaign: int, by: str, **options):
        found = Campaign.objects.filter(pk=campaign).first()
        if found is None:
            raise CommandError(f"没有编号为 {campaign} 的调研。请检查编号。")
        now = timezone.now()
        try:
            done = freezing.join_samples(found, now)
        except (freezing.CannotFreeze, joined.Refused) as error:
            audit.record(by, "join_refused", str(found), at=now, detail={"reason": str(error)})
            raise CommandError(str(error)) from None
        audit.record(by, "join_samples", str(found), at=now, detail={"needs": len(done.codes)})
        self.stdout.write(ABOUT)
        for k, code in enumerate(done.codes):
            n, crowd, df = int(done.n[k]), int(done.crowd_n[k]), int(done.df[k])
            self.stdout.write(
                f"{code}  入户 {_said(done.official[k], done.official_se[k], df, n)}"
                f"  自愿 {_said(done.crowd[k], done.crowd_se[k], df, crowd)}"
                f"  合并 {_said(done.blend[k], done.blend_se[k], df, n)}"
                f"  入户占 {done.part[k]:.0%}  自由度 {df}"
            )


def _said(value: float, se: float, df: int, n: int) -> str:
    """As a published share is given: rounded on n persons, the interval from what is printed."""
    share, error = rounding.share(value, n), rounding.error(se, n)
    assert error is not None
    low, high = intervals.logit(share, error, df)
    return f"{share:.1%}（{low:.1%}—{high:.1%}，n={rounding.tens(n)}）"
