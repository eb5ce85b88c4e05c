"""Forms of decisions, actions and their log. What is asked, and its limits; acts are services'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms

from analysis.core.spec import AREA, Spec
from analysis.models import Action, Adjudication, Coding, Decision, Export
from analysis.services.coding import NOTHING
from fieldwork.models import Membership, Unit
from surveys import gateway, typed

if TYPE_CHECKING:
    from analysis.core.variables import Variable


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


class UnitsField(forms.ModelMultipleChoiceField):
    def clean(self, value: Any) -> Any:
        """A number no database holds is no unit, and no error of the database either."""
        return super().clean(["0" if typed.whole(str(v)) is None else v for v in value or ()])


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
    co_owners = UnitsField(
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


class WorkbenchForm(PlainForm):
    """What to tabulate. A condition is question and option in one list."""

    question = forms.ChoiceField(label="分析哪道题")
    by = forms.ChoiceField(label="按什么分组", required=False)
    where = forms.ChoiceField(
        label="只看哪些人", required=False, help_text="只算符合这个条件的妇女；不选就是全部。"
    )
    area = forms.ChoiceField(label="只看哪个乡镇", required=False)

    def __init__(self, *args: Any, known: Mapping[str, Variable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        variables = list(known.values())
        none, whole = [("", "不分组")], [("", "全部")]
        fields["question"].choices = _by_part(variables)
        others = [v for v in variables if v.splits and not v.background and v.key[0] != "@"]
        known_facts = [v for v in variables if v.background]
        fields["by"].choices = [
            *none, *_by_part(known_facts), ("其他选择题", [(v.key, _coded(v)) for v in others])
        ]  # fmt: skip
        fields["where"].choices = whole + [
            (v.label, [(f"{v.key}|{value}", f"{_cut(v.label, 12)}：{label}")
                       for value, label in v.classes])
            for v in known_facts if v.key != AREA
        ]  # fmt: skip
        fields["area"].choices = [("", "全县"), *known[AREA].classes]

    def spec(self) -> Spec:
        asked = self.cleaned_data
        where, _, option = asked["where"].partition("|")
        return Spec(asked["question"], asked["by"], where, option, asked["area"])


def _by_part(variables: list[Variable]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Variables under their headings."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for variable in variables:
        parts.setdefault(variable.part, []).append((variable.key, _coded(variable)))
    return list(parts.items())


def _coded(variable: Variable) -> str:
    """A question after its code, so that typing the code finds it in the list."""
    code = "" if variable.key[0] == "@" else f"{variable.key.partition('#')[0]} "
    return code + _cut(variable.label)


def _cut(label: str, longest: int = 36) -> str:
    return label if len(label) <= longest else f"{label[:longest]}…"


class NameForm(PlainForm):
    name = forms.CharField(
        label="名称", max_length=80, help_text="保存后，本区域有权限的同事都能在分析台看到。"
    )


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


class CoderField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user.first_name or obj.user.get_username()}（{obj.unit.name}）"


class CodingTaskForm(PlainForm):
    first = CoderField(label="编码员甲", queryset=Membership.objects.none(), empty_label="请选择")
    second = CoderField(label="编码员乙", queryset=Membership.objects.none(), empty_label="请选择")
    size = forms.IntegerField(
        label="编多少份", min_value=0, max_value=100_000, initial=0,
        help_text="0 表示全部；填数字则随机抽取这么多份，不足 30 份时占比不公布。",
    )  # fmt: skip
    overlap = forms.IntegerField(
        label="其中两人都编的份数", min_value=0, max_value=100_000, initial=0,
        help_text="0 表示每份都由两人编，最稳妥；只能编一部分时，建议至少 100 份。",
    )  # fmt: skip

    def __init__(self, *args: Any, coders: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["first"].queryset = fields["second"].queryset = coders


class ReplaceCoderForm(PlainForm):
    seat = forms.ChoiceField(
        label="换哪一位", choices=[("first", "编码员甲"), ("second", "编码员乙")]
    )
    person = CoderField(label="换成", queryset=Membership.objects.none(), empty_label="请选择")

    def __init__(self, *args: Any, coders: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["person"].queryset = coders


class CodeForm(PlainForm):
    """One row of a codebook; a row without a name is left out."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="名称", max_length=30, required=False)
    definition = forms.CharField(label="定义", max_length=200, required=False)
    includes = forms.CharField(label="包括", max_length=200, required=False)
    excludes = forms.CharField(label="不包括", max_length=200, required=False)
    example = forms.IntegerField(
        label="例子（第几条）", min_value=1, max_value=1_000_000, required=False
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("name") and not found.get("definition"):
            self.add_error("definition", "请写一句定义，两位编码员要照着它编。")
        return found


CodebookFormSet = forms.formset_factory(CodeForm, extra=3, max_num=60, absolute_max=60)


class CodesForm(PlainForm):
    """Codes of one answer: some of the codebook, or explicitly none."""

    codes = forms.MultipleChoiceField(
        label="提到了什么（可多选）", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["codes"].choices = [*choices, (NOTHING, "以上都没有提到")]

    def clean_codes(self) -> list[str]:
        codes: list[str] = self.cleaned_data["codes"]
        if NOTHING in codes and len(codes) > 1:
            raise forms.ValidationError("“以上都没有提到”不能和别的编码一起选。")
        return codes


class ReadingForm(CodesForm):
    doubt = forms.ChoiceField(
        label="有没有疑问", choices=Coding.Doubt.choices, required=False, initial="",
        widget=forms.RadioSelect,
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "codes" in found and not found["codes"] and not found.get("doubt"):
            raise forms.ValidationError(
                "请至少选一项；都不符合选“以上都没有提到”，看不懂也请标明。"
            )
        return found


class AdjudicationForm(CodesForm):
    way = forms.ChoiceField(
        label="怎样定的", choices=Adjudication.Way.choices, widget=forms.RadioSelect
    )
    reason = _text("理由", 200)

    def clean_codes(self) -> list[str]:
        codes = super().clean_codes()
        if not codes:
            raise forms.ValidationError("请选定编码；都不符合选“以上都没有提到”。")
        return codes


class QuoteForm(PlainForm):
    position = forms.IntegerField(label="第几条作答", min_value=1, max_value=1_000_000)
    code = forms.ChoiceField(label="说明哪一项")
    words = _text("引用的话", 120, help_text="可以节选、改写，不改变意思；不写地名、人名、年龄等。")

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["code"].choices = choices


class QuoteDecisionForm(PlainForm):
    decision = forms.ChoiceField(
        label="审定", choices=[("approve", "可以引用"), ("refuse", "不引用")],
        error_messages={"required": "请按“可以引用”或“不引用”。"},
    )  # fmt: skip
    reason = forms.CharField(label="意见", max_length=200, required=False)
