"""What a book says that the release might hold: the records of `mentions.jsonl` and `candidates.jsonl`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from kg_service.core.concept import Polarity
from kg_service.core.fold import fold

from ..textbook.evidence import Evidence


class Kind(StrEnum):
    DIFFERENTIAL = "differential"
    FEATURE = "feature"
    SYNONYM = "synonym"
    HIERARCHY = "hierarchy"


class Standing(StrEnum):
    """How a candidate stands to the release."""

    NEW = "new"
    KNOWN = "known"
    NEEDS_FEATURE = "needs-feature"  # two diseases to be told apart, and nothing that differs between them
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class Linked:
    """A disease or feature named in a passage: one row of `mentions.jsonl`. Characters of the passage's text."""

    passage: str
    about: str
    id: str
    start: int
    end: int
    text: str
    negated: bool
    hedged: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """What a book says of one feature in one disease, and the span that says it."""

    concept: str
    feature: str
    polarity: Polarity
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Candidate:
    """One statement for people to judge.

    `concepts` are the two of a differential (sorted), the one of a feature or synonym, child and parent of a place in
    the hierarchy. `label` is a synonym. `found_by` names the rule or model; `confidence` in [0, 1] is what is known of
    that rule, not of this statement. `note` says what stands in the way.
    """

    id: str
    kind: Kind
    concepts: tuple[str, ...]
    found_by: str
    confidence: float
    evidence: tuple[Evidence, ...]
    signs: tuple[Sign, ...] = ()
    label: str = ""
    hidden: bool = False
    standing: Standing = Standing.NEW
    note: str = ""


def identity(kind: Kind, concepts: tuple[str, ...], label: str = "", feature: str = "") -> str:
    """What makes two candidates the same one, whoever found them: 16 hex digits."""
    payload = json.dumps([kind.value, *concepts, fold(label), feature], ensure_ascii=False)
    return hashlib.sha256(payload.encode()).hexdigest()[:16]


_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")


def year(source: str) -> int | None:
    """The year that a citation names last, which is that of the edition."""
    found = _YEAR.findall(source)
    return int(found[-1]) if found else None
