"""Coding of an open question: masked answers, the codebook in its versions, two readings, quotes.

No row holds what a woman wrote. Masked text and quotes are ciphertext under the key of her own
response: when she withdraws, that key is destroyed, and the rows follow.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from fieldwork.models import CampaignQuestionnaire

PERSON = settings.AUTH_USER_MODEL


class CodingTask(models.Model):
    """One open question of one source, read by two coders. ``size`` and ``overlap``: 0 means all.

    ``suggestions``: words and themes found while masking; counts of persons, answers by position.
    """

    source = models.ForeignKey(
        CampaignQuestionnaire, on_delete=models.PROTECT, related_name="coding_tasks"
    )
    question = models.CharField("题目", max_length=200)
    label = models.CharField("题目文字", max_length=300)
    first = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    size = models.PositiveIntegerField("编码份数", default=0)
    overlap = models.PositiveIntegerField("两人都编的份数", default=0)
    seed = models.PositiveBigIntegerField("随机数种子")
    written = models.PositiveIntegerField("有作答的份数", default=0)
    suggestions = models.JSONField("词语和主题建议", default=dict)
    opened_by = models.CharField("建立人", max_length=150)
    opened_at = models.DateTimeField("建立时间")
    prepared_at = models.DateTimeField("遮盖完成", null=True)
    finished_by = models.CharField("完成人", max_length=150, blank=True)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "question"], name="one_task_per_question"),
            models.CheckConstraint(
                condition=~models.Q(first=models.F("second")), name="two_coders_are_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.label}"


class MaskedAnswer(models.Model):
    """One answer as coders see it, at its drawn place. ``key_id`` is that of her response."""

    task = models.ForeignKey(CodingTask, on_delete=models.PROTECT, related_name="answers")
    position = models.PositiveIntegerField("序号")
    instance_id = models.CharField(max_length=64, db_index=True)
    key_id = models.CharField(max_length=64)
    body = models.BinaryField("密文")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="one_answer_per_position"),
            models.UniqueConstraint(fields=["task", "instance_id"], name="one_answer_per_response"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.position}"


class Codebook(models.Model):
    """One version of the codes of a task; only readings by the newest one count."""

    task = models.ForeignKey(CodingTask, on_delete=models.PROTECT, related_name="codebooks")
    number = models.PositiveIntegerField("版本")
    made_by = models.CharField("编写人", max_length=150)
    made_at = models.DateTimeField("时间")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="one_codebook_per_number")
        ]

    def __str__(self) -> str:
        return f"编码本第{self.number}版"


class Code(models.Model):
    """``key`` stays the same through the versions. The example is an answer, never its words."""

    codebook = models.ForeignKey(Codebook, on_delete=models.CASCADE, related_name="codes")
    key = models.CharField(max_length=16)
    name = models.CharField("名称", max_length=30)
    definition = models.CharField("定义", max_length=200)
    includes = models.CharField("包括", max_length=200, blank=True)
    excludes = models.CharField("不包括", max_length=200, blank=True)
    example = models.ForeignKey(
        MaskedAnswer, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name="例子"
    )
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["codebook", "key"], name="one_code_per_key")]

    def __str__(self) -> str:
        return self.name


class Coding(models.Model):
    """One coder's reading of one answer; still to be done while it names no codebook."""

    class Doubt(models.TextChoices):
        NONE = "", "没有疑问"
        UNCLEAR = "unclear", "看不懂"
        DISCUSS = "discuss", "需讨论"

    answer = models.ForeignKey(MaskedAnswer, on_delete=models.CASCADE, related_name="codings")
    coder = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    codebook = models.ForeignKey(Codebook, null=True, on_delete=models.PROTECT, related_name="+")
    codes = models.JSONField("编码", default=list)
    doubt = models.CharField("疑问", max_length=16, choices=Doubt, blank=True, default=Doubt.NONE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["answer", "coder"], name="one_reading_per_coder")
        ]

    def __str__(self) -> str:
        return f"{self.answer} {self.coder}"


class Adjudication(models.Model):
    """What counts where two readings differ or a coder was in doubt."""

    class Way(models.TextChoices):
        THIRD = "third", "第三人裁定"
        CONSENSUS = "consensus", "两人商定"

    answer = models.OneToOneField(
        MaskedAnswer, on_delete=models.CASCADE, related_name="adjudication"
    )
    codebook = models.ForeignKey(Codebook, on_delete=models.PROTECT, related_name="+")
    codes = models.JSONField("编码", default=list)
    way = models.CharField("方式", max_length=16, choices=Way)
    reason = models.CharField("理由", max_length=200)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    on = models.DateField("日期")

    def __str__(self) -> str:
        return f"{self.answer} {self.get_way_display()}"


class Quote(models.Model):
    """Words for print: shortened or rephrased by one person, approved by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待审"
        APPROVED = "approved", "可引用"
        REFUSED = "refused", "不引用"

    answer = models.ForeignKey(MaskedAnswer, on_delete=models.CASCADE, related_name="quotes")
    code = models.CharField(max_length=16)
    body = models.BinaryField("密文")
    state = models.CharField("状态", max_length=16, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField("提出日期")
    decided_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    decided_on = models.DateField("审定日期", null=True)
    reason = models.CharField("审定意见", max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("proposed_by")),
                name="nobody_approves_her_own_quote",
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed") | models.Q(decided_by__isnull=False),
                name="decided_means_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer} {self.get_state_display()}"
