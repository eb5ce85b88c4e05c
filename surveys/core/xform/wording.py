"""Wording: labels, hints and messages of an XForm by language, embedded values kept as marks."""

from __future__ import annotations

from typing import Any

from ..definition import Media
from ..media import FORMS, NONE
from .logic import Logic
from .names import JR, XF, itext_key, local
from .source import Source

_OUTPUT = "\u2983{}\u2984"  # brackets around an embedded expression inside a label


class Wording:
    """itext (language -> key -> wording) and the readings of a control's texts."""

    def __init__(self, source: Source, logic: Logic) -> None:
        self.logic = logic
        self.itext: dict[str, dict[str, str]] = {}
        self.default_language = ""
        for translation in source.model.findall(f"{XF}itext/{XF}translation"):
            self._read(translation)

    def _read(self, translation: Any) -> None:
        language = translation.get("lang", "")
        if translation.get("default") is not None or not self.itext:
            self.default_language = language
        texts = self.itext.setdefault(language, {})
        for text in translation.findall(f"{XF}text"):
            for value in text.findall(f"{XF}value"):
                form = value.get("form", "")
                key = text.get("id", "") + (f"|{form}" if form else "")
                texts[key] = self._rich(value)

    def _rich(self, element: Any) -> str:
        parts = [element.text or ""]
        for child in element:
            if local(child) == "output":
                source = child.get("value") or child.get("ref") or ""
                parts.append(_OUTPUT.format(source))
                self.logic.output(source)
            parts.append(child.tail or "")
        return "".join(parts).strip()

    def of(self, key: str) -> dict[str, str]:
        """What an itext key says in each language."""
        return {lang: texts[key] for lang, texts in self.itext.items() if key in texts}

    def files(self, key: str) -> Media:
        """The pictures and recordings beside an itext."""
        found: dict[str, dict[str, str]] = {}
        for language, texts in self.itext.items():
            for form in FORMS:
                source = texts.get(f"{key}|{form}", "")
                if source.startswith("jr://"):
                    found.setdefault(form, {})[language] = source.rsplit("/", 1)[-1]
        return found or NONE

    def media(self, control: Any) -> Media:
        label = control.find(f"{XF}label") if control is not None else None
        key = itext_key(label.get("ref", "")) if label is not None else ""
        return self.files(key) if key else NONE

    def label(self, control: Any) -> dict[str, str]:
        return self._child(control, "label")

    def hint(self, control: Any) -> dict[str, str]:
        return self._child(control, "hint")

    def _child(self, control: Any, tag: str) -> dict[str, str]:
        child = control.find(XF + tag) if control is not None else None
        if child is None:
            return {}
        key = itext_key(child.get("ref", ""))
        return self.of(key) if key else {"": self._rich(child)}

    def guidance(self, control: Any) -> dict[str, str]:
        hint = control.find(f"{XF}hint") if control is not None else None
        key = itext_key(hint.get("ref", "")) if hint is not None else ""
        return self.of(f"{key}|guidance") if key else {}

    def message(self, bind: Any, name: str) -> dict[str, str]:
        raw = bind.get(JR + name, "") if bind is not None else ""
        key = itext_key(raw)
        if key:
            return self.of(key)
        return {"": raw} if raw else {}
