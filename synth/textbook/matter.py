"""Front and back matter: what stands in a book and is not its text (contents, index, advertisements, licences)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from . import headings
from .records import Block, BlockKind

FRONT, BODY, BACK = "front", "body", "back"

_FRONT = re.compile(
    r"(?:table of )?contents|contents in brief|preface\b.*|foreword|dedication|copyright|title page|half title|"
    r"acknowledge?ments?|(?:list of )?(?:contributors|illustrations|figures|plates|tables|abbreviations|authors)|"
    r"about the (?:author|editor)s?|inhalt(?:sverzeichnis)?|vorwort|also by.*|table des matières",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:subject |general |author |alphabetical )?index(?: of .*)?|.*\btranscriber'?s? notes?\b.*|colophon|"
    r"advertisements?|catalogue.*|publisher'?s? (?:note|catalogue).*|sachverzeichnis|sachregister|stichwortverzeichnis",
    re.IGNORECASE,
)
_ASIDE = re.compile(  # parts that end every chapter of some books
    r"(?:selected |suggested |key )?(?:references|bibliography|further readings?|readings?|literatur(?:verzeichnis)?)|"
    r"notes|footnotes|acknowledge?ments?",
    re.IGNORECASE,
)
_GUTENBERG_START = re.compile(r"\*{3}\s*START OF TH(?:E|IS) PROJECT GUTENBERG", re.IGNORECASE)
_GUTENBERG_END = re.compile(r"\*{3}\s*END OF TH(?:E|IS) PROJECT GUTENBERG", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.,])\d{1,4}(?![\d%])")
# Shares of the book's characters. Front headings stand before the first, lists of pages before the second; an index
# begins after the third, one without a heading after the fourth.
_EARLY, _LISTED, _LATE, _INDEX = 0.25, 0.1, 0.5, 0.9
_ENTRY = re.compile(r"(?:\.{2,}|\s)\s*(?:\d{1,4}|[ivxlc]{1,6})$")
_ODD = 3  # lines without a page number between the entries of a table of contents


def of_blocks(blocks: Sequence[Block]) -> list[str]:
    """For each block of a book "front", "body" or "back".

    Front matter ends where the section of the last front heading (contents, preface) ends, all within the first
    quarter of the book; back matter begins with an index or catalogue in the second half.
    """
    total = sum(len(block.text) for block in blocks) or 1
    at, passed = [], 0
    for block in blocks:
        at.append(passed / total)
        passed += len(block.text)
    first, last = _gutenberg(blocks)
    named: set[str] = set()
    for place, block in enumerate(blocks):
        words = headings.plain(block.text).lower()
        # "Contents" once more is that of a chapter, and a list of pages that comes late is none of the book's.
        fronts = at[place] < _EARLY and words not in named and _heads(block, _FRONT)
        if fronts or (at[place] < _LISTED and _contents(block)):
            named.add(words)
            first = max(first, _next_heading(blocks, _past_entries(blocks, place + 1)))
        if at[place] > _LATE and place < last and (_heads(block, _BACK) or (_listing(block) and at[place] > _INDEX)):
            last = place
    found = [FRONT if place < first else BACK if place >= last else BODY for place in range(len(blocks))]
    _mark_asides(blocks, found)
    return found


def _gutenberg(blocks: Sequence[Block]) -> tuple[int, int]:
    first, last = 0, len(blocks)
    for place, block in enumerate(blocks):
        if _GUTENBERG_START.search(block.text):
            first = place + 1
        elif _GUTENBERG_END.search(block.text):
            return first, place
    return first, last


def _heads(block: Block, pattern: re.Pattern[str]) -> bool:
    """Whether a block is a heading, or a line that could be one, with such words."""
    named = block.kind is BlockKind.HEADING or (block.kind is BlockKind.PARAGRAPH and len(block.text) < 40)
    return named and bool(pattern.fullmatch(headings.plain(block.text)))


def _listing(block: Block) -> bool:
    """Whether a block lists pages, as contents and indexes do."""
    if block.kind in {BlockKind.VERBATIM, BlockKind.HEADING}:
        return False
    words = len(block.text.split())
    return words >= 30 and len(_NUMBER.findall(block.text)) > 0.2 * words


def _contents(block: Block) -> bool:
    """A listing whose numbers grow, as those of contents do and those of a statistical table do not."""
    numbers = [int(number) for number in _NUMBER.findall(block.text)]
    grow = sum(first <= second for first, second in pairwise(numbers))
    return _listing(block) and grow >= 0.9 * (len(numbers) - 1)


def _past_entries(blocks: Sequence[Block], start: int) -> int:
    """The place after the entries of a table of contents that begins here."""
    past = start
    for place in range(start, len(blocks)):
        if place - past >= _ODD:
            break
        if _listing(blocks[place]) or (len(blocks[place].text) < 200 and _ENTRY.search(blocks[place].text)):
            past = place + 1
    return past


def _next_heading(blocks: Sequence[Block], start: int) -> int:
    """Where the section that the block before `start` heads or belongs to ends."""
    for place in range(start, len(blocks)):
        if blocks[place].kind is BlockKind.HEADING:
            return place
    return start


def _mark_asides(blocks: Sequence[Block], found: list[str]) -> None:
    """References at the end of a chapter, up to the next heading of the same level or above."""
    level = 0
    for place, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            if _ASIDE.fullmatch(headings.plain(block.text)):
                level = level or block.level
            elif block.level <= level:
                level = 0
        if level and found[place] == BODY:
            found[place] = BACK
