"""How pages of an interview are laid out for reading: notes, headings, the check page.

Plain functions over `Interview`; the wizard knows the addresses, the templates the look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .core import instance
from .core.definition import Group, Question
from .core.interview import Interview, Page
from .showing import Showing, Shown


@dataclass
class Section:
    """A part of the check page: its heading and one row (label, value, url) per question."""

    title: str
    rows: list[dict[str, str]] = field(default_factory=list)


def with_notes(pages: Iterable[Page]) -> list[Page]:
    """A note is read together with the question that follows it in the same group."""
    laid: list[Page] = []
    for page in pages:
        before = laid[-1] if laid else None
        if before and _only_notes(before) and _parent(before) == _parent(page):
            laid[-1] = Page(page.key, (*before.items, *page.items), page.group)
        else:
            laid.append(page)
    return laid


def _only_notes(page: Page) -> bool:
    return all(item.question.kind == "note" for item in page.items)


def _parent(page: Page) -> str:
    return page.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Note:
    """What is told on a page without asking."""

    text: str
    shown: Shown


def notes(interview: Interview, page: Page, language: str, showing: Showing) -> list[Note]:
    return [
        Note(
            interview.text(item.question.label, language, item.path),
            showing.of(item.question.media),
        )
        for item in page.items
        if item.question.kind == "note"
    ]


def heading(interview: Interview, page: Page, language: str) -> str:
    """The common question above a page of several ("" when each stands for itself)."""
    return interview.text(page.group.label, language, page.group.path) if page.group else ""


def heading_shown(page: Page, showing: Showing) -> Shown:
    return showing.of(page.group.media) if page.group else Shown()


def chapter(interview: Interview, page: Page, language: str) -> str:
    """The label of the top-level group a page stands in."""
    top = page.key.split("/")[2].partition("[")[0]
    for node in interview.definition.children:
        if node.name == top and isinstance(node, Group):
            return interview.text(node.label, language, node.path)
    return ""


def check_page(
    interview: Interview, pages: dict[str, Page], language: str, url: Callable[[str], str]
) -> list[Section]:
    """What she answered, under the headings she met, with the address to change each answer."""
    sections: list[Section] = []
    for step, page in pages.items():
        title = heading(interview, page, language) or chapter(interview, page, language)
        if not sections or sections[-1].title != title:
            sections.append(Section(title))
        sections[-1].rows += [
            {
                "label": interview.text(item.question.label, language, item.path),
                "value": _said(interview, item.question, item.path, language),
                "url": url(step),
            }
            for item in page.items
            if item.question.kind != "note"
        ]
    return [section for section in sections if section.rows]


def keepable(interview: Interview, values: Mapping[str, str]) -> dict[str, str]:
    """Of the answers of a page those that can stand, and every calculated value."""
    good = {path: value for path, value in values.items() if not interview.problems_at(path)}
    unseen = {q.path for q in interview.definition.questions() if not q.visible}
    kept = {p: v for p, v in interview.answers.items() if instance.generic(p) in unseen}
    return kept | good


def refused(interview: Interview) -> bool:
    """She answered the consent to take part with anything but yes."""
    for question in interview.definition.questions():
        if question.properties.get("consent") == "survey":
            value = interview.value(question.path)
            agreed = {c.name for c in question.choices if c.score == 1}
            return bool(value) and value not in agreed
    return False


def sealed_section(interview: Interview, page: Page) -> str:
    """Name of the sealed section a page stands in, "" outside."""
    top = page.key.split("/")[2].partition("[")[0]
    found = [n for n in interview.definition.children if n.name == top]
    return top if found and found[0].properties.get("sealed") == "yes" else ""


def _said(interview: Interview, question: Question, path: str, language: str) -> str:
    value = interview.value(path)
    if not question.choices:
        return value
    labels = {c.name: interview.text(c.label, language, path) for c in question.choices}
    return "、".join(labels.get(name, name) for name in value.split())
