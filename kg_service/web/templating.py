"""The template environment: everything is escaped, an unknown name is an error, and a few words for people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..core.concept import Condition
from .assets import asset_url
from .paging import AT_ONCE
from .pending import open_count
from .scene import Scene
from .sentences import capitalised

_TEMPLATES = Path(__file__).parent / "templates"

# The class and the shape of a condition: "malignant", "in-situ", "benign", "non-neoplastic", and "mixed" for groups.
_MARKS = {
    Condition.MALIGNANT: "malignant",
    Condition.PRECANCEROUS: "in-situ",
    Condition.BENIGN: "benign",
    Condition.NON_NEOPLASTIC: "non-neoplastic",
    None: "mixed",
}


def mark(condition: Condition | None) -> str:
    """The CSS class and shape that stand for a condition; None is a group whose members differ."""
    return _MARKS[condition]


def when(timestamp: str) -> str:
    """`2026-11-21T17:52:05Z` as people write it: 21 Nov 2026, 17:52 UTC."""
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        return timestamp
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def count(number: int, noun: str, plural: str = "") -> str:
    """1 concept, 2,002 concepts."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def waiting(scene: Scene) -> int:
    """How many proposals wait for a reviewer."""
    with scene.database.reading() as session:
        return open_count(session)


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(when=when, count=count, mark=mark, capitalised=capitalised)
    made.globals.update(asset_url=asset_url, waiting=waiting, at_once=AT_ONCE)
    return made


ENVIRONMENT = environment()
