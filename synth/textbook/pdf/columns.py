"""Columns: where the gutters of a page are, and in which order its lines are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from .. import headings
from ..records import Box
from .glyphs import Picture, Run

LARGE = 1.15  # of the size of running text: from here headings
_GUTTER = 6.0  # points: a narrower strip parts no columns
_LEAST = 0.15  # of the text's width: a narrower column is none
_CELL = 1.5  # of the font size: a wider gap within a column parts cells of a table
_RECENT = 6  # lines above that a run may belong to
_LINES = 4  # a column with fewer lines is none
_CROSSING = 0.3  # of the lines beside a gutter may run across it


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one column, or an image. `column` is the first column it stands in, `spans` how many.

    Where gaps part the line into cells, as in a row of a table, " | " stands between them.
    """

    text: str
    box: Box
    size: float
    bold: bool
    column: int
    spans: int
    left: float  # the left edge of its column
    right: float
    picture: Picture | None = None
    cells: int = 1


def ordered(runs: Sequence[Run], pictures: Sequence[Picture], body: float, cuts: Sequence[float]) -> list[Line]:
    """The lines of a page in reading order. `body` is the size of running text in points, `cuts` are the gutters."""
    things = [_line(run.text, run.box, run.size, run.bold, cuts) for run in runs]
    things += [replace(_line("", found.box, 0.0, False, cuts), picture=found) for found in pictures]
    edges = _edges(things, len(cuts) + 1)
    lines = _merged(things)
    lines = [_widened(line, lines, len(cuts) + 1, body) for line in lines]
    lines = [replace(line, left=edges[line.column][0], right=edges[line.column + line.spans - 1][1]) for line in lines]
    across = sorted((line for line in lines if line.spans > 1), key=lambda line: line.box[1])
    found: list[Line] = []
    top = float("-inf")
    for bound in [*(line.box[1] for line in across), float("inf")]:
        band = [line for line in lines if line.spans == 1 and top <= _middle(line) < bound]
        found += sorted(band, key=lambda line: (line.column, line.box[1], line.box[0]))
        found += [line for line in across if line.box[1] == bound and line not in found]
        top = bound
    return found


def gutters_of(pages: Sequence[Sequence[Run]]) -> list[list[float]]:
    """The gutters of each page. A page with too few lines to tell has those that are usual in the book."""
    found = [gutters(runs) for runs in pages]
    counts = Counter(len(cuts) for cuts in found if cuts)
    most = max(counts, key=lambda count: (counts[count], count), default=0)
    usual = [median(each) for each in zip(*(cuts for cuts in found if len(cuts) == most), strict=True)] if most else []
    return [cuts or _allowed(usual, runs) for cuts, runs in zip(found, pages, strict=True)]


def _allowed(usual: Sequence[float], runs: Sequence[Run]) -> list[float]:
    """The usual gutters, on a page where hardly a line crosses them and some stand beside each."""
    for cut in usual:
        crossing = _crossings((cut - _GUTTER / 2, cut + _GUTTER / 2), runs)
        if crossing > _CROSSING * len(runs) or not any(run.box[0] > cut for run in runs):
            return []
    return list(usual)


def gutters(runs: Sequence[Run]) -> list[float]:
    """The middles of the strips that part the columns of a page: none, one or two."""
    if len(runs) < 2 * _LINES:
        return []
    left, right = min(run.box[0] for run in runs), max(run.box[2] for run in runs)
    found: list[tuple[float, float]] = []
    edges = sorted({run.box[2] for run in runs})
    for edge in edges:
        following = [run.box[0] for run in runs if run.box[0] > edge + _GUTTER / 2]
        if following:
            strip = (edge, min(following))
            if strip[1] - strip[0] >= _GUTTER and _parts(strip, runs, left, right):
                found.append(strip)
    cuts: list[float] = []
    for strip in sorted(found, key=lambda strip: (_crossings(strip, runs), strip[0] - strip[1])):
        middle = (strip[0] + strip[1]) / 2
        borders = sorted((left, right, *cuts, middle))
        if len(cuts) < 2 and min(b - a for a, b in pairwise(borders)) > _LEAST * (right - left):
            cuts.append(middle)
    return sorted(cuts)


def _crossings(strip: tuple[float, float], runs: Sequence[Run]) -> int:
    """How many runs reach into a strip."""
    return sum(run.box[0] < strip[1] - 1 and run.box[2] > strip[0] + 1 for run in runs)


def _parts(strip: tuple[float, float], runs: Sequence[Run], left: float, right: float) -> bool:
    """Whether lines stand on both sides of a strip, side by side, and few cross it."""
    before = [run for run in runs if run.box[2] <= strip[0] + 0.5]
    after = [run for run in runs if run.box[0] >= strip[1] - 0.5]
    if min(len(before), len(after)) < _LINES:
        return False
    if strip[0] - left < _LEAST * (right - left) or right - strip[1] < _LEAST * (right - left):
        return False
    top = max(min(run.box[1] for run in before), min(run.box[1] for run in after))
    bottom = min(max(run.box[3] for run in before), max(run.box[3] for run in after))
    beside = [sum(top <= (run.box[1] + run.box[3]) / 2 <= bottom for run in side) for side in (before, after)]
    crossing = _crossings(strip, runs)
    return min(beside) >= _LINES and crossing <= _CROSSING * (crossing + min(len(before), len(after)))


def _line(text: str, box: Box, size: float, bold: bool, cuts: Sequence[float]) -> Line:
    first = sum(cut <= box[0] + 1 for cut in cuts)
    last = sum(cut < box[2] - 1 for cut in cuts)
    return Line(text, box, size, bold, first, max(last - first, 0) + 1, 0.0, 0.0)


def _edges(lines: Sequence[Line], count: int) -> list[tuple[float, float]]:
    """The left and right edge of each column."""
    found = []
    for column in range(count):
        held = [line.box for line in lines if line.column == column and line.spans == 1] or [line.box for line in lines]
        found.append((min(box[0] for box in held), max(box[2] for box in held)))
    return found


def _merged(things: Sequence[Line]) -> list[Line]:
    """Runs on one line of one column become one line, in whatever order the file has them."""
    groups: list[list[Line]] = []
    for thing in sorted(things, key=lambda line: (line.column, line.box[1], line.box[0])):
        held = next((group for group in groups[: -_RECENT - 1 : -1] if _beside(group, thing)), None)
        if held is None:
            groups.append([thing])
        else:
            held.append(thing)
    return [_joined(sorted(group, key=lambda line: line.box[0])) for group in groups]


def _beside(group: Sequence[Line], thing: Line) -> bool:
    """Whether a run stands on the line of others and in none of their places."""
    longest = max(group, key=lambda line: len(line.text))
    if thing.picture or longest.picture or thing.column != longest.column:
        return False
    if headings.caption(thing.text) and any(headings.caption(line.text) for line in group):  # figures side by side
        return False
    apart = all(line.box[2] <= thing.box[0] + 1 or thing.box[2] <= line.box[0] + 1 for line in group)
    shared = min(longest.box[3], thing.box[3]) - max(longest.box[1], thing.box[1])
    return apart and shared > 0.6 * min(longest.box[3] - longest.box[1], thing.box[3] - thing.box[1])


def _joined(group: Sequence[Line]) -> Line:
    if len(group) == 1:
        return group[0]
    text, cells = group[0].text, 1
    for before, after in pairwise(group):
        apart = after.box[0] - before.box[2] > _CELL * before.size and not headings.item(f"{text} {after.text}")
        text, cells = f"{text} | {after.text}" if apart else f"{text} {after.text}", cells + apart
    box = (
        group[0].box[0], min(line.box[1] for line in group), group[-1].box[2], max(line.box[3] for line in group),
    )  # fmt: skip
    size = max(group, key=lambda line: len(line.text)).size
    bold, spans = all(line.bold for line in group), max(line.spans for line in group)
    return replace(group[0], text=text, box=box, size=size, bold=bold, spans=spans, cells=cells)


def _widened(line: Line, lines: Sequence[Line], count: int, body: float) -> Line:
    """A short heading that stands alone over all columns spans them, though its letters end before the gutter."""
    if count == 1 or line.spans > 1 or line.picture or line.size < LARGE * body or line.column > 0:
        return line
    reach = line.box[1] - 0.6 * line.size, line.box[3] + 0.6 * line.size
    others = [other for other in lines if other.column > 0 and other.spans == 1]
    alone = not any(other.box[1] < reach[1] and other.box[3] > reach[0] for other in others)
    under = any(other.box[1] >= line.box[3] for other in others)
    return replace(line, spans=count) if alone and under else line


def _middle(line: Line) -> float:
    return (line.box[1] + line.box[3]) / 2
