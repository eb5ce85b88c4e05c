"""Trying a version at the desk: the respondent's own pages, with nothing stored.

The answers travel in a signed field of the form and come back with the next post; they reach no
table, no draft and no log. Pages, their order and their checks are those of the wizard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core import signing
from django.http import QueryDict

from . import forms, layout, packing
from .core import languages
from .core.interview import Interview, Page
from .models import Version
from .showing import showing

END = "end"
SIZES = {"normal": "标准", "large": "大字", "xlarge": "特大"}
MODES = {"respondent": "本人填写", "interviewer": "访员访问"}
_SALT, _DAY = "surveys.preview", 86_400


@dataclass
class Trial:
    """One version being tried: what was answered so far and how it is looked at."""

    version: Version
    now: datetime
    size: str = "normal"
    mode: str = "respondent"
    language: str = ""
    answers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        definition = self.version.definition
        facts = {"rotation": "1", "started": self.now.date().isoformat()}
        self.given = packing.system_values(definition, facts)
        self.interview = Interview(
            definition, self.given | self.answers, now=self.now, first_load=not self.answers
        )
        self.showing = showing(self.version, self.language)
        self.lay_out()

    @classmethod
    def from_post(cls, version: Version, data: QueryDict, now: datetime) -> Trial:
        """What the last page carried; a token that is not ours or too old starts anew."""
        definition = version.definition
        language = data.get("language", "")
        known = language in definition.languages
        return cls(
            version, now,
            size=data.get("size", "") if data.get("size") in SIZES else "normal",
            mode=data.get("mode", "") if data.get("mode") in MODES else "respondent",
            language=language if known else definition.default_language,
            answers=_opened(data.get("state", ""), version),
        )  # fmt: skip

    @property
    def state(self) -> str:
        """The answers as a signed text for the next page to carry."""
        return signing.dumps([self.version.pk, self.answers], salt=_SALT, compress=True)

    def lay_out(self) -> None:
        """Pages follow the answers."""
        pages = layout.with_notes(self.interview.pages(self.mode))
        self.pages = {
            page.key: page
            for page in pages
            if not all(item.path in self.given for item in page.items)
        }

    def step(self, wanted: str) -> str:
        """The page asked for if it exists now, else the first one."""
        return wanted if wanted in self.pages or wanted == END else next(iter(self.pages), END)

    def neighbour(self, step: str, by: int) -> str:
        steps = [*self.pages, END]
        return steps[min(max(steps.index(step) + by, 0), len(steps) - 1)]

    def form(self, step: str, data: QueryDict | None = None) -> forms.PageForm:
        page = self.pages[step]
        made = forms.form_for(page)
        return made(data, interview=self.interview, language=self.language, showing=self.showing)

    def keep(self, form: forms.PageForm) -> None:
        self.answers.update(layout.keepable(self.interview, form.values))
        self.lay_out()

    def context(self, step: str) -> dict[str, Any]:
        """What the respondent's template wants to know about a page."""
        common = {
            "text_size": self.size,
            "page_language": languages.tag(self.language),
            "page_direction": languages.direction(self.language),
            "first": step == next(iter(self.pages), END),
        }
        return common | (self._page(self.pages[step]) if step in self.pages else self._end())

    def _page(self, page: Page) -> dict[str, Any]:
        heading = layout.heading(self.interview, page, self.language)
        sealed = bool(layout.sealed_section(self.interview, page))
        return {
            "number": list(self.pages).index(page.key) + 1,
            "notes": layout.notes(self.interview, page, self.language, self.showing),
            "group": heading,
            "group_shown": layout.heading_shown(page, self.showing),
            "not_grouped": not heading,
            "section": "" if sealed else layout.chapter(self.interview, page, self.language),
            "sealed": sealed,
            "prompts": self._prompts(page) if self.mode == "interviewer" else [],
        }

    def _prompts(self, page: Page) -> list[str]:
        wording = self.interview.text
        said = (wording(i.question.guidance, self.language, i.path) for i in page.items)
        return [text for text in said if text]

    def _end(self) -> dict[str, Any]:
        return {
            "refused": layout.refused(self.interview),
            "sections": layout.check_page(
                self.interview, self.pages, self.language, lambda step: step
            ),
        }


def _opened(token: str, version: Version) -> dict[str, str]:
    try:
        pk, answers = signing.loads(token, salt=_SALT, max_age=_DAY) if token else (0, {})
    except signing.BadSignature:
        return {}
    return answers if pk == version.pk else {}
