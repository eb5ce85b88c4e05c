"""How long each kind of data is kept, as rows a lawyer can check and a unit can shorten."""

from __future__ import annotations

from django.db import models


class RetentionRule(models.Model):
    """One kind of data and its longest stay. The rows come with a migration, one per kind."""

    class Kind(models.TextChoices):
        CONTACT = "contact", "联系方式"
        DRAFT = "draft", "没有提交的草稿"
        SENSITIVE = "sensitive", "敏感答案"
        ORDINARY = "ordinary", "一般答案"
        PARADATA = "paradata", "作答过程记录"
        AUDIT = "audit", "审计记录"

    kind = models.CharField("数据", max_length=16, choices=Kind, unique=True)
    data_class = models.CharField("数据级别", max_length=4)
    days = models.PositiveIntegerField("保留天数")
    article = models.CharField("依据", max_length=200)
    checked_on = models.DateField("法务核对日期", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.days} 天"

    @classmethod
    def days_of(cls, kind: str) -> int:
        return cls.objects.values_list("days", flat=True).get(kind=kind)
