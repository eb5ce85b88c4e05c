"""Append-only journal of acts (hash chain) and the table of background jobs."""

from django.core.exceptions import ValidationError
from django.db import models


class AuditEvent(models.Model):
    """One act. ``hash`` covers the row and the previous hash; see `surveys/audit.py`."""

    seq = models.BigIntegerField("序号", unique=True)
    at = models.DateTimeField("时间")
    actor = models.CharField("操作人", max_length=150)
    action = models.CharField("动作", max_length=64)
    target = models.CharField("对象", max_length=200)
    data_class = models.CharField("数据级别", max_length=4, blank=True)
    purpose = models.CharField("目的", max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"

    def save(self, *args, **kwargs) -> None:
        if self.pk:
            raise ValidationError("审计记录只能追加。")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise ValidationError("审计记录不能删除。")


class Job(models.Model):
    """A piece of background work: the row is the queue, the progress bar and the result."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        FAILED = "failed", "失败"

    kind = models.CharField("种类", max_length=64)
    params = models.JSONField(default=dict)
    unique_key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    owner = models.CharField(max_length=150, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    heartbeat = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.get_state_display()}"
