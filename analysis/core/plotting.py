"""What all plots share: figure, fonts, labels, determinism, the memory of drawn plots.

Text becomes paths, so no reader needs the fonts; only inside `letters_kept`, for a PDF that carries
the fonts itself, it stays text (smaller, faster to print, and it can be searched and copied). The
same data gives the same bytes and is drawn only once. Knows nothing of estimates; what is drawn
stands in `charts.py`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

FONTS = Path(__file__).resolve().parents[1] / "fonts"
WIDTH = 156 / 25.4  # the type area of a page, inches
ROW = 0.265  # height of one row of a dot plot, inches
SIZE = 9.5  # points; nothing is printed smaller than 9
INK, MIDDLE, PALE = "#14284b", "#5a6f8f", "#c3cbd6"
FAMILY = "Noto Sans CJK SC"
_SETTINGS: Any = {
    "font.family": [FAMILY, "DejaVu Sans"],
    "font.size": SIZE,
    "axes.unicode_minus": False,
    "axes.linewidth": 0.6,
    "svg.hashsalt": "needs-research",
    "xtick.major.width": 0.6,
    "hatch.linewidth": 0.5,
    "path.simplify": False,
}
_DRAWING = threading.Lock()  # matplotlib's settings belong to the whole process
_KEPT = 256
_cache: dict[str, Chart] = {}
_text: ContextVar[str] = ContextVar("svg.fonttype", default="path")


@dataclass(frozen=True)
class Chart:
    """``svg`` bytes and ``alt``, the plot told in words."""

    svg: bytes
    alt: str

    @property
    def address(self) -> str:
        """A data: address for <img>; inline SVG would be read as CSS."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    for name in ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"):
        font_manager.fontManager.addfont(FONTS / name)


@contextmanager
def _settings() -> Iterator[None]:
    _register_fonts()
    with _DRAWING, matplotlib.rc_context({**_SETTINGS, "svg.fonttype": _text.get()}):
        yield


@contextmanager
def letters_kept() -> Iterator[None]:
    """Plots made in here keep their text as text in the family `FAMILY`."""
    before = _text.set("none")
    try:
        yield
    finally:
        _text.reset(before)


def drawn_once(draw: Callable[..., Chart]) -> Callable[..., Chart]:
    """Remember a plot by its data; the oldest goes when too many are kept."""

    @wraps(draw)
    def remembered(*args: Any, **kwargs: Any) -> Chart:
        content = json.dumps(
            [draw.__name__, _text.get(), args, kwargs], ensure_ascii=False, sort_keys=True
        )
        key = hashlib.sha256(content.encode()).hexdigest()
        if key not in _cache:
            with _settings():
                chart = draw(*args, **kwargs)
            while len(_cache) >= _KEPT:
                _cache.pop(next(iter(_cache)), None)
            _cache[key] = chart
        return _cache[key]

    return remembered


def forget() -> None:
    """Empty the cache (for timing)."""
    _cache.clear()


def canvas(
    rows: float, left: float, right: float, panels: int = 1, top: float = 0.12, bottom: float = 0.42
) -> tuple[Figure, list[Axes]]:
    """A figure of ``rows`` rows; margins in inches. No layout engine: it costs half the time."""
    height = rows * ROW + top + bottom
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
    figure.subplots_adjust(
        left=left / WIDTH, right=1 - right / WIDTH, top=1 - top / height, bottom=bottom / height,
        wspace=0.08,
    )  # fmt: skip
    for ax in axes:
        ax.set_ylim(rows - 0.5, -0.5)
        ax.tick_params(left=False, length=3, pad=2, labelsize=9)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.grid(axis="x", color="#d9dde3", linewidth=0.5)
        ax.set_axisbelow(True)
    return figure, list(axes)


def finish(figure: Figure, alt: str) -> Chart:
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return Chart(out.getvalue(), alt)


def margin(names: Sequence[str], wrap: int = 12) -> float:
    """Room for the row labels, inches."""
    longest = max(
        (len(line) for name in names for line in wrapped(name, wrap).split("\n")), default=4
    )
    return (longest * SIZE + 12) / 72


def label_rows(ax: Axes, names: Sequence[str], wrap: int = 12) -> None:
    ax.set_yticks(range(len(names)), [wrapped(name, wrap) for name in names], fontsize=SIZE)


def wrapped(name: str, wrap: int) -> str:
    if len(name) <= wrap:
        return name
    half = min(wrap, math.ceil(len(name) / 2))
    rest = name[half:]
    return f"{name[:half]}\n{rest if len(rest) <= wrap else rest[: wrap - 1] + '…'}"


def percent_axis(ax: Axes, highest: float, ticks: int = 5) -> None:
    ax.set_xlim(0, max(highest * 1.06, 0.02))
    ax.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g}%")
