"""A PDF file -> pages of blocks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from tqdm import tqdm

from kg_service.core.errors import RecordInvalid

from ..records import Keep, Page
from . import furniture, glyphs
from .blocks import Composer
from .columns import gutters_of, ordered
from .furniture import Sheet
from .glyphs import Picture

_SMALLEST = 24.0  # points: smaller images are marks and icons
_WHOLE = 0.85  # of a page's area: an image this large under text is the scan that the text was read from
_OFTEN = 3  # an image on so many pages is an ornament


def read_file(path: Path, keep: Keep) -> list[Page]:
    """The pages of a PDF file.

    Raises:
        RecordInvalid: the file is encrypted or broken; the message names the page where only a page is.
    """
    with _opened(path) as book:
        sheets: list[Sheet] = []
        held: list[list[Picture]] = []
        for number in tqdm(range(len(book)), desc=path.name, unit="page", file=sys.stderr, disable=None, leave=False):
            with _page(path, book, number) as page:
                width, height = page.get_size()
                sheets.append(Sheet(width, height, tuple(glyphs.runs(page))))
                held.append(glyphs.pictures(page))
        scans = [not sheet.runs and _covered(sheet, found) > 0.5 for sheet, found in zip(sheets, held, strict=True)]
        pictures = _worthwhile(sheets, held)
        names = [
            _stored(path, book, number, found, keep) if found and not scans[number] else {}
            for number, found in enumerate(pictures)
        ]
        printed = [_label(book, number) for number in range(len(book))]
    clear, counted = furniture.stripped(sheets)
    body = _body(clear)
    cuts = gutters_of([sheet.runs for sheet in clear])
    lines = [ordered(sheet.runs, found, body, cut) for sheet, found, cut in zip(clear, pictures, cuts, strict=True)]
    blocks = Composer(lines, body, names).pages()
    labels = [of_file or of_print for of_file, of_print in zip(printed, counted, strict=True)]
    if not any(labels):
        labels = [str(place + 1) for place in range(len(labels))]
    return [
        Page(place + 1, labels[place], () if scans[place] else tuple(blocks[place]), scans[place])
        for place in range(len(blocks))
    ]


@contextmanager
def _opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    try:
        book = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise RecordInvalid(f"{path} is encrypted; give a copy that opens without a password") from error
        raise RecordInvalid(f"{path} is not a whole PDF: {error}") from error
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _page(path: Path, book: pdfium.PdfDocument, number: int) -> Iterator[pdfium.PdfPage]:
    try:
        page = book[number]
    except pdfium.PdfiumError as error:
        raise RecordInvalid(f"{path}, page {number + 1}: {error}") from error
    try:
        yield page
    except pdfium.PdfiumError as error:
        raise RecordInvalid(f"{path}, page {number + 1}: {error}") from error
    finally:
        page.close()


def _label(book: pdfium.PdfDocument, number: int) -> str:
    """The page's label as the file states it (ISO 32000-1, 12.4.2)."""
    try:
        return book.get_page_label(number)
    except pdfium.PdfiumError:
        return ""


def _area(picture: Picture) -> float:
    return (picture.box[2] - picture.box[0]) * (picture.box[3] - picture.box[1])


def _covered(sheet: Sheet, pictures: Sequence[Picture]) -> float:
    """The share of a page that images cover, at most 1."""
    return min(1.0, sum(map(_area, pictures)) / (sheet.width * sheet.height))


def _worthwhile(sheets: Sequence[Sheet], held: Sequence[list[Picture]]) -> list[list[Picture]]:
    """The images that can be figures: no icons, ornaments or pictures of the whole page."""
    shown = Counter(digest for found in held for digest in {picture.digest for picture in found})
    return [
        [
            picture
            for picture in found
            if min(picture.box[2] - picture.box[0], picture.box[3] - picture.box[1]) >= _SMALLEST
            and shown[picture.digest] < _OFTEN
            and (_area(picture) < _WHOLE * sheet.width * sheet.height or not sheet.runs)
        ]
        for sheet, found in zip(sheets, held, strict=True)
    ]


def _stored(path: Path, book: pdfium.PdfDocument, number: int, pictures: list[Picture], keep: Keep) -> dict[int, str]:
    """Place of an image on its page -> the name it was stored under; one that cannot be decoded has none."""
    names = {}
    with _page(path, book, number) as page:
        for picture in pictures:
            try:
                names[picture.place] = keep(glyphs.image(page, picture))
            except (pdfium.PdfiumError, OSError, ValueError):
                continue
    return names


def _body(sheets: Sequence[Sheet]) -> float:
    """The size of running text: that of most letters."""
    sizes: Counter[float] = Counter()
    for sheet in sheets:
        for run in sheet.runs:
            sizes[round(run.size * 2) / 2] += len(run.text)
    return max(sizes.items(), key=lambda item: (item[1], item[0]))[0] if sizes else 10.0
