"""Forms of the authoring pages: beginning a questionnaire, naming a manuscript or a version."""

from __future__ import annotations

from typing import Any

from django import forms

from . import question_bank

TITLE = "请写问卷名称，不超过 100 个字。"


class NewQuestionnaire(forms.Form):
    """A questionnaire written from nothing, from the example, or from modules of the bank."""

    START = {
        "empty": "空白：一题一题自己加",
        "template": "示例：一份能用的小问卷，照着改",
        "bank": "题库：选下面的模块，题目、选项和跳题条件一起带入",
    }
    title = forms.CharField(
        label="问卷名称（填写的人会看到，用中性的名称）",
        max_length=100,
        error_messages={"required": TITLE},
    )
    form_id = forms.RegexField(
        r"^[A-Za-z][A-Za-z0-9_]{0,39}$",
        label="表单标识（字母开头，只含字母、数字、下划线；各个版本不变）",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "needs_2027"}),
        error_messages={
            "required": "请写表单标识，例如 needs_2027。",
            "invalid": "请用字母开头，只含字母、数字、下划线，例如 needs_2027。",
        },
    )
    start = forms.ChoiceField(
        label="从哪里开始", choices=list(START.items()), widget=forms.RadioSelect, initial="empty"
    )
    modules = forms.MultipleChoiceField(
        label="题库模块", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        modules = question_bank.modules()
        self.fields["modules"].choices = [  # type: ignore[attr-defined]
            (m.code, f"{m.title}（{m.questions} 题）") for m in modules
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("start") == "bank" and not cleaned.get("modules"):
            self.add_error("modules", "请至少选一个模块，或改从空白开始。")
        return cleaned

    @property
    def chosen(self) -> list[question_bank.Module]:
        wanted = set(self.cleaned_data["modules"])
        return [module for module in question_bank.modules() if module.code in wanted]


class ManuscriptTitle(forms.Form):
    title = forms.CharField(label="新的名称", max_length=100, error_messages={"required": TITLE})


class VersionNumber(forms.Form):
    """The number of a new version, and the state of the manuscript she has seen."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.RegexField(
        r"^[0-9A-Za-z._-]{1,40}$",
        label="新的版本号",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "版本号只用数字、字母、点和短横线，最多 40 个。"},
    )
