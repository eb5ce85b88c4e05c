"""Question -> form field. One entry per kind in QUESTION_FIELDS; logic stays in `Interview`.

A field only turns what the browser sent into the instance's lexical value and back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from .core.definition import Choice, Question
from .core.interview import Interview, Item, Page
from .showing import NOTHING, Showing, Shown

_SENTENCES = {
    "required_missing": "请回答这一题。",
    "constraint_failed": "这个回答不在允许的范围里，请再看一看。",
    "value_not_possible": "这个回答不能识别，请重新填写。",
}
_IMPOSSIBLE = {
    "integer": "请只填整数，例如 3。",
    "decimal": "请只填数字，例如 3 或 2.5。",
    "date": "请填日期，例如 2026-11-23。",
}
# On a phone only the first places can be told apart; a form may say otherwise (nr:places).
RANK_PLACES = 3
RANGE_STEPS = 100  # more marks than that are no scale
_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class Choices(forms.MultipleChoiceField):
    """Several options; the value is their names with blanks between, in list order."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> str:
        return " ".join(super().clean(value))


class Ranking(forms.MultiValueField):
    """First, second, third ... one list box each: works with no script and no dragging."""

    def __init__(self, *, choices: list[tuple[str, str]], places: int, **kwargs: Any) -> None:
        options = [("", "请选择"), *choices]
        fields = [forms.ChoiceField(choices=options, required=False) for _ in range(places)]
        widget = _RankWidget([forms.Select(choices=options) for _ in range(places)])
        super().__init__(fields=fields, widget=widget, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> str:
        chosen = [name for name in data_list if name]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError("每一项只能排一次，请把重复的改成别的。")
        return " ".join(chosen)


class _RankWidget(forms.MultiWidget):
    def boxes(self, name: str, value: Any, auto_id: str) -> list[dict[str, str]]:
        """Each list box with the words that stand before it."""
        values = value if isinstance(value, list) else self.decompress(value)
        found = []
        for index, widget in enumerate(self.widgets):
            own = f"{auto_id}_{index}"
            box = widget.render(f"{name}_{index}", values[index], {"id": own})
            found.append({"id": own, "label": f"第 {index + 1} 位", "box": box})
        return found

    def decompress(self, value: str | None) -> list[str]:
        chosen = (value or "").split()
        return chosen + [""] * (len(self.widgets) - len(chosen))


Options = list[tuple[str, str]]
Maker = Callable[[Question, Options, dict[str, Any]], forms.Field]


def _text(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    lines = {"multiline", "w3"} & set(question.appearance.split())
    widget = forms.Textarea(attrs={"rows": 3}) if lines else forms.TextInput()
    widget.attrs["autocomplete"] = "off"
    too_long = {"max_length": "请不要超过 %(limit_value)d 个字。"}
    return forms.CharField(widget=widget, max_length=2000, error_messages=too_long, **common)


class Number(forms.CharField):
    """Digits as typed, full-width ones too (many keyboards give them)."""

    def clean(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", str(super().clean(value)))


def _number(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    return Number(widget=forms.TextInput(attrs=_NUMBER), **common)


def _date(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **common)


def _time(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(widget=forms.TimeInput(attrs={"type": "time"}), **common)


def _one(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)


def _many(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    return Choices(choices=options, **common)


def _rank(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    places = int(question.properties.get("places", RANK_PLACES))
    return Ranking(choices=options, places=min(len(options), places), **common)


def _range(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    limits = question.parameters
    start, end = Decimal(limits.get("start", "0")), Decimal(limits.get("end", "10"))
    step = abs(Decimal(limits.get("step", "1"))) or Decimal(1)
    count = min(int(abs(end - start) / step), RANGE_STEPS)
    marks = [str(start + n * step * (1 if end >= start else -1)) for n in range(count + 1)]
    return _one(question, [(mark, mark) for mark in marks], common)


def _acknowledge(question: Question, options: Options, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=[("OK", "知道了")], widget=forms.RadioSelect, **common)


QUESTION_FIELDS: dict[str, Maker] = {
    "text": _text,
    "integer": _number,
    "decimal": _number,
    "date": _date,
    "time": _time,
    "select_one": _one,
    "select_multiple": _many,
    "rank": _rank,
    "range": _range,
    "acknowledge": _acknowledge,
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What a template needs of a question besides its field: options set apart, and media."""

    missing: frozenset[str]
    shown: Shown
    options: dict[str, Shown]


class PageForm(forms.Form):
    """One page. ``interview`` judges; answers go into it, errors come out in plain words."""

    page: Page

    def __init__(
        self,
        *args: Any,
        interview: Interview,
        language: str,
        showing: Showing = NOTHING,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.interview, self.language, self.showing = interview, language, showing
        asked = [item for item in self.page.items if item.question.kind != "note"]
        self.names = {f"q{i}": item for i, item in enumerate(asked)}
        for name, item in self.names.items():
            maker = QUESTION_FIELDS.get(item.question.kind)
            if maker:
                field = maker(item.question, self._options(item), self._common(item))
                field.beside = self._beside(item)  # type: ignore[attr-defined]
                self.fields[name] = field
                self.initial[name] = self._initial(item)

    def _options(self, item: Item) -> Options:
        wording = self.interview.text
        return [
            (c.name, wording(c.label, self.language, item.path))
            for c in self._ordered(self.interview.choices(item.path))
        ]

    def _beside(self, item: Item) -> Beside:
        choices = self.interview.choices(item.path)
        return Beside(
            frozenset(c.name for c in choices if c.missing),
            self.showing.of(item.question.media),
            {c.name: self.showing.of(c.media) for c in choices if c.media},
        )

    @staticmethod
    def _ordered(choices: tuple[Choice, ...]) -> list[Choice]:
        """Ways not to answer come last, apart from the answers."""
        return sorted(choices, key=lambda choice: bool(choice.missing))

    def _common(self, item: Item) -> dict[str, Any]:
        question, wording = item.question, self.interview.text
        return {
            "label": wording(question.label, self.language, item.path),
            "help_text": wording(question.hint, self.language, item.path),
            "required": False,
        }

    def _initial(self, item: Item) -> Any:
        value = self.interview.value(item.path)
        return value.split() if item.question.kind == "select_multiple" else value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, item in self.names.items():
            if name in self.fields and name not in self.errors:
                self.interview.set(item.path, str(cleaned.get(name, "")).strip())
        for name, item in self.names.items():
            if name in self.fields and name not in self.errors:
                self._judge(name, item)
        return cleaned

    def _judge(self, name: str, item: Item) -> None:
        question = item.question
        own = {
            "required_missing": question.required_message,
            "constraint_failed": question.constraint_message,
        }
        for problem in self.interview.problems_at(item.path):
            said = self.interview.text(own.get(problem.code, {}), self.language, item.path)
            self.add_error(name, said or self._sentence(problem.code, question.kind))

    @staticmethod
    def _sentence(code: str, kind: str) -> str:
        own = _IMPOSSIBLE.get(kind) if code == "value_not_possible" else None
        return own or _SENTENCES[code]

    @property
    def values(self) -> dict[str, str]:
        """Path -> value of this page after cleaning."""
        return {item.path: self.interview.value(item.path) for item in self.names.values()}


def form_for(page: Page) -> type[PageForm]:
    return type("Page", (PageForm,), {"page": page})


class EmptyForm(forms.Form):
    """A page that only wants 继续: the safety page, the check page."""

    def __init__(
        self, *args: Any, interview: Interview, language: str, showing: Showing, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)


class ResumeForm(forms.Form):
    code = forms.CharField(
        label="续填码",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请输入 12 位续填码。"},
    )
