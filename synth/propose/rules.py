"""Candidates by rules: a book's passages and a release in, what the book says about both out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from kg_service.core.concept import Polarity
from kg_service.core.fold import fold
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Resolved
from kg_service.core.trajectory import Passage

from .asked import asked
from .candidate import Candidate, Evidence, Kind, Linked, Sign, Standing, identity, year
from .glossary import Equation, Glossary
from .pairs import CONFIDENCE, QUIET, Pair, pairs_of
from .sections import Section, clauses, sections
from .signs import described, told_apart

# As hand-judged: signs of an answer on differential diagnosis, and of any description.
_TOLD, _DESCRIBED, _EQUATED, _PLACED = 0.8, 0.6, 0.8, 0.6
DESCRIBES = frozenset({"features", "definition", "diagnosis"})
# Names that were in use before are kept to be found, never to be shown.
_MODERN = 1980
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
        about = glossary.about(passage.path or (passage.heading,))
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
        elif section.about and section.role in DESCRIBES:
            found.described += described(section, glossary)
        if section.about and section.role not in QUIET:
            found.places += _places(section, glossary)


def candidates(found: Found, knowledge: Knowledge) -> list[Candidate]:
    """The candidates of all that was read by rules."""
    return [
        *_differentials(found, knowledge),
        *_features(found.told, knowledge, "rule:told-apart", _TOLD),
        *_features(found.described, knowledge, "rule:described", _DESCRIBED),
        *_synonyms(found.equations, knowledge),
        *_hierarchy(found.places, knowledge),
    ]


def merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each candidate once, with the evidence of all who found it; differentials first, then by concepts."""
    kept: dict[str, Candidate] = {}
    for candidate in candidates:
        first = kept.setdefault(candidate.id, candidate)
        if first is not candidate:
            evidence = tuple(dict.fromkeys((*first.evidence, *candidate.evidence)))
            kept[candidate.id] = replace(first, evidence=evidence)
    order = list(Kind)
    return sorted(kept.values(), key=lambda c: (order.index(c.kind), c.concepts, c.label, c.id))


def _differentials(found: Found, know: Knowledge) -> Iterator[Candidate]:
    for (a, b), stated in sorted(found.pairs.items()):
        paths = {pair.evidence.path for pair in stated}
        paths |= {found.answers[path] for path in paths if path in found.answers}
        signs = tuple(_once(s for s in found.told if s.concept in (a, b) and s.evidence.path in paths))
        best = min(stated, key=lambda pair: list(CONFIDENCE).index(pair.rule))
        evidence = tuple(dict.fromkeys(pair.evidence for pair in stated))
        standing, note = _standing_of_pair(a, b, signs, know)
        yield Candidate(
            identity(Kind.DIFFERENTIAL, (a, b)), Kind.DIFFERENTIAL, (a, b), f"rule:{best.rule}", CONFIDENCE[best.rule],
            evidence, signs, standing=standing, note=note,
        )  # fmt: skip


def _standing_of_pair(a: str, b: str, signs: Iterable[Sign], know: Knowledge) -> tuple[Standing, str]:
    if know.ddx.between(a, b) is not None:
        return Standing.KNOWN, ""
    if narrower := _narrower(a, b, know):
        return Standing.KNOWN, f"the release has it as {narrower}"
    if not telling(a, b, signs, know):
        return Standing.NEEDS_FEATURE, "neither the book nor the release gives a feature that differs between the two"
    return Standing.NEW, ""


def _narrower(a: str, b: str, know: Knowledge) -> str:
    """An edge between members of the two, where the release tells those apart."""
    mine, theirs = (a, *know.descendants(a)), {b, *know.descendants(b)}
    edges = (know.ddx.between(c, other) for c in mine for other in know.ddx.neighbour_ids(c) if other in theirs)
    return min((edge.id for edge in edges if edge), default="")


def telling(a: str, b: str, signs: Iterable[Sign], know: Knowledge) -> tuple[str, ...]:
    """The features that stand otherwise to two concepts: by the release, else by what the book says. Sorted."""
    mine, theirs = stated(a, signs, know), stated(b, signs, know)
    return tuple(sorted(f for f in mine.keys() & theirs.keys() if mine[f].supports is not theirs[f].supports))


def stated(concept: str, signs: Iterable[Sign], know: Knowledge) -> Mapping[str, Polarity]:
    """A concept's profile with the signs that a book adds. What the release says of a feature stays."""
    said = {sign.feature: sign.polarity for sign in signs if sign.concept == concept}
    return {**said, **know.profile(concept)}


def _features(signs: Iterable[Sign], know: Knowledge, rule: str, confidence: float) -> Iterator[Candidate]:
    by_feature: dict[tuple[str, str], list[Sign]] = {}
    for sign in signs:
        by_feature.setdefault((sign.concept, sign.feature), []).append(sign)
    for (concept, feature), said in by_feature.items():
        held = know.profile(concept).get(feature)
        polarities = {sign.polarity for sign in said}
        standing, note = Standing.NEW, ""
        if len(polarities) > 1:
            standing, note = Standing.CONTRADICTS, "the book says both that it is present and that it is absent"
        elif held is not None and held.supports is not said[0].polarity.supports:
            standing, note = Standing.CONTRADICTS, f"the release says it is {held.value}"
        elif held is not None:
            standing, note = Standing.KNOWN, f"the release says it is {held.value}"
        yield Candidate(
            identity(Kind.FEATURE, (concept,), feature=feature), Kind.FEATURE, (concept,), rule, confidence,
            tuple(dict.fromkeys(sign.evidence for sign in said)), tuple(_once(said)), standing=standing, note=note,
        )  # fmt: skip


def _synonyms(equations: Iterable[Equation], know: Knowledge) -> Iterator[Candidate]:
    by_name: dict[tuple[str, str], list[Equation]] = {}
    for equation in equations:
        by_name.setdefault((equation.concept, fold(equation.name)), []).append(equation)
    for (concept, _), said in by_name.items():
        name = said[0].name
        published = year(said[0].evidence.source)
        meant = know.resolve(name)
        standing, note = Standing.NEW, ""
        if isinstance(meant, Resolved) and meant.concept == concept:
            standing = Standing.KNOWN
        elif isinstance(meant, Resolved):
            standing, note = Standing.CONTRADICTS, f"the release reads it as {meant.concept}"
        elif know.feature_mentions(name):
            standing, note = Standing.CONTRADICTS, "it is, or holds, the name of a sign"
        evidence = tuple(dict.fromkeys(equation.evidence for equation in said))
        yield Candidate(
            identity(Kind.SYNONYM, (concept,), name), Kind.SYNONYM, (concept,), "rule:equation", _EQUATED, evidence,
            label=name, hidden=published is None or published < _MODERN, standing=standing, note=note,
        )  # fmt: skip


def _places(section: Section, glossary: Glossary) -> Iterator[tuple[str, str, Evidence]]:
    """(concept, what it is a form of, the span): from the headings above, and from sentences that say so."""
    first = section.passages[0]
    for depth in range(len(section.path) - 1, 0, -1):
        child, parent = glossary.heading(section.path[depth]), glossary.heading(section.path[depth - 1])
        if child and parent and child != parent:
            yield child, parent, Evidence.of(first, 0, 0)
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


def _hierarchy(places: Iterable[tuple[str, str, Evidence]], know: Knowledge) -> Iterator[Candidate]:
    by_place: dict[tuple[str, str], list[Evidence]] = {}
    for child, parent, evidence in places:
        by_place.setdefault((child, parent), []).append(evidence)
    for (child, parent), said in by_place.items():
        if child == parent:
            continue
        standing, note = Standing.NEW, ""
        if know.is_ancestor(parent, child):
            standing = Standing.KNOWN
        elif know.is_ancestor(child, parent):
            standing, note = Standing.CONTRADICTS, "the release has it the other way round"
        yield Candidate(
            identity(Kind.HIERARCHY, (child, parent)), Kind.HIERARCHY, (child, parent), "rule:place", _PLACED,
            tuple(dict.fromkeys(said)), standing=standing, note=note,
        )  # fmt: skip


def _once(signs: Iterable[Sign]) -> Iterator[Sign]:
    """The first sign of each concept, feature and polarity."""
    seen: set[tuple[str, str, Polarity]] = set()
    for sign in signs:
        key = (sign.concept, sign.feature, sign.polarity)
        if key not in seen:
            seen.add(key)
            yield sign
