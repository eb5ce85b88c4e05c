"""Tabulation: a table a researcher asked for, with what was released, kept for colleagues."""

from django.db import models

from .versions import DataVersion


class Tabulation(models.Model):
    """``spec`` is what was asked of a data version, ``result`` the gated table, made once;
    empty until then.

    The same question to the same version is the same row. A name keeps it in the list of all.
    """

    data_version = models.ForeignKey(
        DataVersion, on_delete=models.PROTECT, related_name="tabulations"
    )
    spec = models.JSONField("分析")
    key = models.CharField(max_length=64)
    result = models.JSONField("结果", default=dict)
    revision = models.CharField("程序版本", max_length=40, blank=True, default="")
    made_at = models.DateTimeField("计算时间", null=True)
    asked_by = models.CharField("提出人", max_length=150)
    name = models.CharField("名称", max_length=80, blank=True, default="")

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["data_version", "key"], name="one_row_per_table")
        ]

    def __str__(self) -> str:
        return self.name or f"表 {self.pk}"
