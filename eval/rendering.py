"""Templates of reports and experiments, how cells of a table are shown in them, and images small enough for them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .intervals import Difference, Interval
from .tables import number, shown

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
THUMB = 168  # pixels of the longer side


def template(name: str, **filters: Callable[..., str]) -> Template:
    """A template that escapes what it is given.

    Beside Jinja's own it has the filters `shown`, `number` and those given, and the tests `spread` (a value with an
    interval), `quantity`, `plot`, `table` and `facts`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"shown": shown, "number": number, **filters}
    environment.tests |= {"spread": _is_spread, "quantity": _is_quantity}
    environment.tests |= {
        kind.lower(): lambda item, kind=kind: type(item).__name__ == kind for kind in ("Plot", "Table", "Facts")
    }
    return environment.get_template(name)


def _is_spread(cell: Any) -> bool:
    return isinstance(cell, Interval | Difference) and cell.low == cell.low


def _is_quantity(cell: Any) -> bool:
    return cell is None or (isinstance(cell, int | float | Interval | Difference) and not isinstance(cell, bool))


def thumbnail(path: Path) -> str:
    """An image as a small PNG in base64, "" where it cannot be read."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
            small.thumbnail((THUMB, THUMB))
    except (OSError, ValueError):
        return ""
    buffer = io.BytesIO()
    small.quantize(128).save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
