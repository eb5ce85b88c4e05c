"""Review: what a person decided about one response, and why."""

from django.db import models

from .campaigns import CampaignQuestionnaire


class Review(models.Model):
    class State(models.TextChoices):
        PENDING = "pending", "待审核"
        APPROVED = "approved", "通过"
        RETURNED = "returned", "退回"
        VOID = "void", "作废"

    instance_id = models.CharField(max_length=64, unique=True)
    source = models.ForeignKey(
        CampaignQuestionnaire, on_delete=models.PROTECT, related_name="reviews"
    )
    state = models.CharField("状态", max_length=16, choices=State, default=State.PENDING)
    flags = models.JSONField("提示", default=list)
    reason = models.CharField("理由", max_length=200, blank=True, default="")
    decided_by = models.CharField("审核人", max_length=150, blank=True, default="")
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["source", "state", "id"]),
            models.Index(fields=["source", "state", "decided_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.get_state_display()}"
