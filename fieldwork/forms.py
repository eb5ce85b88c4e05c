"""Forms of the fieldwork pages: what is asked and its limits; acts are services'."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.db.models import QuerySet

from fieldwork.models import Campaign, CampaignQuestionnaire, Membership, Sample, Unit
from fieldwork.services.drawing import Plan
from fieldwork.services.visits import MOST_WOMEN
from surveys.models import Version


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))


class CampaignForm(forms.ModelForm):
    """Its area is that of the unit."""

    class Meta:
        model = Campaign
        fields = ["title", "round", "unit", "opens_on", "closes_on"]
        labels = {"unit": "组织单位"}
        help_texts = {
            "round": "例如“2026 年第 1 轮”。同一轮的答卷合在一起比较。",
            "unit": "调研的区域就是这个单位的区域。",
        }

    opens_on = _day("开始日期")
    closes_on = _day("结束日期")

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = units, None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens, closes = cleaned.get("opens_on"), cleaned.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", "结束日期不能早于开始日期。")
        return cleaned


class KeyForm(forms.Form):
    passphrase = forms.CharField(
        label="口令",
        min_length=12,
        max_length=200,
        strip=False,
        help_text="至少 12 个字。只有您知道，系统不保存；忘了就再也打不开密封答案。",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再写一遍口令",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "passphrase" in cleaned and cleaned["passphrase"] != cleaned.get("again"):
            self.add_error("again", "两次写的口令不一样。")
        return cleaned


class VersionField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Version) -> str:
        return f"{obj.questionnaire.title}（{obj.version}）"


class SourceForm(forms.Form):
    """One questionnaire for one source; sources already opened are not offered again."""

    source = forms.ChoiceField(label="样本来源", widget=forms.RadioSelect)
    version = VersionField(
        label="问卷版本",
        empty_label=None,
        queryset=Version.objects.filter(state=Version.State.PUBLISHED)
        .select_related("questionnaire")
        .defer("workbook", "xform")
        .order_by("questionnaire__title", "-id"),
    )
    minutes = forms.IntegerField(
        label="大约几分钟", min_value=1, max_value=120, initial=20, help_text="写在填写页和海报上。"
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = set(campaign.questionnaires.values_list("source", flat=True))
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [c for c in CampaignQuestionnaire.Source.choices if c[0] not in taken]

    @property
    def versions(self) -> QuerySet[Version]:
        field = self.fields["version"]
        assert isinstance(field, VersionField)
        assert field.queryset is not None
        return field.queryset


class PlanForm(forms.Form):
    villages = forms.IntegerField(label="抽多少个村（社区）", min_value=1, max_value=5000)
    per_township = forms.IntegerField(
        label="每个乡镇至少几个", min_value=1, max_value=200, help_text="少于 2 个就算不出误差。"
    )
    households = forms.IntegerField(label="每个村抽几户", min_value=1, max_value=200)
    seed = forms.IntegerField(
        label="随机种子",
        min_value=0,
        max_value=2**62,
        help_text="同一种子抽出同一样本，随样本存档。",
    )
    keep = forms.BooleanField(required=False)

    def __init__(self, *args: Any, last: Sample | None, **kwargs: Any) -> None:
        """last: the sample of the round before, whose villages may be kept."""
        super().__init__(*args, **kwargs)
        if last is None:
            del self.fields["keep"]
            return
        self.fields[
            "keep"
        ].label = f"沿用上一轮村居（{last.frame.campaign}，{last.villages.count()} 个村）"
        self.fields["keep"].help_text = (
            "村不重抽，入样概率照旧，村里重新随机抽户；抽样框里新增的村必选。"
            "这样看变化最准。沿用时上面两个村数不起作用。"
        )

    @staticmethod
    def proposal(townships: int) -> dict[str, int]:
        """A usual plan for a county, with a seed of its own."""
        return {
            "villages": 10 * townships,
            "per_township": 10,
            "households": 15,
            "seed": secrets.randbelow(2**31),
        }

    @property
    def plan(self) -> Plan:
        given = self.cleaned_data
        return Plan(
            given["villages"],
            given["per_township"],
            given["households"],
            keep=given.get("keep", False),
        )


class InterviewerField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.unit.name} · {obj.user.first_name or obj.user.get_username()}"


class InterviewerForm(forms.Form):
    member = InterviewerField(
        label="访员", queryset=Membership.objects.none(), empty_label="请选择"
    )

    def __init__(self, *args: Any, members: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["member"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = members


class WomenForm(forms.Form):
    eligible = forms.IntegerField(
        label="这一户住着几位 18 岁以上的妇女？",
        min_value=1,
        max_value=MOST_WOMEN,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "请填整数。", "required": "请填人数。"},
    )
