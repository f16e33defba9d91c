"""Which formats there are, and which of them a file is in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..core.errors import ConfigInvalid
from ..core.knowledge import Knowledge
from .graphs import write_graphml, write_node_link
from .obo import read_obo, write_obo
from .published import read_published, write_published
from .row import Incoming
from .skos import read_skos, write_jsonld, write_turtle
from .table import read_csv, write_csv

READERS: dict[str, Callable[[Path], tuple[Incoming, ...]]] = {
    "obo": read_obo,
    "turtle": read_skos,
    "csv": read_csv,
    "published": read_published,
}
WRITERS: dict[str, Callable[[Knowledge], str]] = {
    "turtle": write_turtle,
    "json-ld": write_jsonld,
    "csv": write_csv,
    "obo": write_obo,
    "published": write_published,
    "graphml": write_graphml,
    "node-link": write_node_link,
}
SUFFIXES = {".obo": "obo", ".ttl": "turtle", ".csv": "csv", ".json": "published"}


def format_of(path: str | Path) -> str:
    """The format a file's suffix stands for.

    Raises:
        ConfigInvalid: a suffix of none of them.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(f"{name} ({end})" for end, name in SUFFIXES.items())
        raise ConfigInvalid(f"{path} ends in none of the suffixes that can be read: {known}; name its format instead")
    return SUFFIXES[suffix]
