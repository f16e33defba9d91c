"""What PDFium says of one page: runs of text with box, size and weight, and images."""

from __future__ import annotations

import ctypes
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL.Image import Image

from ..letters import clean
from ..records import Box

_BREAK = 0.9  # of the font size: a wider gap on a line ends a run, as the gutter between columns does
_SPACE = 0.18  # of the font size: a wider gap is a space, even if the file has none
_UPRIGHT = 0.95  # the cosine of the greatest slant
_BOLD = 600
_BOLD_NAMES = ("bold", "black", "heavy")
_HYPHENS = {0x02, 0xFFFE, 0xAD}  # how PDFium marks a hyphen at the end of a line


@dataclass(frozen=True, slots=True)
class Run:
    """Letters on one line without a wide gap. The box counts from the top left corner of the page, in points."""

    text: str
    box: Box
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a page: where it stands, which of the page's images it is, and the hash of its bytes."""

    box: Box
    place: int
    digest: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The edges of a page in its own coordinates (y grows upwards), and by how many degrees it is turned clockwise."""

    left: float
    bottom: float
    right: float
    top: float
    turned: int

    @classmethod
    def of(cls, page: pdfium.PdfPage) -> Frame:
        """The frame of a page."""
        return cls(*page.get_bbox(), page.get_rotation())

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A box of the page as a reader sees it."""
        match self.turned:
            case 90:
                return y0 - self.bottom, x0 - self.left, y1 - self.bottom, x1 - self.left
            case 180:
                return self.right - x1, y0 - self.bottom, self.right - x0, y1 - self.bottom
            case 270:
                return self.top - y1, self.right - x1, self.top - y0, self.right - x0
            case _:
                return x0 - self.left, self.top - y1, x1 - self.left, self.top - y0

    def upright(self, angle: float) -> bool:
        """Whether letters at an angle (radians, clockwise) stand upright for a reader."""
        return math.cos(angle + math.radians(self.turned)) > _UPRIGHT


def runs(page: pdfium.PdfPage) -> list[Run]:
    """The upright text of a page in the order of the file."""
    text = page.get_textpage()
    try:
        return list(_runs(text, Frame.of(page)))
    finally:
        text.close()


def pictures(page: pdfium.PdfPage) -> list[Picture]:
    """The images of a page in the order of the file, whatever their size."""
    frame, found = Frame.of(page), []
    for place, item in enumerate(_images(page)):
        bounds, form = item.get_bounds(), item.container
        while form is not None:  # what stands in a form counts in the form's own coordinates
            bounds, form = form.get_matrix().on_rect(*bounds), form.container
        found.append(Picture(frame.box(*bounds), place, hashlib.sha256(item.get_data()).hexdigest()))
    return found


def image(page: pdfium.PdfPage, picture: Picture) -> Image:
    """The pixels of an image of this page.

    Raises:
        PdfiumError: they cannot be decoded.
    """
    item = _images(page)[picture.place]
    return item.get_bitmap(render=False).to_pil()


def _images(page: pdfium.PdfPage) -> list[pdfium.PdfImage]:
    found = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])
    return [item for item in found if isinstance(item, pdfium.PdfImage)]


@dataclass(slots=True)
class _Open:
    """A run being read."""

    letters: list[str]
    box: list[float]
    size: float
    bold: bool
    last: float  # where the last letter begins

    def close(self) -> Iterator[Run]:
        text = clean("".join(self.letters))
        if text:
            x0, y0, x1, y1 = self.box
            yield Run(text, (x0, y0, x1, y1), round(self.size, 1), self.bold)


def _runs(text: pdfium.PdfTextPage, frame: Frame) -> Iterator[Run]:
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    held: _Open | None = None
    waiting = False  # a space of the file
    for place in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, place)
        if code in _HYPHENS:
            code = ord("-")
        letter = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        if not letter.strip():
            waiting = waiting or bool(letter)
            continue
        if not raw.FPDFText_GetLooseCharBox(text, place, box) or box.right <= box.left:
            if held:
                held.letters.append(letter)
            continue
        x0, y0, x1, y1 = frame.box(box.left, box.bottom, box.right, box.top)
        if held and _same_line(held, x0, y0, y1):
            gap = x0 - held.box[2]
            spaced = waiting or gap > _SPACE * held.size
            if gap <= _BREAK * held.size and not (spaced and _turns(held, _bold(text, place))):
                if spaced:
                    held.letters.append(" ")
                if letter.isalnum() and not any(map(str.isalnum, held.letters)):  # a bullet has a font of its own
                    held.size, held.bold = _size(text, place, matrix), _bold(text, place)
                held.letters.append(letter)
                held.last = x0
                held.box = [held.box[0], min(held.box[1], y0), max(held.box[2], x1), max(held.box[3], y1)]
                waiting = False
                continue
        if held:
            yield from held.close()
            held = None
        if not frame.upright(raw.FPDFText_GetCharAngle(text, place)):  # a mark along the margin
            continue
        size, bold = _size(text, place, matrix), _bold(text, place)
        held, waiting = _Open([letter], [x0, y0, x1, y1], size, bold, x0), False
    if held:
        yield from held.close()


def _size(text: pdfium.PdfTextPage, place: int, matrix: raw.FS_MATRIX) -> float:
    """The size of a letter in points: that of its font, as the page scales it."""
    raw.FPDFText_GetMatrix(text, place, matrix)
    return raw.FPDFText_GetFontSize(text, place) * ((matrix.c**2 + matrix.d**2) ** 0.5 or 1.0)


def _bold(text: pdfium.PdfTextPage, place: int) -> bool:
    """Whether a letter is bold, by the weight or the name of its font."""
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    raw.FPDFText_GetFontInfo(text, place, name, len(name), flags)
    font = name.value.decode("utf-8", "replace").lower()
    return raw.FPDFText_GetFontWeight(text, place) >= _BOLD or any(word in font for word in _BOLD_NAMES)


def _turns(held: _Open, bold: bool) -> bool:
    """Whether a word is in another weight than the words before it."""
    return bold != held.bold and any(map(str.isalnum, held.letters))


def _same_line(held: _Open, x0: float, y0: float, y1: float) -> bool:
    """Whether a letter stands on the line of a run, right of its last. Raised and lowered letters do.

    The letters of a ligature have one box, so they begin at the same place.
    """
    middle = (y0 + y1) / 2
    return held.box[1] < middle < held.box[3] and x0 > held.last - 0.1 * held.size
