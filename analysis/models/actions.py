"""Action: what a unit does about an issue until somebody else agrees that it is done."""

from django.conf import settings
from django.db import models

from fieldwork.models import Unit

from .issues import Issue


class Action(models.Model):
    class Kind(models.TextChoices):
        GUIDE = "guide", "引领"
        SERVE = "serve", "服务"
        CONTACT = "contact", "联系"
        RIGHTS = "rights", "维权"

    class State(models.TextChoices):
        NEW = "new", "待签收"
        MOVING = "moving", "办理中"
        CHECKING = "checking", "待验收"
        CLOSED = "closed", "已销号"

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="actions")
    number = models.CharField("编号", max_length=20, unique=True)
    title = models.CharField("事项", max_length=120)
    kind = models.CharField("类别", max_length=16, choices=Kind)
    target = models.CharField("目标", max_length=200)
    # named beforehand, judged by the next round: percentage points the joint share is to fall by
    drop = models.FloatField("目标降幅", null=True)
    # townships it is for; none: the whole area, and nothing to compare with
    townships = models.JSONField("办理乡镇", default=list)
    owner_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="actions")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_actions"
    )
    co_owners = models.ManyToManyField(Unit, related_name="shared_actions", blank=True)
    deadline = models.DateField("时限")
    state = models.CharField("状态", max_length=16, choices=State, default=State.NEW)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    opened_on = models.DateField("确定日期")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_on = models.DateField("销号日期", null=True)
    closing_note = models.CharField("验收意见", max_length=300, blank=True, default="")

    class Meta:
        ordering = ["deadline", "number"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(closed_by=models.F("owner")), name="owner_never_closes_own"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="closed")
                | models.Q(closed_by__isnull=False, closed_on__isnull=False),
                name="closed_means_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Progress(models.Model):
    """One entry of the log: what was done, how many women it reached, what shows it.

    ``evidence_name`` names the proof; its file may lie in ``evidence`` or on the unit's own shelf.
    """

    class Kind(models.TextChoices):
        REPORT = "report", "进展"
        ASKED = "asked", "申请销号"
        RETURNED = "returned", "退回补充"
        EXTENDED = "extended", "延期"

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="progress")
    kind = models.CharField("种类", max_length=16, choices=Kind, default=Kind.REPORT)
    on = models.DateField("日期")
    text = models.CharField("进展", max_length=500)
    reached = models.PositiveIntegerField("惠及妇女", default=0)
    evidence_name = models.CharField("证明材料", max_length=120, blank=True, default="")
    evidence = models.BinaryField(default=bytes)
    evidence_sha256 = models.CharField(max_length=64, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["on", "id"]

    def __str__(self) -> str:
        return f"{self.action} {self.on}"
