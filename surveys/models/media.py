"""Pictures and recordings of questionnaires: each content once, and who names it how."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from .manuscripts import Manuscript
from .questionnaires import Version


class MediaFile(models.Model):
    """The bytes of one picture or recording under their hash. Written once, never changed."""

    sha256 = models.CharField("校验值", max_length=64, unique=True)
    type = models.CharField("类型", max_length=32)
    data = models.BinaryField("内容")

    def __str__(self) -> str:
        return self.sha256

    def save(self, *args, **kwargs) -> None:
        if self.pk:
            raise ValidationError("图片和录音保存后不能修改，请用新文件建立新版本。")
        super().save(*args, **kwargs)


class VersionMedia(models.Model):
    """A file as a version names it. ``sealed``: shown in its sealed section and nowhere else."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="media")
    name = models.CharField("文件名", max_length=200)
    file = models.ForeignKey(MediaFile, on_delete=models.PROTECT, related_name="uses")
    sealed = models.BooleanField("只在密封部分", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="one_file_per_version_name")
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        if self.pk or self.version.state != Version.State.DRAFT:
            raise ValidationError("已导入的版本不能更换图片和录音，请建立新版本。")
        super().save(*args, **kwargs)


class ManuscriptMedia(models.Model):
    """A file as a manuscript names it, brought in the editor. Another content gets another name,
    so that every state one goes back to shows what it showed."""

    manuscript = models.ForeignKey(Manuscript, on_delete=models.CASCADE, related_name="media")
    name = models.CharField("文件名", max_length=200)
    file = models.ForeignKey(MediaFile, on_delete=models.PROTECT, related_name="drafts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["manuscript", "name"], name="one_file_per_manuscript_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
