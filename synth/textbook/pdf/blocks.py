"""Lines -> headings, paragraphs, list items, captions and figures. Paragraphs go on over columns and pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from .. import headings
from ..letters import healed, vocabulary
from ..records import Block, BlockKind, around
from . import tables
from .columns import LARGE, Line

_SMALL = 0.85  # of the size of running text: below this small print
_ALIKE = 0.04  # of it: sizes that differ by less are one size
_GAP = 1.45  # of the usual distance between lines
_BULLETS = "•‣▪◦●"
_LONGEST_HEADING = 20  # words of one line
_ENDED = re.compile(r"[.!?:;][\"'”’)\]\d]*$")


@dataclass(slots=True)
class _Draft:
    """A block being made."""

    kind: BlockKind
    lines: list[Line]
    level: int = 0
    joins: bool = False
    image: str = ""
    extra: str = ""  # the rest of a word that the next page begins with

    def block(self, words: dict[str, int]) -> Block:
        text = ""
        for line in self.lines:
            if line.text and self.kind is BlockKind.TABLE:
                text += f"\n{line.text}" if text else line.text
            elif line.text:
                text = healed(text, line.text, words) if text else line.text
        if self.extra:
            text = healed(text, self.extra, words)
        left, top, right, bottom = (round(edge, 1) for edge in around(line.box for line in self.lines))
        return Block(self.kind, text, self.level, (left, top, right, bottom), self.joins, self.image)


class Composer:
    """Makes the blocks of a whole book, since what is a heading and what a word is told by the book itself.

    `names` holds for each page the names of its stored images by their place on it.
    """

    def __init__(self, pages: Sequence[Sequence[Line]], body: float, names: Sequence[dict[int, str]]) -> None:
        self.source, self.body, self.names = [tables.told(lines) for lines in pages], body, names
        self.words = dict(vocabulary(line.text for page in self.source for line, _ in page))
        self.leading = _leading(pages, body)
        running = [line for page in self.source for line, tabled in page if not tabled]
        styles = sorted({_style(line) for line in running if self._heads(line)}, reverse=True)
        self.levels = {style: min(place, 6) for place, style in enumerate(styles, start=1)}
        self.drafts: list[list[_Draft]] = []
        self.flow: _Draft | None = None  # the paragraph that may go on
        self.last: Line | None = None

    def pages(self) -> list[list[Block]]:
        """The blocks of each page in reading order."""
        for number, lines in enumerate(self.source):
            self.drafts.append([])
            self.last = None
            for line, tabled in lines:
                if tabled:
                    self._row(line, number)
                else:
                    self._add(line, number)
        self._mend_breaks()
        made = [[draft.block(self.words) for draft in page] for page in self.drafts]
        return [[block for block in page if block.text or block.kind is BlockKind.FIGURE] for page in made]

    # -- one line ------------------------------------------------------------------------------------------------

    def _add(self, line: Line, number: int) -> None:
        page = self.drafts[number]
        if line.picture:
            page.append(_Draft(BlockKind.FIGURE, [line], image=self.names[number].get(line.picture.place, "")))
            self.last = None
            return
        before, self.last = self.last, line
        current = page[-1] if page else None
        follows = before is not None and before.column == line.column and line.box[1] > before.box[1]
        breaks = not follows or before is None or self._breaks(before, line)
        if current and before and follows and current.lines[-1] is before:
            fresh = breaks and headings.caption(line.text)
            in_caption = current.kind is BlockKind.CAPTION and not self._parted(before, line) and not fresh
            goes_on = self._stands_out(line) or headings.title(line.text)
            if in_caption or (current.kind is BlockKind.HEADING and goes_on and _same_heading(current, before, line)):
                current.lines.append(line)
                return
        if headings.caption(line.text) and (breaks or self._unlike_body(line)):
            page.append(_Draft(BlockKind.CAPTION, [line]))
        elif self._heads(line):
            page.append(_Draft(BlockKind.HEADING, [line], level=self.levels[_style(line)]))
            self.flow = None
        elif line.size < _SMALL * self.body:
            self._small_print(page, current, line)
        elif headings.item(line.text) and breaks:
            self.flow = _Draft(BlockKind.ITEM, [line])
            page.append(self.flow)
        else:
            below = follows and self.flow is not None and before is self.flow.lines[-1]
            self._prose(page, number, not breaks if below else self._unfinished(line), line)

    def _row(self, line: Line, number: int) -> None:
        page, self.last = self.drafts[number], None
        if page and page[-1].kind is BlockKind.TABLE:
            page[-1].lines.append(line)
        else:
            page.append(_Draft(BlockKind.TABLE, [line]))

    def _small_print(self, page: list[_Draft], current: _Draft | None, line: Line) -> None:
        if current and current.kind is BlockKind.VERBATIM:
            current.lines.append(line)
        else:
            page.append(_Draft(BlockKind.VERBATIM, [line]))

    def _prose(self, page: list[_Draft], number: int, goes_on: bool, line: Line) -> None:
        flow = self.flow
        if flow and goes_on:
            if any(draft is flow for draft in page):
                flow.lines.append(line)
                return
            self.flow = _Draft(flow.kind, [line], joins=True)
            _last_of(self.drafts[number - 1], flow)
            page.insert(0, self.flow)
            return
        self.flow = _Draft(BlockKind.PARAGRAPH, [line])
        page.append(self.flow)

    # -- what a line is ------------------------------------------------------------------------------------------

    def _heads(self, line: Line) -> bool:
        text = line.text
        if line.picture or not re.search(r"[^\W\d_]{2}", text) or len(text.split()) > _LONGEST_HEADING:
            return False
        if headings.caption(text) or text[:1].islower() or line.size < _SMALL * self.body:
            return False
        return self._stands_out(line) or (headings.title(text) and text[0].isalnum() and "_" not in text)

    def _stands_out(self, line: Line) -> bool:
        return line.size >= LARGE * self.body or (line.bold and not line.text.endswith(";"))

    def _unlike_body(self, line: Line) -> bool:
        return abs(line.size - self.body) > _ALIKE * self.body or line.bold

    def _parted(self, before: Line, line: Line) -> bool:
        """Whether a line stands apart from the one above, or in another size."""
        return line.box[1] - before.box[1] > _GAP * self.leading or abs(line.size - before.size) > _ALIKE * self.body

    def _breaks(self, before: Line, line: Line) -> bool:
        """Whether a paragraph ends between two lines of a column."""
        if self._parted(before, line) or (before.bold and not line.bold) or line.text[0] in _BULLETS:
            return True
        ended = bool(_ENDED.search(before.text))
        if ended and headings.item(line.text):
            return True
        if self.flow and self.flow.kind is BlockKind.ITEM and before is self.flow.lines[-1]:
            first, *rest = (held.box[0] for held in self.flow.lines)
            hangs = any(left > first + 0.4 * line.size for left in rest)
            return line.box[0] < first + (0.4 if hangs else -0.4) * line.size
        indented = line.box[0] > line.left + 0.8 * line.size and before.box[0] < before.left + 0.4 * before.size
        short = before.box[2] < before.right - 0.2 * (before.right - before.left)
        return indented or (short and ended)

    def _unfinished(self, line: Line) -> bool:
        """Whether a line at the top of a column or page, or below a figure, goes on with the paragraph before."""
        return bool(self.flow) and (not _ENDED.search(self.flow.lines[-1].text) or line.text[:1].islower())

    # -- page breaks ---------------------------------------------------------------------------------------------

    def _mend_breaks(self) -> None:
        """A word that a page's end breaks belongs to the page where it begins."""
        for before, after in pairwise(self.drafts):
            if not (before and after and after[0].joins and before[-1].kind is after[0].kind):
                continue
            first = after[0].lines[0]
            if before[-1].lines[-1].text.endswith("-") and first.text[:1].isalpha():
                word, _, rest = first.text.partition(" ")
                before[-1].extra = word
                after[0].lines[0] = replace(first, text=rest)


def _same_heading(heading: _Draft, before: Line, line: Line) -> bool:
    """Whether a line is the next of a heading that takes several."""
    close = line.box[1] - before.box[3] < 0.8 * line.size and len(heading.lines) < 4
    return close and _style(line) == _style(before) and not _ENDED.search(before.text)


def _last_of(page: list[_Draft], draft: _Draft) -> None:
    """Put what stands below an unfinished paragraph (figures, notes) before it."""
    place = next((n for n, other in enumerate(page) if other is draft), None)
    if place is not None:
        page.append(page.pop(place))


def _style(line: Line) -> tuple[float, bool]:
    return round(line.size), line.bold


def _leading(pages: Sequence[Sequence[Line]], body: float) -> float:
    """The usual distance between the lines of running text, in points."""
    found = [
        after.box[1] - before.box[1]
        for lines in pages
        for before, after in pairwise(lines)
        if before.column == after.column
        and abs(before.size - body) < 0.5
        and abs(after.size - body) < 0.5
        and 0 < after.box[1] - before.box[1] < 3 * body
    ]
    return median(found) if found else 1.2 * body
