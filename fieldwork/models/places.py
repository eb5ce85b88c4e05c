"""Area: a code that meant a place for a while. Codes are merged and split every year."""

from django.core.exceptions import ValidationError
from django.db import models

from fieldwork.core import areas


class AreaQuerySet(models.QuerySet["Area"]):
    def on(self, day):
        """Areas valid on that day."""
        open_end = models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=day)
        return self.filter(open_end, valid_from__lte=day)

    def under(self, scope: str):
        return self.filter(code__startswith=areas.significant(scope))


class Area(models.Model):
    code = models.CharField("区划代码", max_length=12)
    name = models.CharField("名称", max_length=100)
    kind = models.CharField("城乡分类", max_length=3, blank=True, default="")
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True, blank=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="one_area_per_start")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"

    def clean(self) -> None:
        if not areas.is_code(self.code):
            raise ValidationError("区划代码应为 12 位数字。")
