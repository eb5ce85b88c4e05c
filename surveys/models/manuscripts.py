"""A workbook being edited in the browser, with every state it went through.

A change, an undo and a redo each add a Revision; none is ever rewritten, so that nobody's work
disappears. ``Manuscript.revision`` is the number of the newest one: whoever saves names the number
she started from, and is told when another has come in between.
"""

from __future__ import annotations

from django.db import models

from .questionnaires import Version


class Manuscript(models.Model):
    """What is being written: from a version of a questionnaire, or from nothing."""

    version = models.ForeignKey(
        Version, on_delete=models.SET_NULL, null=True, blank=True, related_name="manuscripts"
    )
    title = models.CharField("名称", max_length=200)
    revision = models.PositiveIntegerField("修订号", default=0)
    started_by = models.CharField("建立人", max_length=150)
    started_at = models.DateTimeField("建立时间")
    # of the state its version was saved from, or was opened as
    saved_revision = models.PositiveIntegerField("存为版本时的修订号", default=0)
    archived_at = models.DateTimeField("收起时间", null=True)
    archived_by = models.CharField("收起人", max_length=150, blank=True)

    def __str__(self) -> str:
        return self.title

    @property
    def standing(self) -> str:
        """How it stands to its version, in words."""
        if self.version is None:
            return "还没有存为版本"
        named = f"版本 {self.version.version}（{self.version.get_state_display()}）"
        same = self.revision <= self.saved_revision
        return f"与{named}相同" if same else f"{named}以后有改动，还没有存为版本"


class Revision(models.Model):
    """One state of a manuscript: the workbook, who made it so, and where undo and redo lead."""

    manuscript = models.ForeignKey(Manuscript, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField("修订号")
    workbook = models.BinaryField("工作簿")
    summary = models.CharField("改了什么", max_length=200)
    edited_by = models.CharField("编辑人", max_length=150)
    edited_at = models.DateTimeField("编辑时间")
    undo_to = models.PositiveIntegerField("撤销后的修订号", null=True)
    redo_to = models.PositiveIntegerField("重做后的修订号", null=True)
    # what the import says of it: filled in when first asked for
    problems = models.JSONField("检查结果", null=True)
    xform = models.BinaryField("XForm", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["manuscript", "number"], name="one_row_per_manuscript_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.manuscript} {self.number}"
