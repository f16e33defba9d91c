"""A book put together from its pages: one text, every block with its span and matter, headings as paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from . import headings, matter
from .records import PROSE, Block, BlockKind, BlockRow, Page, PageRow, Placed

SEPARATOR = "\n\n"  # between blocks and between pages


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading path, up to the next heading. `path` is outermost first."""

    path: tuple[str, ...]
    blocks: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class BookText:
    """`text` is the book's own text; every block is placed in it."""

    id: str
    pages: tuple[Page, ...]
    placed: tuple[Placed, ...]
    starts: tuple[int, ...]
    text: str

    def label(self, page: int) -> str:
        """A page as the book counts it."""
        return self.pages[page].label

    def sections(self) -> Iterator[Section]:
        """The sections of the body, in order."""
        path: list[tuple[int, str]] = []
        held: list[Placed] = []
        for placed in self.placed:
            block = placed.block
            if placed.matter != matter.BODY:
                continue
            if block.kind is not BlockKind.HEADING:
                held.append(placed)
                continue
            yield from _section(path, held)
            held = []
            path = [(level, name) for level, name in path if level < block.level]
            if name := headings.plain(block.text):
                path.append((block.level, name))
        yield from _section(path, held)

    def rows(self, figures: dict[int, str]) -> Iterator[PageRow]:
        """The rows of `pages.jsonl`. `figures`: place of a figure's block -> its id."""
        places = {page: list(group) for page, group in groupby(range(len(self.placed)), lambda n: self.placed[n].page)}
        for number, page in enumerate(self.pages):
            held = places.get(number, [])
            blocks = tuple(_row(self.placed[place], figures.get(place, "")) for place in held)
            kinds = {self.placed[place].matter for place in held}
            whole = matter.BODY if matter.BODY in kinds else next(iter(sorted(kinds)), matter.BODY)
            text = _page_text(page)
            yield PageRow(self.id, page.number, page.label, self.starts[number], text, whole, page.scan, blocks)


def assemble(id_: str, pages: Iterable[Page]) -> BookText:
    """Place the blocks of a book's pages."""
    pages = tuple(replace(page, blocks=tuple(_opened(page.blocks))) for page in pages)
    kinds = matter.of_blocks([block for page in pages for block in page.blocks])
    placed: list[Placed] = []
    starts: list[int] = []
    at = 0
    for number, page in enumerate(pages):
        starts.append(at)
        inside = at
        for block in page.blocks:
            placed.append(Placed(block, number, inside, inside + len(block.text), kinds[len(placed)]))
            inside += len(block.text) + len(SEPARATOR) if block.text else 0
        at += len(_page_text(page)) + len(SEPARATOR)
    return BookText(id_, pages, tuple(placed), tuple(starts), SEPARATOR.join(map(_page_text, pages)))


def _page_text(page: Page) -> str:
    return SEPARATOR.join(block.text for block in page.blocks if block.text)


def _opened(blocks: Sequence[Block]) -> Iterator[Block]:
    """Paragraphs that start with a heading of their own ("Diagnosis.—") become heading and paragraph."""
    for block in blocks:
        head = headings.run_in(block.text) if block.kind is BlockKind.PARAGRAPH and not block.joins else ""
        if head:
            yield Block(BlockKind.HEADING, head, level=headings.RUN_IN, box=block.box)
            yield replace(block, text=block.text[len(head) :].lstrip())
        else:
            yield block


def _section(path: list[tuple[int, str]], held: list[Placed]) -> Iterator[Section]:
    if held:
        yield Section(tuple(name for _, name in path), tuple(held))


def _row(placed: Placed, figure: str) -> BlockRow:
    block = placed.block
    return BlockRow(block.kind, placed.start, placed.end, block.level, placed.matter, block.box, figure)


def paragraphs(blocks: Iterable[Placed]) -> Iterator[list[list[Placed]]]:
    """Runs of prose without anything between; each run is a list of paragraphs, each paragraph its parts by page."""
    run: list[list[Placed]] = []
    for placed in blocks:
        if placed.block.kind not in PROSE:
            if run:
                yield run
            run = []
        elif placed.block.joins and run:
            run[-1].append(placed)
        else:
            run.append([placed])
    if run:
        yield run
