"""Questionnaire, its immutable Versions, and the Collections that open a version for answers."""

from __future__ import annotations

from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models

from surveys import gateway
from surveys.core import xform as compiler
from surveys.core.definition import Definition


class Questionnaire(models.Model):
    """One questionnaire in all its versions. Carries no area: `fieldwork` binds it to places."""

    form_id = models.CharField("表单标识", max_length=64, unique=True)
    title = models.CharField("名称", max_length=200)

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """One version: the workbook as written, the XForm as served. Frozen from its review on."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        REVIEWED = "reviewed", "已审核"
        PUBLISHED = "published", "已发布"
        CLOSED = "closed", "已停用"
        DISCARDED = "discarded", "已作废"

    # what answers may have been collected with
    IN_USE = (State.PUBLISHED, State.CLOSED)

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="versions"
    )
    version = models.CharField("版本号", max_length=64)
    state = models.CharField("状态", max_length=16, choices=State, default=State.DRAFT)
    workbook = models.BinaryField("工作簿")
    workbook_name = models.CharField("文件名", max_length=200, blank=True)
    xform = models.BinaryField("XForm")
    xform_sha256 = models.CharField("XForm 校验值", max_length=64)
    created_at = models.DateTimeField("建立时间")
    author = models.CharField("作者", max_length=150, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    reviewed_by = models.CharField("审核人", max_length=150, blank=True)
    # of whoever reviewed it, sent it back or discarded it last
    review_note = models.TextField("审核意见", blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.CharField("发布人", max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire", "version"], name="one_row_per_questionnaire_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} {self.version}"

    def save(self, *args, **kwargs) -> None:
        if self.pk:
            self._refuse_change_of_frozen()
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        if self.state != self.State.DRAFT:
            raise ValidationError("草稿以外的版本永久保存，不能删除。")
        return super().delete(*args, **kwargs)

    def _refuse_change_of_frozen(self) -> None:
        kept = Version.objects.filter(pk=self.pk).exclude(state=self.State.DRAFT)
        for old in kept.values("xform_sha256", "version", "questionnaire_id"):
            if any(getattr(self, name) != value for name, value in old.items()):
                raise ValidationError("已审核或发布的版本不能修改，请建立新版本。")

    @property
    def has_workbook(self) -> bool:
        """Not so when it was imported as an XForm; told without reading the bytes."""
        return bool(self.workbook_name) and not self.workbook_name.lower().endswith(".xml")

    @property
    def definition(self) -> Definition:
        """The compiled questionnaire, shared by all rows with the same XForm bytes."""
        return _compiled(self.xform_sha256)


@lru_cache(maxsize=64)
def _compiled(sha256: str) -> Definition:
    """By content, so that a request reads the large XForm once in the life of a process."""
    xform = Version.objects.filter(xform_sha256=sha256).values_list("xform", flat=True)[0]
    root = gateway.parse_xml(bytes(xform), max_nodes=gateway.FORM_NODES)
    definition = compiler.compile(root).definition
    if definition is None:
        raise RuntimeError(f"stored XForm {sha256[:12]} no longer compiles")
    return definition


class Collection(models.Model):
    """The frozen facts of one opened channel, written by `fieldwork`, read by the wizard.

    ``code`` is the unguessable word in the QR link. ``facts`` holds texts shown to her (who asks,
    why, minutes, helpline card) and values carried into the instance (``system``).
    """

    class Channel(models.TextChoices):
        SELF_FILL = "self_fill", "自填"
        INTERVIEW = "interview", "访员访问"
        TABLET = "tablet", "平板"

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="collections")
    code = models.CharField("链接码", max_length=32, unique=True)
    channel = models.CharField("渠道", max_length=16, choices=Channel)
    area_code = models.CharField("区划代码", max_length=12)
    title = models.CharField("对外名称", max_length=100)
    opens_on = models.DateField("开始日期")
    closes_on = models.DateField("结束日期")
    public_key = models.TextField("密封公钥")
    key_id = models.CharField("公钥编号", max_length=32)
    facts = models.JSONField("固定内容", default=dict)

    def __str__(self) -> str:
        return f"{self.title} ({self.get_channel_display()})"

    def is_open(self, today) -> bool:
        return self.opens_on <= today <= self.closes_on
