"""`manage.py demo --out DIR`: the demonstration's whole loop without a server, on its own data.

Leaves the three PDFs, figures.json and a CSV per published table in DIR. The same seed gives the
same figures.json, byte for byte on one machine. Without ``--out`` it fills the county's own, empty
databases; `start` does that on a fresh machine.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analysis.core import figures
from analysis.demo import loop, storage
from surveys import backstage

# The clock of the demonstration: with a fixed one the figures do not depend on the day of the run.
CLOCK = datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


class Command(BaseCommand):
    mark = settings.DATA_DIR / "demo"
    help = "演示县全流程：问卷、抽样、答卷、审核、分析、报告、行动"

    def add_arguments(self, parser):
        parser.add_argument("--out", type=Path, help="结果文件夹")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--responses", type=int, default=loop.RESPONSES, help="入户完成份数")
        parser.add_argument(
            "--rounds",
            type=int,
            choices=(1, 2),
            default=2,
            help="2：先演一年前较小的一轮，好看变化",
        )

    @backstage.entered()
    def handle(self, *args, out: Path | None, seed: int, responses: int, rounds: int, **options):
        self.began = time.monotonic()
        self._fresh()
        now = CLOCK if out else timezone.localtime()
        result = loop.run(seed, responses, now, self._say, rounds=rounds)
        storage.settle()
        self.mark.write_text("ready")
        if out:
            self._write(out.resolve(), result)
        self._say("完成")

    def _say(self, text: str) -> None:
        self.stdout.write(f"{time.monotonic() - self.began:6.1f} 秒  {text}")
        self.stdout.flush()

    def _fresh(self) -> None:
        """Only a demonstration's own data may be emptied; anything else is refused."""
        self._say("准备数据库 …")
        storage.hurry()
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, verbosity=0, interactive=False)
        if self.mark.exists():
            for alias in settings.DATABASES:
                call_command("flush", database=alias, verbosity=0, interactive=False)
        elif get_user_model().objects.exists():
            raise CommandError(
                "数据库里已有真实数据，不能装入演示县。请用 --out 指定一个文件夹，单独运行演示。"
            )
        self.mark.write_text("loading")

    def _write(self, out: Path, result: loop.Result) -> None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "figures.json").write_text(result.version.figures_json, "utf-8")
        for name, text in figures.tables_csv(result.version.figures).items():
            (out / name).write_text(text, "utf-8")
        for document in result.documents:
            path = out / f"{document.get_kind_display()}.pdf"
            path.write_bytes(bytes(document.pdf))
            self._say(f"写出 {path.name}")
