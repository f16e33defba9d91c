"""One disease as a file tells it, and the words and ids that files write in more than one way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from unicodedata import category

from ..core.concept import Concept, Condition, Polarity
from ..core.fold import basic, fold

_DOID = re.compile(r"(?:DOID[:_]|https?://purl\.obolibrary\.org/obo/DOID_)(?P<number>\d+)", re.IGNORECASE)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")

# What one change of the vocabulary may hold (`kg_service.wire.changes`).
LONGEST_LABEL, LONGEST_DEFINITION, LONGEST_IRI, LONGEST_SOURCE, MOST_ITEMS = 500, 10_000, 1_000, 2_000, 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """One disease or group as a file tells it.

    `key` is the source's own id; `parents` are such keys, or names of concepts, the primary one first. `condition` is
    a plain word where the source says one that is none of the four; `plan` then says so. `place` is for people:
    "skin.obo, line 12". The last four fields only our own Turtle states.
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
    ambiguous_labels: tuple[str, ...] = ()
    profile: tuple[tuple[str, Polarity], ...] = ()
    source: str = ""
    review_status: str = ""

    def tidy(self) -> Incoming:
        """The same row with single spaces, and without empty or repeated labels, parents and matches."""
        name = _spaced(self.pref_label)
        alt = tuple(label for label in _distinct(self.alt_labels) if label != name)
        return replace(
            self,
            key=_spaced(self.key),
            pref_label=name,
            parents=_distinct(self.parents),
            alt_labels=alt,
            hidden_labels=tuple(label for label in _distinct(self.hidden_labels) if label not in {name, *alt}),
            condition=condition_of(self.condition or ""),
            definition=_spaced(self.definition),
            exact_match=tuple(doid_iri(iri) or iri for iri in _distinct(self.exact_match)),
            close_match=tuple(doid_iri(iri) or iri for iri in _distinct(self.close_match)),
            place=self.place or self.key or name,
            ambiguous_labels=_distinct(self.ambiguous_labels),
        )

    def told(self) -> str:
        """The row for a person: where it stands and what it names."""
        name = "".join(sign if sign.isprintable() else "�" for sign in self.pref_label or self.key)
        return f"{self.place} ({name[:60]})" if name and name != self.place else self.place


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


def certain(labels: Iterable[str], concept: Concept) -> list[str]:
    """The labels among some of a concept's that mean it alone, sorted. Other formats cannot say that one is shared."""
    shared = {fold(label) for label in concept.ambiguous_labels}
    return sorted(label for label in labels if fold(label) not in shared)


def is_text(text: str) -> bool:
    """Whether a text holds only signs that every format can carry: no control signs, halves of pairs, or non-signs."""
    return not any(category(sign) in {"Cc", "Cs"} or ord(sign) & 0xFFFE == 0xFFFE for sign in text)


def is_iri(text: str) -> bool:
    """Whether a text may stand as an IRI in Turtle."""
    return _IRI.fullmatch(text) is not None


def beyond_limits(row: Incoming) -> str | None:
    """What of a row is longer than the change vocabulary takes over the wire, or None."""
    names = (row.pref_label, *row.alt_labels, *row.hidden_labels, *row.ambiguous_labels)
    lists = (row.parents, row.alt_labels, row.hidden_labels, row.ambiguous_labels, row.exact_match, row.close_match)
    if any(len(name) > LONGEST_LABEL for name in names):
        return f"it has a name of more than {LONGEST_LABEL} letters"
    if len(row.definition) > LONGEST_DEFINITION:
        return f"its definition has more than {LONGEST_DEFINITION} letters"
    if any(len(iri) > LONGEST_IRI for iri in (*row.exact_match, *row.close_match)):
        return f"it has a match of more than {LONGEST_IRI} letters"
    if any(len(many) > MOST_ITEMS for many in lists):
        return f"it has a list of more than {MOST_ITEMS} items"
    return None


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spaced for text in texts if (spaced := _spaced(text))))
