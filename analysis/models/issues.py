"""Issue: a need that stands out in one data version; Decision: what people made of it, and why."""

from django.conf import settings
from django.db import models

from .versions import DataVersion


class Issue(models.Model):
    """Found by the figures; the three questions are answered by people (`Decision`)."""

    data_version = models.ForeignKey(DataVersion, on_delete=models.PROTECT, related_name="issues")
    number = models.CharField("编号", max_length=20)
    domain = models.CharField("领域", max_length=32)
    label = models.CharField("名称", max_length=100)
    tier = models.CharField("名次把握", max_length=16)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["data_version", "number"], name="one_issue_per_number"),
            models.UniqueConstraint(fields=["data_version", "domain"], name="one_issue_per_domain"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.label}"


class Decision(models.Model):
    """妇女所需 is in the figures; 党政所急 and 妇联所能 are recorded here. The latest counts."""

    class Result(models.TextChoices):
        MAJOR = "major", "列入重点"
        ORDINARY = "ordinary", "列入一般"
        NOT_NOW = "not_now", "暂不列入"

    class Ours(models.TextChoices):
        OWN = "own", "妇联自办"
        TOGETHER = "together", "协调部门办"
        UPWARD = "upward", "向上反映"

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="decisions")
    party = models.CharField("党政所急", max_length=200)
    ours = models.CharField("妇联所能", max_length=16, choices=Ours)
    ours_note = models.CharField("妇联能做什么", max_length=200)
    result = models.CharField("决定", max_length=16, choices=Result)
    reason = models.CharField("理由", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.issue} {self.get_result_display()}"
