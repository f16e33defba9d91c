"""What every reader makes of a file: pages of blocks. And what the job writes: page and figure rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from PIL.Image import Image

Box = tuple[float, float, float, float]  # left, top, right, bottom in points; y grows downwards
Keep = Callable[[Image], str]  # stores an image and says under which name


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds some boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CAPTION = "caption"
    TABLE = "table"
    FIGURE = "figure"
    VERBATIM = "verbatim"  # prescriptions, verse, code: kept, never quoted


PROSE = frozenset({BlockKind.PARAGRAPH, BlockKind.ITEM})


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of one page, in reading order.

    `level` of a heading is 1 for the outermost. `joins` says that it continues the last paragraph of the page before.
    `image` is the stored picture of a figure, "" where the file does not hold it. `box` is known of printed pages only.
    """

    kind: BlockKind
    text: str = ""
    level: int = 0
    box: Box | None = None
    joins: bool = False
    image: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the file has it. `number` counts from 1; `label` is the number that the book gives it.

    A book whose pages bear no numbers has the file's count for labels; one without pages (most e-books) has none.

    `scan` is set where the page is an image without text.
    """

    number: int
    label: str
    blocks: tuple[Block, ...]
    scan: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with its place in the book: page index, and the span of its text in the book's own text."""

    block: Block
    page: int
    start: int
    end: int
    matter: str = "body"  # or "front", "back"


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One block of a page in `pages.jsonl`; start and end count in the book's own text."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    matter: str = "body"
    box: Box | None = None
    figure: str = ""


@dataclass(frozen=True, slots=True)
class PageRow:
    """One row of `pages.jsonl`. The book's own text is the `text` of its pages joined by two newlines.

    `start` is where this page begins in it, so that `text[p.start - page.start : p.end - page.start]` is the part of a
    passage p that stands on this page.
    """

    book: str
    number: int
    label: str
    start: int
    text: str
    matter: str
    scan: bool
    blocks: tuple[BlockRow, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of `figures.jsonl`: one image, and the caption it was bound to.

    `number` is the figure's own ("12.3"), `panel` the letter of this image where one caption serves several,
    `panels` the letters that the caption names. `bound` says where the caption was found: "below", "above", or "".
    `passage` is the id of the caption's passage. `image` is a path in the run directory, "" if the file has none.
    """

    id: str
    book: str
    page: str
    number: str
    panel: str
    panels: tuple[str, ...]
    image: str
    box: Box | None
    caption: str
    bound: str
    passage: str = ""
