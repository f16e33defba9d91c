"""Thumbnails as data URLs, so that the page carries its pictures itself."""

from __future__ import annotations

import base64
import io
from pathlib import Path

SIDE = 192


def thumbnail(path: Path) -> str:
    """A JPEG data URL at most 192 px on a side; empty where the file is gone or no image."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    small.save(made, "JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(made.getvalue()).decode()
