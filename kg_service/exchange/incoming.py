"""What a file says about diseases, before it is compared with the knowledge; and the plan of what would change.

Nothing is ever guessed. A row that could mean two things, or contradicts what stands, becomes a finding for a person
and is left out; a row that matches a concept only adds to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.change import Change
from ..core.concept import Condition
from ..core.fold import basic
from ..core.knowledge import Knowledge

_DOID = re.compile(r"(?:DOID[:_]|https?://purl\.obolibrary\.org/obo/DOID_)(?P<number>\d+)", re.IGNORECASE)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One disease or group as a file tells it.

    `key` is the source's own id; `parents` are such keys, or names of concepts, the primary one first. `condition` is
    a plain word where the source says one that is none of the four; `plan` then says so. `place` is for people:
    "skin.obo, line 12".
    """

    key: str
    pref_label: str
    parents: tuple[str, ...] = ()
    alt_labels: tuple[str, ...] = ()
    hidden_labels: tuple[str, ...] = ()
    condition: Condition | str | None = None
    definition: str = ""
    exact_match: tuple[str, ...] = ()
    close_match: tuple[str, ...] = ()
    place: str = ""

    def tidy(self) -> Incoming:
        """The same row with single spaces, and without empty or repeated labels, parents and matches."""
        name = _spaced(self.pref_label)
        alt = tuple(label for label in _distinct(self.alt_labels) if label != name)
        return replace(
            self,
            pref_label=name,
            parents=_distinct(self.parents),
            alt_labels=alt,
            hidden_labels=tuple(label for label in _distinct(self.hidden_labels) if label not in {name, *alt}),
            definition=_spaced(self.definition),
            exact_match=tuple(doid_iri(iri) or iri for iri in _distinct(self.exact_match)),
            close_match=tuple(doid_iri(iri) or iri for iri in _distinct(self.close_match)),
            place=self.place or self.key or name,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. Every row is in exactly one of: the changes, the unchanged, the findings.

    Exceptions are named in the finding itself: "the name … is left out" and "the link … is left out" concern that name
    or link alone. `matched` holds (the source's key, the concept's id, how), how being "id", "exact match",
    "preferred", "synonym" or "folded".
    """

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    matched: tuple[tuple[str, str, str], ...] = ()
    findings: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """One line for each change."""
        return self.told or tuple(change.sentence() for change in self.changes)


def plan(rows: Sequence[Incoming], knowledge: Knowledge, *, source: str = "", under: str = "") -> Plan:
    """The changes that bring some rows into the knowledge.

    Args:
        rows: as a reader returned them, in the order of the file.
        source: the provenance that new concepts are given.
        under: id of the concept under which new rows without a parent are filed; empty for the top.

    Raises:
        UnknownConcept: `under` is not the id of a concept.
    """
    from .planning import Planner  # it needs the types above

    if under:
        knowledge.concept(under)
    return Planner([row.tidy() for row in rows], knowledge, source, under).plan()


def condition_of(word: str) -> Condition | str | None:
    """The condition a word names, None for an empty one, and the word itself where it is none of the four."""
    plain = basic(word).replace("nonneoplastic", Condition.NON_NEOPLASTIC.value)
    if not plain:
        return None
    if plain == "precancerous":  # the short name it has in the vocabulary
        return Condition.PRECANCEROUS
    return next((condition for condition in Condition if condition.value == plain), word.strip())


def doid_iri(text: str) -> str | None:
    """The IRI of a term of the Disease Ontology, however its id is written; None for anything else."""
    found = _DOID.fullmatch(text.strip())
    return f"http://purl.obolibrary.org/obo/DOID_{found['number']}" if found else None


def is_iri(text: str) -> bool:
    """Whether a text may stand as an IRI in Turtle."""
    return _IRI.fullmatch(text) is not None


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spaced for text in texts if (spaced := _spaced(text))))
