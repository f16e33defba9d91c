"""Which diseases a book tells apart: from its questions, its answers, and sentences that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kg_service.core.knowledge import Knowledge

from ..textbook.evidence import Evidence
from ..textbook.glossary import Glossary
from .asked import Asked
from .sections import Section, clauses

# The best rule first. How often each was right on 63 pairs judged by hand (tests/fixtures/stelwagon-judged.csv), as
# (right + 1) / (judged + 2): 39 of 40, 18 of 18, 5 of 5. What a model reads nobody has judged.
CONFIDENCE = {"question": 0.95, "answer": 0.95, "sentence": 0.86, "model": 0.5}

_LISTS = re.compile(
    r"\b(?:what|which)\b.*\b(?:diseases?|affections?|conditions?|eruptions?|growths|formations|tumou?rs)\b|"
    r"\bresembl|\bdifferential\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"^\W*no\b[.,;]|\b(?:scarcely|hardly|never|cannot|can not)\b", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(?:distinguished|differentiated|differentiating|distinguishing|diagnosed)\s+(?:it\s+)?from\b|"
    r"\b(?:confounded|confused|confound|confuse)\s+(?:it\s+)?with\b|\b(?:mistaken|mistake)\s+(?:it\s+)?for\b",
    re.IGNORECASE,
)
_LIST_ENDS = re.compile(r"[.;:]|,?\s+(?:by|in which|which|but|as|the first|on account|owing|because)\b", re.IGNORECASE)
# Where treatment or its causes are spoken of, nothing is told apart.
QUIET = frozenset({"treatment", "prognosis", "pathology", "etiology"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two diseases (sorted) that a span says are to be told apart, and the rule that read it there."""

    a: str
    b: str
    rule: str
    evidence: Evidence


def pairs_of(section: Section, question: Asked | None, glossary: Glossary) -> Iterator[Pair]:
    """The pairs that one section states."""
    return (found for found in _all(section, question, glossary) if found is not None)


def _all(section: Section, question: Asked | None, glossary: Glossary) -> Iterator[Pair | None]:
    know = glossary.knowledge
    if question is not None:
        whole = section.passages[0]
        for one in question.subject:
            for other in question.others:
                yield pair(know, one, other, "question", Evidence.of(whole, 0, len(whole.text)))
        if question.lists and _LISTS.search(section.title):
            for one in question.subject:
                yield from _listed(section, one, glossary)
    if section.about and section.role not in QUIET:
        yield from _said(section, glossary)


def _listed(section: Section, one: str, glossary: Glossary) -> Iterator[Pair | None]:
    for passage in section.passages:
        named = glossary.mentions(passage.text)
        for clause in clauses(passage):
            if _DENIES.search(clause.text):
                if clause.opens and re.match(r"\W*no\b", clause.text, re.IGNORECASE):
                    return
                continue
            for mention in named:
                if clause.start <= mention.start < clause.end and not mention.negated:
                    evidence = Evidence.of(passage, clause.start, clause.end)
                    yield pair(glossary.knowledge, one, mention.id, "answer", evidence)


def _said(section: Section, glossary: Glossary) -> Iterator[Pair | None]:
    """The pairs of sentences like "It is to be differentiated from warts and acne"."""
    know, about = glossary.knowledge, section.about
    for passage in section.passages:
        named = glossary.mentions(passage.text)
        for clause in clauses(passage):
            said = _SAYS.search(clause.text)
            if said is None or _DENIES.search(clause.text[: said.start()]):
                continue
            start, after = clause.start + said.start(), clause.start + said.end()
            stop = _LIST_ENDS.search(passage.text, after, clause.end)
            end = stop.start() if stop else clause.end
            subjects = {m.id for m in named if clause.start <= m.start < start}
            if not all(know.same_line(about, id_) for id_ in subjects):
                continue  # it speaks of another disease than the headings do
            for mention in named:
                if after <= mention.start < end:
                    evidence = Evidence.of(passage, clause.start, clause.end)
                    yield pair(know, about, mention.id, "sentence", evidence)


def pair(know: Knowledge, one: str, other: str, rule: str, evidence: Evidence) -> Pair | None:
    """The pair, or None for a disease and itself or its own group, which are no two things to tell apart."""
    if know.same_line(one, other):
        return None
    return Pair(min(one, other), max(one, other), rule, evidence)
