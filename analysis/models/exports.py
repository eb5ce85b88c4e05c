"""Export: who took which records out, what for, in which form, and until when the file is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from fieldwork.models import CampaignQuestionnaire

KEPT = timedelta(hours=24)


class Export(models.Model):
    """One export. The file lies encrypted under ``key_id`` until it expires and is whole when there
    is a ``sha256``; a direct download leaves no file. The row stays: the register of what left."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV 宽表（每份答卷一行）"
        CSV_LONG = "csv_long", "CSV 长表（每个答案一行）"
        XLSX = "xlsx", "Excel 工作簿"
        SAV = "sav", "SPSS（.sav，带标签）"
        PARQUET = "parquet", "Parquet（供分析程序）"
        CODEBOOK = "codebook", "只要编码本（PDF 和 Excel）"

    source = models.ForeignKey(
        CampaignQuestionnaire, on_delete=models.PROTECT, related_name="exports"
    )
    format = models.CharField("格式", max_length=16, choices=Format)
    bom = models.BooleanField("CSV 带 BOM", default=True)
    direct = models.BooleanField("直接下载", default=False)
    purpose = models.CharField("目的", max_length=200)
    asked_by = models.CharField("导出人", max_length=150)
    asked_at = models.DateTimeField("时间")
    expires_at = models.DateTimeField("销毁时间")
    rows = models.PositiveIntegerField("份数", null=True)
    note = models.TextField("导出说明", blank=True)
    # how many of its collection had been withdrawn when it was read: more now, and it is outdated
    withdrawn = models.PositiveIntegerField("此前撤回", default=0)
    size = models.PositiveBigIntegerField("字节", default=0)
    sha256 = models.CharField("校验值", max_length=64, blank=True)
    key_id = models.CharField(max_length=64, blank=True)
    destroyed_at = models.DateTimeField("已销毁", null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["destroyed_at", "expires_at"])]

    def __str__(self) -> str:
        return f"导出 {self.pk} {self.get_format_display()}"

    def ready(self, now: datetime) -> bool:
        """Whether there is a file that may still be fetched."""
        return bool(self.sha256) and self.destroyed_at is None and now < self.expires_at
