"""What rules read in a book: the pairs it tells apart, the signs it gives, its names and groups of diseases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kg_service.core.trajectory import Passage

from ..textbook import roles
from ..textbook.evidence import Evidence
from ..textbook.glossary import Equation, Glossary
from .asked import asked
from .candidate import Linked, Sign
from .pairs import QUIET, Pair, pairs_of
from .sections import Section, clauses, sections
from .signs import described, told_apart

_IS_A = re.compile(
    r"\b(?:is|are|be)(?: now| really| simply)?(?: (?:believed|known|considered|held) to be| regarded as)? (?:a|an|one)"
    r" (?:[\w-]+ ){0,2}(?:variety|form|type|kind|subtype|species) of\b",
    re.IGNORECASE,
)
_IT = re.compile(r"\W*(?:it|this|the disease|the affection)\b", re.IGNORECASE)


@dataclass
class Found:
    """What was read so far: evidence and signs of each pair, signs of each disease, equations, places."""

    pairs: dict[tuple[str, str], list[Pair]] = field(default_factory=dict)
    answers: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)  # a list's path -> the answer's
    told: list[Sign] = field(default_factory=list)
    described: list[Sign] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    places: list[tuple[str, str, Evidence]] = field(default_factory=list)


def link(passages: Iterable[Passage], glossary: Glossary) -> Iterator[Linked]:
    """Every disease and feature that the passages name."""
    for passage in passages:
        about = glossary.about(passage.headings)
        concepts = glossary.mentions(passage.text)
        features = glossary.knowledge.feature_mentions(passage.text)
        for m in sorted([*concepts, *features], key=lambda mention: (mention.start, mention.id)):
            yield Linked(passage.id, about, m.id, m.start, m.end, m.text, m.negated, m.hedged)


def read(passages: list[Passage], glossary: Glossary, found: Found) -> None:
    """Add what one book says."""
    found.equations += glossary.equations
    before: Section | None = None
    for section in sections(passages, glossary):
        question = asked(section, glossary)
        if question is not None and question.lists and before is not None and before.about == section.about:
            found.answers[before.path] = section.path  # "How do these several diseases differ?"
        before = section if question is not None else None
        for pair in pairs_of(section, question, glossary):
            found.pairs.setdefault((pair.a, pair.b), []).append(pair)
        if question is not None:
            found.told += told_apart(section, glossary, question)
        elif section.about and section.role in roles.DESCRIBING:
            found.described += described(section, glossary)
        if section.about and section.role not in QUIET:
            found.places += _places(section, glossary)


def _places(section: Section, glossary: Glossary) -> Iterator[tuple[str, str, Evidence]]:
    """(concept, what it is a form of, the span): from the headings above, and from sentences that say so."""
    first = section.passages[0]
    for depth in range(len(section.path) - 1, 0, -1):
        child, parent = glossary.heading(section.path[depth]), glossary.heading(section.path[depth - 1])
        if child and parent and child != parent:
            yield child, parent, replace(Evidence.of(first, 0, 0), quote=section.path[depth])
    for passage in section.passages:
        named = glossary.mentions(passage.text)
        for clause in clauses(passage):
            said = _IS_A.search(clause.text)
            if said is None:
                continue
            middle = clause.start + said.start()
            before = [m for m in named if clause.start <= m.start < middle]
            behind = [m for m in named if middle <= m.start < clause.end and not m.negated]
            if len(before) > 1 or not behind or any(m.hedged or m.negated for m in (*before, behind[0])):
                continue
            child = before[0].id if before else section.about if _IT.match(clause.text) else ""
            if child:
                yield child, behind[0].id, Evidence.of(passage, clause.start, clause.end)
