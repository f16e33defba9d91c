"""$translate: concepts to and from other code systems (SKOS matches), and what datasets' labels mean (crosswalks).

The direction follows from the system of the code. An exact match is `equivalent`; a close one `relatedto`, because SKOS
does not say which of the two is the wider. A label that means one concept is `equivalent` to it, one that may mean
several is `relatedto` each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...core.fold import basic
from ...core.knowledge import Knowledge
from ...core.labels import Ambiguous, Resolved
from .parameters import Resource, boolean, code, coding, parameters, parts, string, uri
from .systems import MAP, SYSTEM, coding_of, crosswalk_system, dataset_of


@dataclass(frozen=True, slots=True)
class Match:
    """A code that stands for the one asked about."""

    equivalence: str
    system: str
    code: str
    display: str = ""


def translate(know: Knowledge, system: str, asked: str, target: str | None = None) -> Resource:
    """$translate.

    Args:
        target: the system wanted; None for every other one.

    Raises:
        UnknownConcept: a code of our own system that never was a concept.
    """
    if system == SYSTEM:
        found = _from_ours(know, asked)
    elif (dataset := dataset_of(system)) is not None:
        found = _from_label(know, dataset, asked)
    else:
        found = _from_foreign(know, system, asked)
    matches = [match for match in found if target is None or match.system == target]
    said = [] if matches else [string("message", f"nothing stands for {asked!r} in {target or 'any other system'}")]
    return parameters(boolean("result", bool(matches)), *said, *map(_match, matches))


def _from_ours(know: Knowledge, asked: str) -> Iterator[Match]:
    if asked in know.retired:
        yield from _ours(know, "relatedto", know.successors(asked))
        return
    concept = know.concept(asked)
    for equivalence, iris in (("equivalent", concept.exact_match), ("relatedto", concept.close_match)):
        yield from (Match(equivalence, *coding_of(iri)) for iri in iris)
    for entry in know.crosswalk:
        if asked in entry.concepts:
            equivalence = "equivalent" if len(entry.concepts) == 1 else "relatedto"
            yield Match(equivalence, crosswalk_system(entry.dataset), entry.label, entry.label)


def _from_label(know: Knowledge, dataset: str, label: str) -> Iterator[Match]:
    if basic(dataset) not in know.labels.datasets:
        return iter(())
    found = know.resolve(label, dataset=dataset)
    if isinstance(found, Resolved):
        return _ours(know, "equivalent", [found.concept])
    return _ours(know, "relatedto", found.concepts if isinstance(found, Ambiguous) else ())


def _from_foreign(know: Knowledge, system: str, asked: str) -> Iterator[Match]:
    for concept in know.concepts.values():
        for equivalence, iris in (("equivalent", concept.exact_match), ("relatedto", concept.close_match)):
            if any(coding_of(iri) == (system, asked) for iri in iris):
                yield from _ours(know, equivalence, [concept.id])


def _ours(know: Knowledge, equivalence: str, ids: Iterable[str]) -> Iterator[Match]:
    return (Match(equivalence, SYSTEM, id_, know.label(id_)) for id_ in ids)


def _match(match: Match) -> Resource:
    return parts(
        "match",
        code("equivalence", match.equivalence),
        coding("concept", match.system, match.code, match.display),
        uri("source", MAP),
    )
