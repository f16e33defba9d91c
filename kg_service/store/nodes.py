"""The statements of one node: what the database keeps of a concept, feature, differential or entry, and the way back.

An edit replaces what the vocabulary knows of a node; what others wrote beside it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, SKOS

from ..core.content import Content
from .codec import content_of, crosswalk_iri, graph_of
from .compile import statements_of
from .statement import Statement
from .turtle import read_nquads
from .vocabulary import CONCEPT, CROSSWALK, DIFFERENTIAL, FEATURE, is_annotation

Nodes = Mapping[str, frozenset[Statement]]

# Annotations that the codec writes itself.
_STATED = {RDF.type, SKOS.inScheme, OWL.deprecated, DCTERMS.isReplacedBy}
_LABELS = {SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel}
_SYNONYM, _HIDDEN = f"<{SKOS.altLabel}>", f"<{SKOS.hiddenLabel}>"
_FOREIGN = re.compile(r'(?P<text>".*")@(?!en)[A-Za-z0-9-]+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Items:
    """Some items of a content, by what names them."""

    concepts: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()
    differentials: frozenset[str] = frozenset()
    crosswalk: frozenset[tuple[str, str]] = frozenset()

    def iris(self) -> list[str]:
        """Their IRIs, sorted. A retired id is named as the concept it was."""
        return sorted(
            [str(CONCEPT) + id_ for id_ in self.concepts]
            + [str(FEATURE) + id_ for id_ in self.features]
            + [str(DIFFERENTIAL) + id_ for id_ in self.differentials]
            + [str(crosswalk_iri(*key)) for key in self.crosswalk]
        )


def items_between(before: Content, after: Content) -> Items:
    """What two contents say differently."""
    return Items(
        frozenset(_differing(before.concepts, after.concepts)) | _differing(before.retired, after.retired),
        _differing(before.features, after.features),
        _differing(before.differentials, after.differentials),
        _differing(before.crosswalk, after.crosswalk),
    )


def _differing(before: Mapping, after: Mapping) -> frozenset:
    found = {key for key, value in after.items() if (old := before.get(key)) is not value and old != value}
    return frozenset(found.union(key for key in before if key not in after))


def part_of(content: Content, items: Items) -> Content:
    """Those items of a content, and nothing else."""
    return Content(
        {id_: content.concepts[id_] for id_ in items.concepts if id_ in content.concepts},
        {id_: content.features[id_] for id_ in items.features if id_ in content.features},
        {id_: content.differentials[id_] for id_ in items.differentials if id_ in content.differentials},
        {key: content.crosswalk[key] for key in items.crosswalk if key in content.crosswalk},
        {id_: content.retired[id_] for id_ in items.concepts if id_ in content.retired},
    )


def edited(content: Content, items: Items, standing: Nodes) -> Nodes:
    """The statements that say what the content says of these items. An item that is gone has none.

    Args:
        standing: IRI -> the statements that hold of it now; notes, other matches and foreign labels are kept.
    """
    made: dict[str, set[Statement]] = {iri: set() for iri in items.iris()}
    for statement in statements_of(graph_of(part_of(content, items))):
        made[statement.subject.strip("<>")].add(statement)
    for iri, wanted in made.items():
        if wanted:
            _keep(wanted, standing.get(iri, frozenset()))
    return {iri: frozenset(wanted) for iri, wanted in made.items()}


def _keep(wanted: set[Statement], standing: Iterable[Statement]) -> None:
    """Take over what an edit does not speak of."""
    for statement in standing:
        predicate = URIRef(statement.predicate[1:-1])
        if is_annotation(predicate) and predicate not in _STATED:
            wanted.add(statement)
        elif foreign := _FOREIGN.fullmatch(statement.object):
            # "Melanom"@de reached the content as one more label; it goes on being German.
            said_as = _HIDDEN if predicate == SKOS.hiddenLabel else _SYNONYM
            english = Statement(statement.subject, said_as, foreign["text"] + "@en")
            if predicate in _LABELS and english in wanted:
                wanted.discard(english)
                wanted.add(statement)


def read_nodes(nodes: Nodes) -> Content:
    """What statements say, as the core's values.

    Raises:
        KnowledgeInvalid: see `codec.content_of`.
    """
    return content_of(graph_of_nodes(nodes))


def graph_of_nodes(nodes: Nodes) -> Graph:
    return read_nquads("".join(f"{statement.line}\n" for said in nodes.values() for statement in said).encode())


def items_named(iris: Iterable[str], content: Content) -> Items:
    """The items that some IRIs name. Crosswalk entries are looked for in the content."""
    listed = set(iris)

    def of(base: str) -> frozenset[str]:
        return frozenset(iri[len(base) :] for iri in listed if iri.startswith(base))

    entries: frozenset[tuple[str, str]] = frozenset()
    if any(iri.startswith(str(CROSSWALK)) for iri in listed):
        entries = frozenset(key for key in content.crosswalk if str(crosswalk_iri(*key)) in listed)
    return Items(of(str(CONCEPT)), of(str(FEATURE)), of(str(DIFFERENTIAL)), entries)
