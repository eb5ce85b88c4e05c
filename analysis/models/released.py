"""ReleasedTable: what left through the gate, so that the next table can be held against it."""

from django.db import models

from fieldwork.models import CampaignQuestionnaire


class ReleasedTable(models.Model):
    """One release of counts of a source. ``body`` also holds the hidden ones, so it is sealed."""

    source = models.ForeignKey(
        CampaignQuestionnaire, on_delete=models.PROTECT, related_name="released"
    )
    what = models.CharField("内容", max_length=200)
    body = models.BinaryField("格")
    key_id = models.CharField(max_length=64)
    released_at = models.DateTimeField("时间")
    released_by = models.CharField("发布人", max_length=150)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source} {self.what}"
