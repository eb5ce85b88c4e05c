"""One question of a manuscript as a respondent would see it, whether or not it would be asked."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from . import editor_files, forms, layout, manuscripts
from .core import languages, media, outline
from .core.definition import Definition, Group, Question
from .core.interview import Interview, Item, Page
from .models import Revision
from .showing import Showing

SIZES = {"normal": "标准字", "large": "大字", "xlarge": "特大字"}


def size(wanted: str) -> str:
    return wanted if wanted in SIZES else "normal"


def context(revision: Revision, row: int) -> dict[str, Any]:
    """The form of the page the row's question stands on; ``why`` says why there is none."""
    entry = outline.entry_at(manuscripts.book_of(revision), row)
    if entry is None:
        return {"why": "请先在左边选一题。"}
    definition = manuscripts.definition(revision)
    if definition is None:
        return {"why": "问卷里还有错误，改好后才能预览。请看“问题清单”。"}
    page = _page(definition, entry.name)
    if page is None:
        return {"why": "这一项不显示给填写的人。"}
    interview = Interview(definition, now=timezone.now())
    language = definition.default_language
    shown = Showing(_hashes(revision, definition), language, language)
    form = forms.form_for(page)(interview=interview, language=language, showing=shown)
    return {
        "form": form,
        "notes": layout.notes(interview, page, language, shown),
        "group": layout.heading(interview, page, language),
        "group_shown": layout.heading_shown(page, shown),
        "section": layout.chapter(interview, page, language),
        "unseen": [i.question.label for i in page.items if _needs_device(i.question)],
        "page_language": languages.tag(language),
        "page_direction": languages.direction(language),
    }


def _hashes(revision: Revision, definition: Definition) -> dict[str, str]:
    """Name -> hash of the files there are."""
    named = {use.file for use in media.uses(definition)}
    if not named:
        return {}
    files = editor_files.known(revision.manuscript, manuscripts.book_of(revision))
    return {name: row.sha256 for name in named if (row := files.get(media.key(name)))}


def _needs_device(question: Question) -> bool:
    return question.kind != "note" and question.kind not in forms.QUESTION_FIELDS


def _page(definition: Definition, name: str) -> Page | None:
    """The page a code stands on: alone, or with the whole group that is shown together."""
    together: dict[str, Group] = {}
    for node in definition.nodes():
        if isinstance(node, Group) and "field-list" in node.appearance:
            together[node.path] = node
    for node in definition.nodes():
        if node.name != name:
            continue
        group = next((g for p, g in together.items() if f"{node.path}/".startswith(f"{p}/")), None)
        shown = _leaves(group or node)
        items = tuple(Item(question, question.path) for question in shown)
        return Page(node.path, items, group) if items else None
    return None


def _leaves(node: Group | Question) -> list[Question]:
    """Shown questions of a group shown together; of another group only the first."""
    if isinstance(node, Question):
        return [node] if node.visible else []
    found = [question for child in node.children for question in _leaves(child)]
    return found if "field-list" in node.appearance else found[:1]
