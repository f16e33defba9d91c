"""How what a book says stands to a release: the candidates, new or known, and what stands in their way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kg_service.core.concept import Polarity
from kg_service.core.fold import fold
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Resolved

from ..textbook.evidence import Evidence
from ..textbook.glossary import Equation
from .candidate import Candidate, Kind, Sign, Standing, identity, year
from .pairs import CONFIDENCE
from .rules import Found

# As `pairs.CONFIDENCE`, on what was judged by hand in one book: signs of answers on differential diagnosis (39 of 41
# right), of descriptions (44 of 50, tests/fixtures/stelwagon-judged-signs.csv), names (57 of 63), groups (3 of 3).
_TOLD, _DESCRIBED, _EQUATED, _PLACED = 0.93, 0.87, 0.89, 0.8
# Names that were in use before are kept to be found, never to be shown.
_MODERN = 1980


def candidates(found: Found, knowledge: Knowledge) -> list[Candidate]:
    """The candidates of all that was read."""
    return [
        *_differentials(found, knowledge),
        *_features(found, knowledge),
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
    """A concept's profile with the signs that a book adds, where it does not say both. What the release says stays."""
    said: dict[str, set[Polarity]] = {}
    for sign in signs:
        if sign.concept == concept:
            said.setdefault(sign.feature, set()).add(sign.polarity)
    agreed = {feature: polarities.pop() for feature, polarities in said.items() if len(polarities) == 1}
    return {**agreed, **know.profile(concept)}


def _features(found: Found, know: Knowledge) -> Iterator[Candidate]:
    by_feature: dict[tuple[str, str], list[Sign]] = {}
    for sign in (*found.told, *found.described):
        by_feature.setdefault((sign.concept, sign.feature), []).append(sign)
    told = {(sign.concept, sign.feature) for sign in found.told}
    for (concept, feature), said in by_feature.items():
        rule, confidence = ("told-apart", _TOLD) if (concept, feature) in told else ("described", _DESCRIBED)
        held = know.profile(concept).get(feature)
        standing, note = Standing.NEW, ""
        if len({sign.polarity for sign in said}) > 1:
            standing, note = Standing.CONTRADICTS, "the book says both that it is present and that it is absent"
        elif held is not None:
            agrees = held.supports is said[0].polarity.supports
            standing, note = Standing.KNOWN if agrees else Standing.CONTRADICTS, f"the release says it is {held.value}"
        yield Candidate(
            identity(Kind.FEATURE, (concept,), feature=feature), Kind.FEATURE, (concept,), f"rule:{rule}", confidence,
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
