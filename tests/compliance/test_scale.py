"""A hundred thousand concepts: slower, and otherwise the same. No clock is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kg_service.core.concept import Concept
from kg_service.core.content import Content
from kg_service.core.errors import UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Resolved
from kg_service.core.release import digest_of, snapshot_of
from kg_service.core.reward import PAPER, score_labels
from kg_service.editorial import migrate, repository
from kg_service.editorial.opening import import_first
from kg_service.store.codec import CONDITIONS, graph_of
from kg_service.store.compile import Compiled, shapes_of, statements_of
from kg_service.store.statement import BASE, CONCEPT_BASE, Statement

from ..live import MINI, wait_until_ready
from ..patience import PATIENCE
from ..services import Person, Place, ending
from ..synthetic import synthetic
from .questions import There

SIZE = 100_000
_TERMS = {condition: f"<{term}>" for term, condition in CONDITIONS.items()}


def hierarchy() -> Content:
    """Concepts with two names each, and nothing beside them."""
    whole = synthetic(SIZE)
    bare = {id_: replace(c, profile=(), alt_labels=c.alt_labels[1:]) for id_, c in whole.concepts.items()}
    return Content(bare, {}, {}, {})


def statements(concept: Concept) -> Iterator[Statement]:
    """What the codec writes of such a concept, without a graph of rdflib, which takes half a minute for all."""
    node, skos = f"<{CONCEPT_BASE}{concept.id}>", "http://www.w3.org/2004/02/skos/core#"
    yield Statement(node, "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", f"<{skos}Concept>")
    yield Statement(node, f"<{skos}inScheme>", f"<{BASE}scheme/dermatology>")
    yield Statement(node, f"<{skos}prefLabel>", f'"{concept.pref_label}"@en')
    yield Statement(node, f"<{BASE}vocab#reviewStatus>", '"unreviewed"')
    for label in concept.alt_labels:
        yield Statement(node, f"<{skos}altLabel>", f'"{label}"@en')
    for parent in concept.parents:
        yield Statement(node, f"<{skos}broader>", f"<{CONCEPT_BASE}{parent}>")
    if len(concept.parents) > 1:
        yield Statement(node, f"<{BASE}vocab#primaryParent>", f"<{CONCEPT_BASE}{concept.parents[0]}>")
    if concept.condition is not None:
        yield Statement(node, f"<{BASE}vocab#condition>", _TERMS[concept.condition])


@dataclass(frozen=True)
class Large:
    """A service on the large hierarchy, and the same in memory."""

    place: Place
    url: str
    knowledge: Knowledge


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    content = hierarchy()
    knowledge = content.knowledge()
    snapshot = snapshot_of(knowledge)
    lines = sorted((s for c in content.concepts.values() for s in statements(c)), key=lambda statement: statement.line)
    place = Place(tmp_path_factory.mktemp("large"))
    with place.database() as database:
        migrate.ensure(database)
        compiled = Compiled(snapshot, digest_of(snapshot), SIZE, tuple(lines))
        import_first(database, compiled, shapes_of(MINI), Path("synthetic"), now=datetime.now(UTC))
    with ending(place.start()) as process:
        yield Large(place, wait_until_ready(process).url, knowledge)


def test_the_statements_are_those_of_the_codec(large: Large):
    ids = ("c0", "c1", "c10", "c4000", f"c{SIZE - 1}")
    some = {id_: large.knowledge.concepts[id_] for id_ in ids}
    assert any(len(concept.parents) > 1 for concept in some.values())
    written = statements_of(graph_of(Content(some, {}, {}, {})))
    assert set(written) == {statement for concept in some.values() for statement in statements(concept)}


def test_it_boots_and_finds_its_way(large: Large):
    know = large.knowledge
    with There(large.url, timeout=PATIENCE) as there:
        health = there.health()
        assert (health["release"], health["seq"], health["digest"]) == ("1", 1, digest_of(snapshot_of(know)))
        for id_ in ("c0", "c77", f"c{SIZE - 1}"):
            assert there.lineage(id_) == know.lineage(id_)
            assert there.ancestors(id_) == know.ancestors(id_)
        assert len(there.descendants("c5000")) == len(know.descendants("c5000")) > 0
        some, others = [f"c{n * 997 % SIZE}" for n in range(2_000)], [f"c{n * 7919 % SIZE}" for n in range(2_000)]
        assert there.meets(some, others) == [
            (know.meet(a, b), know.meet_level(a, b)) for a, b in zip(some, others, strict=True)
        ]
        with pytest.raises(UnknownConcept):
            there.level(f"c{SIZE}")


def test_it_resolves_searches_and_scores(large: Large):
    know = large.knowledge
    texts = [*(f"disease number {n * 37 % SIZE}" for n in range(1_000)), "D99999X", "d5x", "disease number", "D100000X"]
    golds = [f"c{n * 91 % SIZE}" for n in range(len(texts))]
    with There(large.url, timeout=PATIENCE) as there:
        assert there.resolve_many(texts) == [know.resolve(text) for text in texts]
        assert there.search("disease number 9999", 7) == know.search("disease number 9999", 7)
        assert there.suggest("diseese number 4711", 5) == know.suggest("diseese number 4711", 5)
        assert there.score_labels(texts, golds) == score_labels(texts, golds, know, PAPER).tolist()


def test_the_draft_takes_an_edit_and_answers_from_it(large: Large):
    with Person(large.url, large.place.token("editor", "ed", trusted=True), timeout=PATIENCE) as editor:
        body, etag = editor.stated("c4711")
        assert (body["prefLabel"], etag) == ("disease number 4711", '"1"')
        made = editor.put({**body, "altLabels": [*body["altLabels"], "Köln disease"]}, etag)
        assert (made.status_code, made.json()["state"], made.json()["change"]) == (200, "accepted", 2), made.text
        assert editor.put(body, etag).status_code == 412
    with There(large.url, timeout=PATIENCE) as newest, There(large.url, timeout=PATIENCE, release="draft") as draft:
        found = draft.resolve_many(["Köln disease", "koeln disease"])
        assert [each.concept for each in found if isinstance(each, Resolved)] == ["c4711"] * 2
        assert draft.concept("c4711")["altLabels"] == ["D4711X", "Köln disease"]
        assert newest.concept("c4711")["altLabels"] == ["D4711X"]
    with large.place.database() as database, database.reading() as session:
        change = repository.change(session, 2)
    assert (change.added, change.removed) == (
        f'<{CONCEPT_BASE}c4711> <http://www.w3.org/2004/02/skos/core#altLabel> "Köln disease"@en .\n',
        "",
    )
