"""Import a questionnaire workbook; problems one per line, exit 2, nothing stored."""

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from surveys import messages, services
from surveys.core.problems import Problem, Refused
from surveys.models import Version

PAST_REVIEW = "命令行发布，未经审核"


class Command(BaseCommand):
    help = "导入问卷工作簿 (XLSForm)"

    def add_arguments(self, parser):
        parser.add_argument("file", help="工作簿 .xlsx 或 .xls")
        parser.add_argument("--publish", action="store_true", help="导入后直接发布 (记入审计)")

    def handle(self, *args, file: str, publish: bool, **options):
        path, now = Path(file), timezone.now()
        if not path.is_file():
            self.stdout.write(f"{file}  file_unreadable  读不到这个文件，请检查路径。")
            sys.exit(2)
        with transaction.atomic():
            done = services.import_workbook(path.read_bytes(), path.name, by="operator", now=now)
            self._say(done.problems)
            if done.version is None:
                sys.exit(2)
            if publish:
                self._publish(done.version, now)
        self.stdout.write(f"已导入: {done.version} ({done.version.get_state_display()})")

    def _publish(self, version: Version, now: datetime) -> None:
        """Without a second person, as the journal says; a refusal leaves nothing behind."""
        try:
            services.publish_version(
                version, by="operator", now=now, purpose="命令行发布，未经审核"
            )
        except Refused as refusal:
            self._say(refusal.problems)
            sys.exit(2)

    def _say(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.stdout.write(messages.line(problem))
