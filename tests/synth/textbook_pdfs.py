"""Real PDF files for the tests of the textbook reader, laid out line by line with reportlab."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 612.0, 792.0
LEADING = 12.0


def picture(color: tuple[int, int, int], size: tuple[int, int] = (60, 45)) -> ImageReader:
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, format="PNG")
    buffer.seek(0)
    return ImageReader(buffer)


class Press:
    """Writes pages; y counts from the top, in points."""

    def __init__(self, path: Path, **options: object) -> None:
        self.canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1, **options)  # type: ignore[arg-type]

    def line(self, x: float, y: float, text: str, size: float = 10, font: str = "Times-Roman") -> float:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, HEIGHT - y, text)
        return y + LEADING * size / 10

    def column(self, x: float, y: float, lines: str, indent: float = 12) -> float:
        """Lines of running text; one that starts with two spaces is indented."""
        for line in lines.strip("\n").split("\n"):
            y = self.line(x + (indent if line.startswith("  ") else 0), y, line.strip())
        return y

    def image(self, x: float, y: float, w: float, h: float, color: tuple[int, int, int]) -> float:
        self.canvas.drawImage(picture(color), x, HEIGHT - y - h, w, h)
        return y + h

    def turn(self) -> None:
        self.canvas.showPage()

    def save(self) -> None:
        self.canvas.save()
