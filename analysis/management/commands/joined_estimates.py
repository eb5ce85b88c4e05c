"""Ask for estimates that join volunteers and the sample: given or refused, both are logged."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analysis.core import joined
from analysis.services import freezing
from fieldwork.models import Campaign
from surveys import audit


class Command(BaseCommand):
    help = "把线上自愿样本与入户样本合并估计（须先冻结；两者相差太大时不给）"

    def add_arguments(self, parser):
        parser.add_argument("campaign", type=int, help="调研编号")
        parser.add_argument("--by", default="operator", help="提出的人，记入审计")

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
        self.stdout.write("合并估计（含线上自愿样本，非正式，不排名次；单位%，±为1.96倍标准误）")
        for k, code in enumerate(done.codes):
            self.stdout.write(
                f"{code}  入户 {_said(done.official[k], done.official_se[k])}"
                f"  自愿 {_said(done.crowd[k], done.crowd_se[k])}"
                f"  合并 {_said(done.blend[k], done.blend_se[k])}  入户占 {done.part[k]:.0%}"
            )


def _said(value: float, se: float) -> str:
    return f"{value * 100:.1f}±{1.96 * se * 100:.1f}"
