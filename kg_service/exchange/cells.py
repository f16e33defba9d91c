"""What the tables of CSV and XLSX share: columns known by name, lists in a cell, and a row that is a concept.

A list in a cell is joined by " | "; a bar or backslash inside an item is written with a backslash before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..core.concept import Concept
from ..core.errors import KnowledgeInvalid
from .row import Incoming, certain, condition_of

# Column -> the field of a Concept that it states.
FIELDS = {
    "prefLabel": "pref_label",
    "condition": "condition",
    "parents": "parents",
    "altLabels": "alt_labels",
    "hiddenLabels": "hidden_labels",
    "definition": "definition",
    "exactMatch": "exact_match",
    "closeMatch": "close_match",
}
COLUMNS = ("id", *FIELDS)
COLUMN_OF = {field: column for column, field in FIELDS.items()}

_ITEM = re.compile(r"(?:[^\\|]|\\.|\\$)+", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\|])")


def joined(items: Iterable[str]) -> str:
    return " | ".join(item.replace("\\", "\\\\").replace("|", "\\|") for item in items)


def items(cell: str) -> tuple[str, ...]:
    found = (_ESCAPED.sub(r"\1", item).strip() for item in _ITEM.findall(cell))
    return tuple(item for item in found if item)


def columns_of(place: str, header: Sequence[str], known: Sequence[str], needed: Sequence[str] = ()) -> list[str]:
    """The columns that a header names, in its order and our spelling. Empty ones at the end are left away.

    Args:
        place: of the header, for the findings: "skin.csv, row 1".
        needed: the columns without which a row says nothing.

    Raises:
        KnowledgeInvalid: one is unknown, stands twice, or a needed one is missing.
    """
    by_name = {column.casefold(): column for column in known}
    names = [cell.strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    unknown = [name for name in names if name.casefold() not in by_name]
    columns = [by_name.get(name.casefold(), name) for name in names]
    findings = [f"{place}: there is no column {name[:80]!r}; there are {', '.join(known)}" for name in unknown[:20]]
    twice = sorted({column for column in columns if columns.count(column) > 1}) if len(columns) < 1000 else []
    findings += [f"{place}: the column {column[:80]!r} stands twice" for column in twice[:20]]
    findings += [f"{place}: the column {column} is missing" for column in needed if column not in columns]
    if findings:
        raise KnowledgeInvalid("the columns of this table cannot be used:", tuple(findings))
    return columns


def concept_cells(concept: Concept) -> tuple[str, ...]:
    """A concept as the cells of `COLUMNS`. Labels it shares with another stay behind: no cell could say so."""
    return (
        concept.id,
        concept.pref_label,
        concept.condition.value if concept.condition else "",
        joined((*concept.parents[:1], *sorted(concept.parents[1:]))),
        joined(certain(concept.alt_labels, concept)),
        joined(certain(concept.hidden_labels, concept)),
        concept.definition,
        joined(sorted(concept.exact_match)),
        joined(sorted(concept.close_match)),
    )


def concept_row(cells: Mapping[str, str], place: str) -> Incoming:
    """The disease that a row tells of; a column it does not have counts as empty."""
    name = cells.get("prefLabel", "").strip()
    return Incoming(
        key=cells.get("id", "").strip() or name,
        pref_label=name,
        parents=items(cells.get("parents", "")),
        alt_labels=items(cells.get("altLabels", "")),
        hidden_labels=items(cells.get("hiddenLabels", "")),
        condition=condition_of(cells.get("condition", "")),
        definition=cells.get("definition", "").strip(),
        exact_match=items(cells.get("exactMatch", "")),
        close_match=items(cells.get("closeMatch", "")),
        place=place,
    )
