"""How a figure becomes inline SVG. Ink is `currentColor`, so that one drawing serves a light and a dark page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # after the choice of a backend without a window

# Stand-ins that matplotlib draws with and the page replaces by its own colours.
INK, FAINT = "#010203", "#040506"
_PAGE = {INK: "currentColor", FAINT: "var(--line)"}

# Colours, and a mark each for those who do not tell them apart.
SERIES = ("#2f7fd1", "#d4622a", "#128a6b", "#9b59c4", "#b58a12", "#c43d6b", "#5f7382")
MARKS = "osD^vPX"
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "text.parse_math": False,
}


def mark(place: int) -> dict[str, Any]:
    """Colour and mark of the n-th series, from 0; hollow where the colours come round, so that no two are alike."""
    at = place % len(SERIES)
    return {"marker": MARKS[at], "color": SERIES[at], **({"markerfacecolor": "none"} if place >= len(SERIES) else {})}


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing as inline SVG."""

    name: str
    title: str
    svg: str
    note: str = ""


@contextmanager
def drawing(name: str, width: float, height: float, **grid: Any) -> Iterator[tuple[Any, Any, list[str]]]:
    """Yields figure, axes and a list that receives the SVG text when the block ends."""
    result: list[str] = []
    style: dict[Any, Any] = {**_STYLE, "svg.hashsalt": name}
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(width, height), **grid)
        try:
            yield figure, axes, result
            buffer = io.StringIO()
            figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.05, metadata={"Date": None})
            result.append(_inline(buffer.getvalue(), name))
        finally:
            plt.close(figure)


def _inline(svg: str, name: str) -> str:
    """Matplotlib's SVG file as a fragment: no prologue, no namespaces, no metadata, ids of its own, page colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
    name = re.sub(r"[^\w-]", "-", name)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"(href=\"#|url\(#)", rf"\g<1>{name}-", svg)
    svg = svg.replace("'DejaVu Sans', ", "").replace("sans-serif", "inherit")
    for drawn, shown in _PAGE.items():
        svg = svg.replace(drawn, shown)
    return re.sub(
        r'width="([\d.]+)pt" height="[\d.]+pt"',
        r'style="--w:\1pt;width:100%;max-width:var(--w);height:auto"',
        svg,
        count=1,
    )


def readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast on a colour "#rrggbb" (WCAG 2.2: at least 4.5 to 1)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def standalone(svg: str) -> str:
    """A drawing as a file of its own, in the ink of a light page."""
    svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    return svg.replace("currentColor", "#1c2126").replace("var(--line)", "#dfe2e6").replace("inherit", "sans-serif")
