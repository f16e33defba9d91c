"""Images on their way to a model: scaled, encoded, remembered."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from pathlib import Path

from kg_service.core.errors import ImageUnreadable
from kg_service.job import file_digest

_KEPT = 64  # encoded images in memory; the attempts at one case follow each other
_Stamped = tuple[Path, int, int]  # a file with its size and the time of its last change
_PIXELS_PER_TOKEN = 784  # a patch of 28 x 28, as Qwen-VL counts; others differ by a factor of two


class Pictures:
    """Image files as data URLs of JPEGs of at most `max_pixels` pixels, upright, in RGB."""

    def __init__(self, max_pixels: int) -> None:
        self.max_pixels = max_pixels
        self._url = lru_cache(_KEPT)(self._encoded)
        self._digest = lru_cache(None)(_digest)

    def name(self, path: Path) -> str:
        """What stands for the picture in a request's hash: the bytes of the file, and the size it is shown in.

        Raises:
            ImageUnreadable: there is no such file.
        """
        return f"{self._digest(_stamped(path))} at {self.max_pixels} pixels"

    def url(self, path: Path) -> str:
        """The data URL.

        Raises:
            ImageUnreadable: it is missing or no image.
        """
        return self._url(_stamped(path))

    @property
    def tokens(self) -> int:
        """About how many tokens a picture costs, at most."""
        return self.max_pixels // _PIXELS_PER_TOKEN

    def _encoded(self, stamped: _Stamped) -> str:
        from PIL import Image, ImageOps

        path = stamped[0]
        try:
            with Image.open(path) as file:
                image = ImageOps.exif_transpose(file).convert("RGB")
        except OSError as error:
            raise ImageUnreadable(f"{path} cannot be read as an image: {error}") from error
        width, height = image.size
        shrink = (self.max_pixels / (width * height)) ** 0.5
        if shrink < 1:
            image = image.resize((max(1, int(width * shrink)), max(1, int(height * shrink))), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=90)
        return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def _stamped(path: Path) -> _Stamped:
    try:
        found = path.stat()
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}") from error
    return path, found.st_size, found.st_mtime_ns


def _digest(stamped: _Stamped) -> str:
    return file_digest(stamped[0])
