"""DataVersion: figures frozen once, from which every document, page and table is printed."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from fieldwork.models import Campaign, CampaignQuestionnaire


class DataVersion(models.Model):
    """One frozen set of gated figures. ``figures_json`` is the exact text; never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="data_versions")
    number = models.PositiveIntegerField("数据版")
    figures_json = models.TextField("数字")
    # source -> generation of the snapshot the figures were computed from
    snapshots = models.JSONField("快照", default=dict)
    sha256 = models.CharField("校验值", max_length=64)
    revision = models.CharField("程序版本", max_length=40)
    frozen_at = models.DateTimeField("冻结时间")
    frozen_by = models.CharField("冻结人", max_length=150)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="one_row_per_data_version")
        ]

    def __str__(self) -> str:
        return f"V{self.number}"

    def save(self, *args, **kwargs) -> None:
        if self.pk:
            raise ValidationError("数据版一经冻结不能修改，请另行冻结新的数据版。")
        super().save(*args, **kwargs)

    @property
    def figures(self) -> dict[str, Any]:
        return json.loads(self.figures_json)

    @property
    def withdrawn(self) -> int:
        """How many responses behind the figures were taken back since."""
        return sum(
            Departure.objects.filter(
                source_id=int(source), since__lte=generation, until__gt=generation
            ).count()
            for source, generation in self.snapshots.items()
        )


class Departure(models.Model):
    """A withdrawn response left a snapshot: it was in the generations from ``since`` to ``until``.

    Says when and from which source, never who.
    """

    source = models.ForeignKey(CampaignQuestionnaire, on_delete=models.PROTECT)
    since = models.BigIntegerField("进入")
    until = models.BigIntegerField("离开")
    left_on = models.DateField("日期")

    class Meta:
        indexes = [models.Index(fields=["source", "since"])]

    def __str__(self) -> str:
        return f"{self.source} {self.left_on}"


class Document(models.Model):
    """One printed document of a data version. ``facts`` are the issues and actions of that day."""

    class Kind(models.TextChoices):
        BRIEF = "brief", "要情专报"
        SURVEY = "survey", "调研报告"
        PROGRESS = "progress", "办理通报"

    data_version = models.ForeignKey(
        DataVersion, on_delete=models.PROTECT, related_name="documents"
    )
    kind = models.CharField("种类", max_length=16, choices=Kind)
    facts = models.JSONField("问题与事项", default=dict)
    pdf = models.BinaryField("PDF")
    sha256 = models.CharField("校验值", max_length=64)
    made_at = models.DateTimeField("生成时间")
    made_by = models.CharField("生成人", max_length=150)

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.data_version}"
