"""Justify Chinese lines between characters: what WeasyPrint itself does only at spaces.

A line of Chinese has no spaces, so WeasyPrint leaves its right edge ragged. `install` replaces the
one function that justifies a line. It touches the inside of the library: only the releases named in
`KNOWN` are changed, any other keeps its own behaviour (ragged, never wrong), and a test reads the
line edges out of a finished PDF. Not a typesetting engine: no hanging or squeezed punctuation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

KNOWN = ("70.0",)


def install(weasyprint: ModuleType) -> bool:
    """Swap the line justifier in; False when this release is unknown and left alone."""
    from weasyprint.layout import inline

    if weasyprint.__version__ not in KNOWN or not hasattr(inline, "justify_line"):
        return False
    if not getattr(inline.justify_line, "between_characters", False):
        inline.justify_line = _justifier(inline.justify_line)
    return True


def _justifier(at_spaces: Callable[[Any, Any, float], None]) -> Callable[[Any, Any, float], None]:
    def justify_line(context: Any, line: Any, slack: float) -> None:
        texts = list(_texts(line))
        characters = "".join(box.text for box in texts)
        if len(characters) < 2 or not _mostly_chinese(characters):
            at_spaces(context, line, slack)
            return
        # A line's width counts the letter spacing behind its last glyph, where nobody sees it.
        unseen = _spacing(texts[-1].style)
        _Stretch(context, gap=(slack + unseen) / (len(characters) - 1)).visit(line)

    justify_line.between_characters = True  # type: ignore[attr-defined]
    return justify_line


def _texts(box: Any) -> Iterator[Any]:
    from weasyprint.formatting_structure import boxes

    if isinstance(box, boxes.TextBox):
        yield box
    elif isinstance(box, boxes.LineBox | boxes.InlineBox):
        for child in box.children:
            if child.is_in_normal_flow():
                yield from _texts(child)


def _spacing(style: Any) -> float:
    value = style["letter_spacing"]
    return 0.0 if value == "normal" else float(value)


def _mostly_chinese(text: str) -> bool:
    wide = sum("\u2e80" <= c <= "\uffef" for c in text)
    return wide * 3 > len(text)


@dataclass
class _Stretch:
    """Walks one line from left to right; `moved` is how far the boxes behind have been pushed."""

    context: Any
    gap: float
    moved: float = 0.0

    def visit(self, box: Any) -> None:
        from weasyprint.formatting_structure import boxes

        if isinstance(box, boxes.TextBox):
            box.position_x += self.moved
            self._widen(box)
        elif isinstance(box, boxes.LineBox | boxes.InlineBox):
            start = self.moved
            box.position_x += 0 if isinstance(box, boxes.LineBox) else start
            for child in box.children:
                if child.is_in_normal_flow():
                    self.visit(child)
            box.width += self.moved - start
        else:
            box.translate(self.moved, 0)

    def _widen(self, box: Any) -> None:
        from weasyprint.text.line_break import create_layout

        if not box.text:
            return
        style = box.style.copy()
        style["letter_spacing"] = _spacing(style) + self.gap
        box.style = style
        box.pango_layout = create_layout(
            box.text, style, self.context, max_width=None, justification_spacing=0
        )
        box.pango_layout.deactivate()
        box.width += self.gap * len(box.text)
        self.moved += self.gap * len(box.text)
