"""What the API and the desk do alike with files: which formats there are, writing one, and what one would change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..core.errors import RequestInvalid, RequestTooLarge
from ..editorial.working import Working
from ..wire.changes import MAX_CHANGES, read_changes, write_changes
from ..wire.imports import ExportFormat, ImportFormat, ImportMode
from .reading import Reading

if TYPE_CHECKING:
    from ..exchange.planning import Plan
    from ..exchange.reading import Upload

# Media types and suffixes stand in `exchange.formats` too, which takes a second to load: a test holds them together.
MEDIA_TYPES: dict[ExportFormat, tuple[str, str]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    "csv": ("text/csv; charset=utf-8", ".csv"),
    "turtle": ("text/turtle; charset=utf-8", ".ttl"),
    "json-ld": ("application/ld+json", ".jsonld"),
    "obo": ("text/plain; charset=utf-8", ".obo"),
    "graphml": ("application/graphml+xml", ".graphml"),
    "node-link": ("application/json", ".json"),
    "published": ("application/json", ".json"),
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to be downloaded."""

    name: str
    media_type: str
    payload: bytes


def exported(reading: Reading, format: ExportFormat, under: str) -> Exported:
    """A state of the knowledge, or the branch of one concept, in a format.

    Raises:
        UnknownConcept: `under` is not the id of a concept.
        RequestInvalid: the format cannot hold it.
    """
    from ..exchange.formats import written

    media_type, suffix = MEDIA_TYPES[format]
    name = _UNSAFE.sub("-", "-".join(filter(None, ("skin-r1", reading.release.id, under)))) + suffix
    return Exported(name, media_type, written(format, reading.knowledge, under))


def planned(
    draft: Working, file: Upload, format: ImportFormat, mode: ImportMode, *, source: str, under: str
) -> tuple[int, Plan]:
    """(how many rows the file has, what they come to on the draft).

    Raises:
        KnowledgeInvalid: the file cannot be read; the findings say where.
        UnknownConcept: `under` is not the id of a concept.
        RequestTooLarge: one proposal cannot hold it.
        RequestInvalid: a change holds something that no proposal may.
    """
    from ..exchange.editing import edit
    from ..exchange.formats import EDITORS, READERS
    from ..exchange.incoming import plan

    if mode == "edit":
        document = EDITORS[format](file)
        return len(document), _storable(edit(document, draft.knowledge, source=source, under=under))
    rows = READERS[format](file)
    return len(rows), _storable(plan(rows, draft.knowledge, source=source, under=under))


def _storable(plan: Plan) -> Plan:
    if len(plan.changes) > MAX_CHANGES:
        raise RequestTooLarge(
            f"the file makes {len(plan.changes)} changes, and a proposal holds {MAX_CHANGES}; divide it"
        )
    try:
        read_changes(write_changes(plan.changes))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        at = next((part for part in first["loc"] if isinstance(part, int)), 0)
        raise RequestInvalid(f"{plan.sentences()[at][:300]}: {first['msg']}") from error
    return plan
