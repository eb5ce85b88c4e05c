"""Export the approved responses of one campaign questionnaire into a file, audited like any other.

For operators on the machine itself: it writes a plain ZIP where it is told.
"""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analysis.core.export.sinks import TooManyRows
from analysis.models import Export
from analysis.services import exporting, shelf
from fieldwork.models import CampaignQuestionnaire
from surveys import backstage


class Command(BaseCommand):
    help = "导出审核通过的逐份答卷（去标识），得到 ZIP"

    def add_arguments(self, parser):
        parser.add_argument("campaign", type=int, help="调研编号")
        parser.add_argument("source", choices=CampaignQuestionnaire.Source.values, help="样本来源")
        parser.add_argument("--format", choices=Export.Format.values, default="csv")
        parser.add_argument("--purpose", required=True, help="导出目的，记入审计")
        parser.add_argument("--by", default="operator", help="导出人")
        parser.add_argument("--no-bom", action="store_true", help="CSV 不带 BOM")
        parser.add_argument("--out", required=True, help="写到哪个文件")

    @backstage.entered()
    def handle(self, *args, campaign: int, source: str, **options):
        found = CampaignQuestionnaire.objects.filter(campaign=campaign, source=source).first()
        if found is None:
            raise CommandError(f"调研 {campaign} 没有这个来源的问卷：{source}。请检查编号和来源。")
        out = Path(options["out"])
        if not out.parent.is_dir():
            raise CommandError(f"没有这个文件夹：{out.parent}。请先建立。")
        try:
            export = exporting.ask(
                found, options["format"], options["purpose"], by=options["by"],
                now=timezone.now(), bom=not options["no_bom"],
            )  # fmt: skip
            exporting.write(export, lambda percent, said: self.stdout.write(f"{percent}% {said}"))
        except (exporting.CannotExport, TooManyRows) as error:
            raise CommandError(str(error)) from None
        with out.open("wb") as file:
            file.writelines(shelf.read(export))
        self.stdout.write(f"已写 {export.rows} 份：{out}\n\n{export.note}")
