"""Who reaches which question of a form, and how many random respondents did: one line a question.

``number  reached/drawn  name  who`` separated by tabs; a simulation, never data.
"""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from surveys import messages, services
from surveys.core import reach
from surveys.core.definition import Definition


class Command(BaseCommand):
    help = "路径报告：每一题谁会答到，随机模拟有多少人走到 (不是调查数据)"

    def add_arguments(self, parser):
        parser.add_argument("form", help="问卷 (.xlsx、.xls 或 XForm .xml)")
        parser.add_argument("--drawn", type=int, default=services.DRAWN, help="随机作答的份数")
        parser.add_argument("--seed", type=int, default=services.SEED, help="随机种子")

    def handle(self, *args, form: str, drawn: int, seed: int, **options):
        if drawn < 1:
            raise CommandError("--drawn 至少为 1。")
        definition = self._definition(Path(form))
        found = reach.report(definition, drawn=drawn, seed=seed, now=timezone.localtime())
        self.stdout.write(f"# 随机模拟 {drawn} 份（种子 {seed}），不是调查数据")
        self.stdout.write(
            f"# 估计用时：中位数 {found.median:.0f} 分钟，"
            f"最长的十分之一 {found.longest_tenth:.0f} 分钟以上"
        )
        if found.stopped:
            self.stdout.write(f"# {found.stopped} 份走到一半停下：某个公式算不出来")
        for row in found.rows:
            share = f"{row.reached}/{drawn}"
            name = row.question.name
            self.stdout.write(f"{row.number or '-'}\t{share}\t{name}\t{row.label}\t{row.condition}")

    def _definition(self, path: Path) -> Definition:
        """The compiled form; exit 2 with one problem a line when there is none."""
        if not path.is_file():
            raise CommandError(f"读不到 {path}，请检查路径。", returncode=2)
        definition, problems = services.compile_file(path.read_bytes(), path.name)
        if definition is None:
            raise CommandError("\n".join(map(messages.line, problems)), returncode=2)
        return definition
