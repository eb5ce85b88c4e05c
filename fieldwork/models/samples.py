"""Frame, sample and assignments, with every inclusion probability that was used."""

from django.conf import settings
from django.db import models

from fieldwork.core.outcomes import Disposition

from .campaigns import Campaign


class Frame(models.Model):
    """The imported list a sample is drawn from; a new import is a new frame."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="frames")
    imported_on = models.DateField()
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.campaign} {self.imported_on}"


class FrameVillage(models.Model):
    """A village of the frame: the size villages are drawn by, and its women for calibration."""

    frame = models.ForeignKey(Frame, on_delete=models.CASCADE, related_name="villages")
    code = models.CharField("区划代码", max_length=12)
    name = models.CharField("名称", max_length=100)
    urban = models.BooleanField("城镇")
    households = models.PositiveIntegerField("户数")
    women = models.PositiveIntegerField("18 岁以上妇女")
    # age class -> women, when the frame tells them; then weights are raked to age as well
    women_by_age = models.JSONField("分年龄妇女", default=dict)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["frame", "code"], name="village_once_per_frame")
        ]

    def __str__(self) -> str:
        return self.name


class Sample(models.Model):
    """One draw: seed, plan and what came out of it."""

    frame = models.ForeignKey(Frame, on_delete=models.PROTECT, related_name="samples")
    seed = models.BigIntegerField("随机种子")
    plan = models.JSONField("方案")
    drawn_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.frame} #{self.seed}"


class SampledVillage(models.Model):
    sample = models.ForeignKey(Sample, on_delete=models.CASCADE, related_name="villages")
    village = models.ForeignKey(FrameVillage, on_delete=models.PROTECT)
    stratum = models.CharField("层", max_length=12)
    probability = models.FloatField("入样概率")
    households_listed = models.PositiveIntegerField("列户数")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sample", "village"], name="village_once_per_sample")
        ]

    def __str__(self) -> str:
        return f"{self.village} π={self.probability:.4f}"


class Household(models.Model):
    """A listed and drawn household; its address stays in the field office, here only a number."""

    village = models.ForeignKey(SampledVillage, on_delete=models.CASCADE, related_name="households")
    number = models.PositiveIntegerField("户号")
    probability = models.FloatField("户入样概率")
    eligible_women = models.PositiveSmallIntegerField("合格妇女数", null=True)
    # 1 = the oldest; drawn once, kept, so that nobody picks who is at home
    selected_order = models.PositiveSmallIntegerField("抽中的妇女", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["village", "number"], name="household_once_per_village")
        ]

    def __str__(self) -> str:
        return f"{self.village_id}-{self.number}"


class Assignment(models.Model):
    """A household somebody is asked to visit. ``code`` is what answers carry as their context."""

    household = models.OneToOneField(Household, on_delete=models.PROTECT)
    interviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="assignments"
    )
    code = models.CharField(max_length=32, unique=True)
    disposition = models.CharField(
        "处置代码",
        max_length=16,
        choices=[(d.value, d.label) for d in Disposition],
        blank=True,
        default="",
    )

    def __str__(self) -> str:
        return self.code


class VillageForm(models.Model):
    """The form about a drawn village. ``code`` is what its answers carry as their context."""

    village = models.OneToOneField(SampledVillage, on_delete=models.CASCADE, related_name="form")
    interviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="village_forms"
    )
    code = models.CharField(max_length=32, unique=True)

    def __str__(self) -> str:
        return self.code


class ContactAttempt(models.Model):
    """When somebody knocked, and what came of it. Time only: no position is ever taken."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField("时间")
    result = models.CharField(
        "结果", max_length=16, choices=[(d.value, d.label) for d in Disposition]
    )
    note = models.CharField("备注", max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.assignment} {self.at:%m-%d %H:%M}"
