"""Which formats there are, and which of them a file is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.content import Content
from ..core.errors import ConfigInvalid
from ..core.knowledge import Knowledge
from .branch import branch, cutting
from .document import Document
from .graphs import write_graphml, write_node_link
from .native import read_native
from .obo import read_obo, write_obo
from .published import read_published, write_published
from .reading import Source
from .row import Incoming
from .skos import read_skos, write_jsonld, write_turtle
from .table import read_csv, read_csv_document, write_csv
from .workbook import write_xlsx
from .worksheets import read_workbook, read_xlsx


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing.

    `write` takes knowledge that stands alone; `write_part` any content, links to concepts that it does not hold
    included. A format without it gets a branch cut off from the rest.
    """

    media_type: str
    suffix: str
    write: Callable[[Knowledge], str | bytes]
    write_part: Callable[[Content], str | bytes] | None = None


READERS: dict[str, Callable[[Source], tuple[Incoming, ...]]] = {
    "obo": read_obo,
    "turtle": read_skos,
    "csv": read_csv,
    "xlsx": read_xlsx,
    "published": read_published,
}
# What can be read as an edit: the formats in which our own export comes back unchanged.
EDITORS: dict[str, Callable[[Source], Document]] = {
    "turtle": read_native,
    "csv": read_csv_document,
    "xlsx": read_workbook,
}
FORMATS: dict[str, Format] = {
    "xlsx": Format(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", write_xlsx, write_xlsx
    ),
    "csv": Format("text/csv; charset=utf-8", ".csv", write_csv, write_csv),
    "turtle": Format("text/turtle; charset=utf-8", ".ttl", write_turtle, write_turtle),
    "json-ld": Format("application/ld+json", ".jsonld", write_jsonld, write_jsonld),
    "obo": Format("text/plain; charset=utf-8", ".obo", write_obo),
    "published": Format("application/json", ".json", write_published),
    "graphml": Format("application/graphml+xml", ".graphml", write_graphml),
    "node-link": Format("application/json", ".json", write_node_link),
}
SUFFIXES = {".obo": "obo", ".ttl": "turtle", ".csv": "csv", ".xlsx": "xlsx", ".json": "published"}


def written(name: str, knowledge: Knowledge, under: str = "") -> bytes:
    """The knowledge, or the branch of one concept, in a format. The same content gives the same bytes.

    Raises:
        ConfigInvalid: no format has this name.
        UnknownConcept: `under` is not the id of a concept.
        RequestInvalid: the format cannot hold it.
    """
    if name not in FORMATS:
        raise ConfigInvalid(f"no format is called {name!r}; there are {', '.join(FORMATS)}")
    one = FORMATS[name]
    if not under:
        made = one.write(knowledge)
    elif one.write_part:
        made = one.write_part(branch(knowledge, under))
    else:
        made = one.write(cutting(knowledge, under))
    return made.encode() if isinstance(made, str) else made


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
