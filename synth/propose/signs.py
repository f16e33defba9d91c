"""Which features a passage gives to which disease, clause by clause. Each disease gets only what its clause says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg_service.core.concept import FeatureKind, Polarity
from kg_service.core.mentions import Mention

from ..textbook.evidence import Evidence
from ..textbook.glossary import Glossary
from .asked import WHICH, Asked
from .candidate import Sign
from .sections import Clause, Section, clauses

# "From ringworm, by its crusts": what follows "by" is said of the disease that is asked about, not of ringworm.
_FROM = re.compile(r"^\W*from\b", re.IGNORECASE)
_TOLD_FROM = re.compile(
    r"\b(?:differ(?:s|ing)?|distinguish(?:ed|es)?|differentiat(?:ed|es|ing))\s+(?:\w+\s+){0,2}?(?:it\s+)?from\b",
    re.IGNORECASE,
)
_EXCLUDES = re.compile(r"\bwill (?:exclude|distinguish it from)\b", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|in|through|owing to|on account of)\b", re.IGNORECASE)
_ALIKE = re.compile(r"\b(?:resembl\w+|simulat\w+|confounded|mistaken|likeness)\b", re.IGNORECASE)
# "The syphilitic eruption", "the epitheliomatous ulcer": a disease named by its adjective.
_ADJECTIVE = re.compile(
    r"\b\w{4,}(?:itic|otic|atous|tic|ous)\s+(?:eruption|lesion|papule|pustule|ulcer|disease|affection)", re.I
)
# "Acne lesions" in an answer about rosacea are a sign of rosacea; the answer goes on about it.
_AS_SIGN = re.compile(r"\s(?:lesions?|eruptions?|papules?|pustules?|spots?)\b", re.IGNORECASE)
# The color of scales is not that of the lesion.
_SHED = re.compile(r"^\W*those\b|\b(?:scal\w+|crust\w*|hairs?|discharge|secretion|contents|teeth)\b", re.IGNORECASE)
# What is so rarely or slightly is no sign to tell by, nor is what is so in comparison only.
_WEAK = re.compile(
    r"\b(?:rare(?:ly)?|seldom|exceptional(?:ly)?|occasional(?:ly)?|sometimes|at times|slight(?:ly|est)?|little|less|"
    r"scant(?:y|ily)|scarcely|hardly|tendency to|if|when|after|followed by|simulat\w+|resembl\w+|except\w*|"
    r"depends?|according|examination|microscop\w+|history of|mucous)\b[^,;]{0,40}$",
    re.IGNORECASE,
)
_SELDOM = re.compile(
    r"\W*(?:exceptionally|rarely|occasionally|sometimes|seldom|in (?:rare|exceptional|some|a few))\b", re.I
)
_WEAK_BEHIND = re.compile(
    r"^[^,;.]{0,40}\b(?:is|are),?\s[^;.]{0,30}\b(?:rare(?:ly)?|slight|scanty|exceptional|insignificant)\b", re.I
)
# A word with the ending of a disease's name that is none we know. Its clause speaks of something else.
_STRANGER = re.compile(r"\b\w{3,}(?:oderm|oderma|odermia|philide|osis|itis|iasis|oma|omata)s?\b", re.IGNORECASE)


def told_apart(section: Section, glossary: Glossary, question: Asked) -> Iterator[Sign]:
    """The signs in an answer on differential diagnosis.

    Until the answer names another disease, it speaks of the one whose marks the question asks for. Where the question
    names both sides, other names in the answer ("baldness") are no new subject.
    """
    if WHICH.match(section.title):
        return
    asked = question.subject[0] if len(question.subject) == 1 else ""
    sides = {*question.subject, *question.others, section.about} if question.subject and question.others else None
    topic = asked
    stems = _stems(section, glossary)
    for passage in section.passages:
        named = glossary.mentions(passage.text)
        features = glossary.knowledge.feature_mentions(passage.text)
        for clause in clauses(passage):
            here = [
                m for m in _inside(clause, named)
                if (m.id in sides if sides is not None else not _AS_SIGN.match(passage.text, m.end))
            ]  # fmt: skip
            topic, start = _subject(clause, here, asked, topic, stems, features)
            if topic:
                said = [mention for mention in _inside(clause, features) if mention.start >= start]
                yield from _signs(glossary, clause, topic, said)


def described(section: Section, glossary: Glossary) -> Iterator[Sign]:
    """The signs in a description of one disease; nothing from clauses that name another."""
    for passage in section.passages:
        named = glossary.mentions(passage.text)
        features = glossary.knowledge.feature_mentions(passage.text)
        for clause in clauses(passage):
            others = {mention.id for mention in _inside(clause, named)} - {section.about}
            if not others and not _strangers(clause, features):
                yield from _signs(glossary, clause, section.about, _inside(clause, features))


def _stems(section: Section, glossary: Glossary) -> list[tuple[str, str]]:
    """The beginnings of the names in the headings, by which their adjectives are known: "syphil" of syphilis."""
    named = [mention for heading in section.path for mention in glossary.mentions(heading)]
    return [
        (m.text.casefold()[: max(6, len(m.text) - 3)], m.id) for m in named if len(m.text) > 5 and " " not in m.text
    ]


def _subject(
    clause: Clause,
    here: list[Mention],
    asked: str,
    before: str,
    stems: list[tuple[str, str]],
    features: tuple[Mention, ...],
) -> tuple[str, int]:
    """Of which disease a clause speaks ("" for nobody knows), and from which character on.

    Args:
        here: the diseases that the clause names.
        asked: the one the question asks for.
        before: the one that the clause before spoke of.
    """
    text = clause.text
    if _ALIKE.search(text):
        return asked, clause.end
    if _EXCLUDES.search(text):  # "the absence of ulceration will exclude the pustular syphiloderm"
        return asked, clause.start
    told = _FROM.search(text) or _TOLD_FROM.search(text)
    if told and here and all(mention.start >= clause.start + told.start() for mention in here):
        by = _BY.search(clause.passage.text, clause.start + told.end(), clause.end)
        return asked, by.end() if by else clause.end
    if here:
        ids = {mention.id for mention in here}
        return (ids.pop() if len(ids) == 1 else ""), clause.start
    if adjective := _ADJECTIVE.search(text):
        said = adjective.group().casefold()
        return next((id_ for stem, id_ in stems if said.startswith(stem)), ""), clause.start
    return ("" if _strangers(clause, features) else before), clause.start


def _signs(glossary: Glossary, clause: Clause, concept: str, features: list[Mention]) -> Iterator[Sign]:
    if _SELDOM.match(clause.text):
        return
    shed = _SHED.search(clause.text)
    for mention in features:
        before = clause.passage.text[clause.start : mention.start]
        behind = clause.passage.text[mention.end : clause.end]
        weak = not mention.negated and (_WEAK.search(before) or _WEAK_BEHIND.search(behind))
        color = glossary.knowledge.feature(mention.id).kind is FeatureKind.COLOR
        if mention.hedged or weak or (color and shed):
            continue
        polarity = Polarity.ABSENT if mention.negated else Polarity.PRESENT
        yield Sign(concept, mention.id, polarity, Evidence.of(clause.passage, clause.start, clause.end))


def _inside(clause: Clause, mentions: tuple[Mention, ...]) -> list[Mention]:
    return [mention for mention in mentions if clause.start <= mention.start < clause.end]


def _strangers(clause: Clause, features: tuple[Mention, ...]) -> bool:
    known = [(mention.start, mention.end) for mention in features]
    found = _STRANGER.finditer(clause.passage.text, clause.start, clause.end)
    return any(not any(a <= word.start() < b for a, b in known) for word in found)
