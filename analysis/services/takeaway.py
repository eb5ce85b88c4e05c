"""A table to take away: CSV, JSON, its note, and the code that makes it again, in one ZIP."""

from __future__ import annotations

import io
import json
from datetime import datetime
from functools import lru_cache
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

from analysis.core import recipe, tablewords
from analysis.core.export import planning
from analysis.core.export.plan import Table
from analysis.core.spec import Spec
from analysis.models import Tabulation
from analysis.services import ground
from analysis.services.tables import known
from surveys import people
from surveys.models import Version

KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "zip": "application/zip"}
AGAIN = "同一个安装里用 manage.py reproduce_table table.json 重算并核对。"
BY_SCRIPT = (
    "reproduce.py 用去标识的 Parquet 导出（另外申请）算同一张表：权数取过平均，比例相近，没有误差。"
)
NO_SCRIPT = "这张表用到任何导出都不带的题目（如敏感题），或这一版没有保留答卷，没有附脚本。"


def note(table: Tabulation) -> list[str]:
    """Version, filter, time and code revision; what the numbers are and are not."""
    version, result = table.data_version, table.result
    made = timezone.localtime(table.made_at) if table.made_at else None
    return [
        tablewords.title(result),
        f"{version.campaign.title}，数据版 {version}，校验值 {version.sha256[:16]}",
        tablewords.base(result),
        f"条件：{result['filter'] or '无，全部受访妇女'}",
        f"估计方法：{result['design']}；比例的区间为 logit 变换，95% 置信区间。",
        f"计算时间：{made:%Y-%m-%d %H:%M}；提出人：{people.name(table.asked_by)}；"
        f"程序版本：{table.revision}",
        tablewords.ROUNDED,
        *([f"冻结以后有 {result['withdrawn']} 份答卷由本人撤回，本表不含它们。"]
          if result["withdrawn"] else []),
        *(["演示数据·虚构"] if result["demo"] else []),
    ]  # fmt: skip


def data(table: Tabulation) -> str:
    """The table with all that identifies it."""
    version = table.data_version
    found = {
        "data_version": {"number": version.number, "sha256": version.sha256,
                         "campaign": version.campaign.title},
        "spec": table.spec, "note": note(table), "revision": table.revision,
        "made_at": table.made_at.isoformat() if table.made_at else None, "result": table.result,
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)


def csv(table: Tabulation) -> str:
    return tablewords.csv(table.result, note(table))


def script(table: Tabulation) -> str | None:
    """None where no export holds what the table rests on, or the version kept no answers."""
    version = table.data_version
    try:
        form, year = ground.source_of(version).version, version.campaign.opens_on.year
    except ground.NotReady:
        return None
    return recipe.script(
        Spec(**table.spec), known(version), form.definition, _leaving(form.xform_sha256, year),
        table.result, note(table),
    )  # fmt: skip


@lru_cache(maxsize=16)
def _leaving(sha256: str, year: int) -> Table:
    """By content, since a plan takes a third of a second and every page of a table asks."""
    form = Version.objects.filter(xform_sha256=sha256)[:1].get()
    return planning.build(form.definition, year).main


def bundle(table: Tabulation) -> bytes:
    lines, made = note(table), script(table)
    lines.append(AGAIN)
    lines.append(BY_SCRIPT if made else NO_SCRIPT)
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr("table.csv", csv(table))
        zipped.writestr("table.json", data(table))
        zipped.writestr("说明.txt", "\ufeff" + "\n".join(lines))
        if made:
            zipped.writestr("reproduce.py", made)
    return out.getvalue()


def content(table: Tabulation, kind: str) -> bytes:
    """The file of one of `KINDS`."""
    return {"csv": lambda: csv(table).encode(), "json": lambda: data(table).encode(),
            "zip": lambda: bundle(table)}[kind]()  # fmt: skip


def name(table: Tabulation, kind: str, now: datetime) -> str:
    return f"V{table.data_version.number}-table-{table.pk}-{now:%Y%m%d}.{kind}"
