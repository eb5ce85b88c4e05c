"""Import a questionnaire. Faults one per line, exit 2, nothing stored; advice on stderr."""

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
    help = "导入问卷：工作簿 (XLSForm)、XForm, 或连同图片和录音的文件夹、压缩包"

    def add_arguments(self, parser):
        parser.add_argument("file", help="工作簿、XForm, 或放着问卷和图片录音的文件夹、.zip")
        parser.add_argument("--publish", action="store_true", help="导入后直接发布 (记入审计)")

    def handle(self, *args, file: str, publish: bool, **options):
        path, now = Path(file), timezone.now()
        files = _files(path)
        if not files:
            self.stdout.write(f"{file}  file_unreadable  读不到这个文件，请检查路径。")
            sys.exit(2)
        with transaction.atomic():
            done = services.import_files(files, by="operator", now=now)
            self._say(done.problems)
            if done.version is None:
                sys.exit(2)
            if publish:
                self._publish(done.version, now)
        self.stdout.write(f"已导入：{done.version} ({done.version.get_state_display()})")

    def _publish(self, version: Version, now: datetime) -> None:
        """Without a second person, as the journal says; a refusal leaves nothing behind."""
        try:
            services.publish_version(version, by="operator", now=now, purpose=PAST_REVIEW)
        except Refused as refusal:
            self._say(refusal.problems)
            sys.exit(2)

    def _say(self, problems: Iterable[Problem]) -> None:
        """Errors on standard output, advice apart on standard error."""
        for problem in problems:
            if problem.level == "error":
                self.stdout.write(messages.line(problem))
            else:
                self.stderr.write(f"建议  {messages.line(problem)}")


def _files(path: Path) -> dict[str, bytes]:
    """The file, or what a folder and the folders in it hold, as the import page would get it."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    shown = (p for p in found if p.is_file() and not p.name.startswith((".", "~")))
    return {str(p.relative_to(path)) if p != path else p.name: p.read_bytes() for p in shown}
