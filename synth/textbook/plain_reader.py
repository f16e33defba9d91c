"""Plain text as Project Gutenberg writes it -> pages.

Blocks are parted by blank lines. A line in capitals is a title; a block in bold (`#so#`) heads what follows, and is a
title where it is centred. `[Illustration: …]` is a figure with its caption. Form feeds and `[Pg 29]` part pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kg_service.core.errors import RecordInvalid

from . import headings
from .letters import clean
from .records import Block, BlockKind, Keep, Page

_PAGE = re.compile(r"(?<![ \t])[ \t]*+(?:\f|[\[{](?:pg|page)\.?\s*([0-9ivxlc]+)[\]}])", re.IGNORECASE)
_PARTS = re.compile(r"\n[ \t]*\n+")
_BOLD = re.compile(r"#([^#]*)#")
_SLANTED = re.compile(r"(?<![A-Za-z0-9])_([^_]+)_(?![A-Za-z0-9])")
_FIGURE = re.compile(r"\[Illustration\b:?\s*(.*?)\]?$", re.DOTALL)
_DRAWN = re.compile(r"\.{5}|\|.*\||-{4}\+|^\s*[-=+|]{6,}\s*$", re.MULTILINE)
# What transcribers wrote for letters that their alphabet lacked.
_SPELT = {"[oe]": "œ", "[OE]": "Œ", "[ae]": "æ", "[AE]": "Æ", "[=a]": "ā", "[=e]": "ē", "[=o]": "ō"}
_CENTRED = 8  # spaces before a line that stands in the middle
_HANGING = 4


def read_file(path: Path, _: Keep) -> list[Page]:
    """The pages of a text file. One without marks of pages is one page; images it has none."""
    pages: list[Page] = []
    text, label, start = decoded(path), "", 0
    for mark in _PAGE.finditer(text):
        if text[start : mark.start()].strip() or pages:
            pages.append(_page(text[start : mark.start()], len(pages) + 1, label, pages))
        label, start = mark[1] or "", mark.end()
    pages.append(_page(text[start:], len(pages) + 1, label, pages))
    if len(pages) > 1 and not any(page.label for page in pages):
        return [replace(page, label=str(page.number)) for page in pages]
    return pages


def decoded(path: Path) -> str:
    """The text of a file in UTF-8 (a byte order mark is no text) or, failing that, in the old Windows code page.

    Raises:
        RecordInvalid: it is neither, or holds bytes that no text has.
    """
    payload = path.read_bytes()
    if b"\x00" in payload:
        raise RecordInvalid(f"{path}: byte {payload.index(0)} is 0; this is not a text file")
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = payload.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _page(text: str, number: int, label: str, before: list[Page]) -> Page:
    blocks = tuple(_blocks(text))
    if before and blocks and _runs_on(before[-1], blocks[0]):
        first = blocks[0]
        blocks = (Block(first.kind, first.text, joins=True), *blocks[1:])
    return Page(number, label, blocks)


def _runs_on(page: Page, following: Block) -> bool:
    """Whether a paragraph is cut in two by a page's end: it has no full stop, or the rest starts small."""
    last = page.blocks[-1] if page.blocks else None
    both = last is not None and last.kind is following.kind is BlockKind.PARAGRAPH
    return both and last is not None and (following.text[:1].islower() or last.text[-1:] not in ".?!:;”\"')")


def _blocks(text: str) -> Iterator[Block]:
    for part in _PARTS.split(text):
        for spelt, letter in _SPELT.items():
            part = part.replace(spelt, letter)
        lines = [line for line in part.split("\n") if line.strip()]
        if lines:
            yield from _block(lines)


def _block(lines: list[str]) -> Iterator[Block]:
    if len(lines) > 1 and _is_bold(lines[0]) and _indent(lines[0]) >= _CENTRED:  # its synonyms stand right below
        yield from _block(lines[:1])
        yield from _block(lines[1:])
        return
    raw = "\n".join(lines)
    bare = clean(_SLANTED.sub(r"\1", _BOLD.sub(r"\1", raw)))
    indent = min(map(_indent, lines))
    if not bare.strip("*-_= "):  # a rule
        return
    if figure := _FIGURE.match(raw.strip()):
        yield Block(BlockKind.FIGURE)
        if said := clean(_SLANTED.sub(r"\1", figure[1])):
            yield Block(BlockKind.CAPTION, said)
    elif _DRAWN.search(raw) or raw.lstrip().startswith("[Footnote"):
        yield Block(BlockKind.VERBATIM, "\n".join(line.rstrip() for line in lines))
    elif bold := _is_bold(clean(raw)):
        level = 1 if headings.title(bold[1]) else 2 if _indent(lines[0]) >= _CENTRED else headings.QUESTION
        yield Block(BlockKind.HEADING, clean(bold[1]) + bold[2], level=level)
    elif headings.title(" ".join(line.strip() for line in lines), 30):
        yield Block(BlockKind.HEADING, bare, level=1)
    elif len(lines) > 1 and indent < _HANGING and all(headings.item(line.strip()) for line in lines):
        yield from (Block(BlockKind.ITEM, clean(line)) for line in lines)
    else:
        yield Block(BlockKind.ITEM if headings.item(bare) else BlockKind.PARAGRAPH, bare)


def _is_bold(text: str) -> re.Match[str] | None:
    return re.fullmatch(r"\s*#([^#]+)#([.?]?)(?:\[\w\])?\s*", text)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
