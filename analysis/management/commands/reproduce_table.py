"""`manage.py reproduce_table table.json`: make a table of the workbench again and compare.

Reads the answers of the data version the file names and computes with today's program; nothing is
released by it, only the largest difference is printed. Exit 1 when the table is not the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analysis import revision
from analysis.core import gate, tables
from analysis.core.spec import Spec
from analysis.models import DataVersion
from analysis.services import ground
from analysis.services.tables import known
from surveys import backstage

TOLERANCE = 1e-9


class Command(BaseCommand):
    help = "重算分析台导出的一张表（table.json），与导出的数核对"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    @backstage.entered()
    def handle(self, *args, file: Path, **options):
        try:
            given = json.loads(file.read_text("utf-8"))
            spec, sha = Spec(**given["spec"]), given["data_version"]["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            raise CommandError(f"{file} 读不出来：请给出分析台导出的 table.json。") from None
        version = DataVersion.objects.filter(sha256=sha).first()
        if version is None:
            raise CommandError(f"这里没有校验值为 {sha[:16]} 的数据版，请在原来的系统里重算。")
        try:
            base = ground.for_job(version)
            if int(base.official.columns.n) != given["result"]["n"]:
                raise CommandError("这张表做好以后有答卷撤回，再算一遍会推算出撤回的人，不再核对。")
            found = tables.table(spec, base.official, known(version), gate.Release())
        except ValueError as error:
            raise CommandError(str(error)) from None
        apart = max(_differences(given["result"]["classes"], found["classes"]), default=0.0)
        if given["revision"] != revision.fingerprint():
            self.stdout.write(f"提示：原表由程序版本 {given['revision']} 算出，现在的版本不同。")
        self.stdout.write(f"最大差 {apart:.2e}")
        if apart > TOLERANCE:
            raise CommandError("与导出的表不同：可能有答卷撤回，或者程序已经改变。")


def _differences(given: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[float]:
    """Absolute differences of every number that was released."""
    return [
        abs(old["estimate"][name] - (new["estimate"][name] or 0.0))
        for one, other in zip(given, found, strict=True)
        for old, new in zip(one["rows"], other["rows"], strict=True)
        for name in ("value", "se", "low", "high")
        if old["estimate"][name] is not None
    ]
