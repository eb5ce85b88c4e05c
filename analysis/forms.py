"""Forms of decisions, actions and their log. What is asked, and its limits; acts are services'."""

from __future__ import annotations

from typing import Any

from django import forms

from analysis.models import Action, Decision, Export
from fieldwork.models import Membership, Unit
from surveys import gateway


def _text(label: str, limit: int, rows: int = 2, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        help_text=help_text,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": f"请填写{label}。"},
    )


def _day(label: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )


class PlainForm(forms.Form):
    """Labels as they are: Chinese labels carry no colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})


class DecisionForm(PlainForm):
    """三所: what the figures say stands above the form; the other two and the reason are asked."""

    party = _text("党政所急", 200, help_text="对应的规划指标、年度任务或领导要求；没有的写“无”。")
    ours = forms.ChoiceField(
        label="妇联所能", choices=Decision.Ours.choices, widget=forms.RadioSelect
    )
    ours_note = _text("妇联能做什么", 200)
    result = forms.ChoiceField(
        label="决定", choices=Decision.Result.choices, widget=forms.RadioSelect
    )
    reason = _text("理由", 300, rows=3, help_text="列入、不列入都要写；决定和理由永久保留。")


class ResponsibleField(forms.ModelChoiceField):
    """One choice names both the unit and the person who answers for it."""

    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.unit.name} · {obj.user.first_name or obj.user.get_username()}"


class ActionForm(PlainForm):
    title = forms.CharField(label="办什么事", max_length=120)
    kind = forms.ChoiceField(label="类别", choices=Action.Kind.choices, widget=forms.RadioSelect)
    target = _text(
        "目标", 200, help_text="能检验的结果，例如“12 月底前 6 个村开班，惠及 300 名妇女”。"
    )
    drop = forms.FloatField(
        label="下一轮要下降多少个百分点",
        required=False,
        min_value=0.1,
        max_value=100,
        help_text="可不填。事先写明，下一轮才能说有没有达到；指需要、紧急又盼妇联帮办的占比。",
    )
    townships = forms.MultipleChoiceField(
        label="在哪些乡镇办",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="都不选就是全县。只在部分乡镇办的，下一轮可以同没有办的乡镇对照。",
    )
    responsible = ResponsibleField(
        label="承办单位与责任人",
        queryset=Membership.objects.none(),
        empty_label="请选择",
        help_text="名单里没有的，请单位管理员先把人加为“承办人员”。",
    )
    co_owners = forms.ModelMultipleChoiceField(
        label="配合单位",
        queryset=Unit.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    deadline = _day("时限")

    def __init__(self, *args: Any, members: Any, units: Any, townships: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["townships"].choices = townships
        fields["responsible"].queryset = members
        fields["co_owners"].queryset = units


class ReportForm(PlainForm):
    on = _day("日期")
    text = _text("做了什么", 500, rows=3)
    reached = forms.IntegerField(label="惠及妇女人数", min_value=0, max_value=1_000_000, initial=0)
    file = forms.FileField(
        label="证明材料",
        required=False,
        help_text="PDF、JPG 或 PNG，不超过 5 MB；照片里的位置和设备信息会自动去掉。"
        "请勿上传群众的姓名、住址、面部照片。",
        widget=forms.ClearableFileInput({"accept": ".pdf,.jpg,.jpeg,.png"}),
    )
    name = forms.CharField(
        label="没有电子文件时，写明材料名称和存放处",
        max_length=120,
        required=False,
    )

    def evidence(self) -> tuple[str, bytes] | None:
        """Name and bytes of the file, or the name alone of what lies on the unit's shelf."""
        upload = self.cleaned_data["file"]
        if upload:
            return str(upload.name), upload.read(gateway.EVIDENCE_BYTES + 1)
        name = self.cleaned_data["name"].strip()
        return (name, b"") if name else None


class NoteForm(PlainForm):
    """One sentence: what is missing, or what was checked."""

    note = _text("意见", 300)


class ExtendForm(PlainForm):
    deadline = _day("新的时限")
    reason = _text("延期理由", 300)


class ExportForm(PlainForm):
    format = forms.ChoiceField(label="格式", choices=Export.Format.choices)
    bom = forms.BooleanField(
        label="CSV 供 Excel、WPS 打开（带 BOM）", required=False, initial=True,
        help_text="给统计软件读取时去掉勾选。",
    )  # fmt: skip
    purpose = forms.CharField(
        label="导出目的", min_length=4, max_length=200,
        help_text="写清楚用来做什么、谁来用。记入审计，写进导出说明。",
        error_messages={
            "required": "请填写导出目的：用来做什么、谁来用。",
            "min_length": "导出目的至少写 4 个字：用来做什么、谁来用。",
        },
    )  # fmt: skip
