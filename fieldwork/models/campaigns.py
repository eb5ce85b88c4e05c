"""Campaign: one round of one area, the questionnaire versions it uses and when."""

from django.db import models

from surveys.models import Collection, Version

from .people import Unit


class Campaign(models.Model):
    class State(models.TextChoices):
        PREPARING = "preparing", "准备中"
        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"

    title = models.CharField("名称", max_length=100)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    area_code = models.CharField("区划代码", max_length=12, db_index=True)
    round = models.CharField("轮次", max_length=20)
    opens_on = models.DateField("开始日期")
    closes_on = models.DateField("结束日期")
    state = models.CharField("状态", max_length=16, choices=State, default=State.PREPARING)
    public_key = models.TextField("密封公钥", blank=True)
    key_id = models.CharField("公钥编号", max_length=32, blank=True)

    def __str__(self) -> str:
        return self.title


class CampaignQuestionnaire(models.Model):
    """A version bound to a campaign for one source of answers, and the channel it opened."""

    class Source(models.TextChoices):
        PROBABILITY = "probability", "概率样本"
        VOLUNTEER = "volunteer", "自愿扫码"
        CONTACT = "contact", "联系对象"
        VILLAGE = "village", "村居"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="questionnaires")
    version = models.ForeignKey(Version, on_delete=models.PROTECT)
    source = models.CharField("样本来源", max_length=16, choices=Source)
    collection = models.OneToOneField(
        Collection, on_delete=models.PROTECT, related_name="campaign_questionnaire"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "source"], name="one_channel_per_source")
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.get_source_display()}"
