"""One suite of questions, whoever answers: memory, RDF and back, and a service on either database, now or long ago."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kg_service.client import KnowledgeSource, load
from kg_service.core.change import apply_all
from kg_service.core.content import Content
from kg_service.core.errors import ConceptRetired
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of
from kg_service.store.codec import graph_of
from kg_service.store.compile import compile_folder
from kg_service.store.serialise import TURTLE, serialised
from kg_service.wire.changes import read_changes

from ..live import MINI, serving
from ..mini import mini
from ..postgres import fresh_database, migrated
from ..services import Person, Place
from .questions import QUESTIONS, Asked, Here, There

# What two later releases change: names, places, a condition, a differential, a feature, a dataset's label, an id's end.
LATER = (
    (
        {"change": "rename", "concept": "melanoma", "label": "cutaneous melanoma"},
        {"change": "set-labels", "concept": "psoriasis", "alt": ["psoriasis vulgaris"]},
        {"change": "move", "concept": "blue-nevus", "parents": ["melanocytic-neoplasm"]},
        {"change": "put-crosswalk", "entry": {"dataset": "ham10000", "label": "nv", "concepts": ["blue-nevus"]}},
    ),
    (
        {"change": "retire", "concept": "multiple-myeloma", "replacedBy": ["melanoma"], "note": "not of the skin"},
        {"change": "set-condition", "concept": "blue-nevus", "condition": "precancerous or in situ"},
        {"change": "remove-differential", "a": "melanoma", "b": "psoriasis"},
        {
            "change": "put-feature",
            "feature": {"id": "scale", "prefLabel": "scale", "kind": "surface", "altLabels": ["flaking"]},
        },
    ),
)


@pytest.fixture(scope="module")
def expected() -> dict[str, object]:
    return answers(Here(mini()))


def answers(asked: Asked, ids: list[str] | None = None) -> dict[str, object]:
    return {name: ask(asked, ids or sorted(mini().concepts)) for name, ask in QUESTIONS.items()}


def expect_same(asked: Asked, expected: dict[str, object], ids: list[str] | None = None) -> None:
    found = answers(asked, ids)
    for name, answer in expected.items():
        assert found[name] == answer, name


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres")))
            migrated(url)
        yield Place(tmp_path_factory.mktemp("data"), url)


@pytest.fixture(scope="module")
def url(place: Place) -> Iterator[str]:
    with serving(place.data, database_url=place.database_url) as address:
        yield address


@pytest.fixture(scope="module")
def aged(place: Place, url: str) -> str:
    """The service after two releases more."""
    with Person(url, place.token("editor", "ed")) as editor, Person(url, place.token("reviewer", "rita")) as reviewer:
        for changes in LATER:
            reviewer.accepted(editor.proposed(*changes))
            reviewer.publish().raise_for_status()
    return url


def test_there_is_a_question_for_everything_the_client_can_ask():
    asked = {name for name in vars(There.__mro__[1]) if not name.startswith("_")}
    apart = {"close", "health", "releases", "concept", "meet", "meet_level", "resolve"}
    assert asked - apart <= set(dir(Asked)), "ask it in tests/compliance/questions.py"


def test_a_snapshot_answers_as_what_it_was_made_of(expected: dict[str, object]):
    expect_same(Here(load_snapshot(snapshot_of(mini()))), expected)


@pytest.mark.parametrize("writer", ["rdflib", "oxigraph"])
def test_turtle_answers_as_what_was_written(writer: str, tmp_path, expected: dict[str, object]):
    graph = graph_of(Content.of(mini()))
    lines = graph.serialize(format="nt").encode()
    turtle = graph.serialize(format="turtle").encode() if writer == "rdflib" else serialised(lines, TURTLE)
    (tmp_path / "all.ttl").write_bytes(turtle)
    shutil.copytree(MINI / "shapes", tmp_path / "shapes")
    compiled = compile_folder(tmp_path)
    assert compiled.snapshot == snapshot_of(mini())
    expect_same(Here(load_snapshot(compiled.snapshot)), expected)


def test_a_service_answers_as_the_knowledge_in_memory(url: str, expected: dict[str, object]):
    with There(url) as there:
        if there.health()["release"] == "1":  # else the tests below have aged it already
            expect_same(there, expected)


def test_an_old_release_answers_as_on_its_first_day(aged: str, expected: dict[str, object]):
    with There(aged) as newest:
        assert [row.id for row in newest.releases()] == ["3", "2", "1"]
    with There(aged, release="1") as old, There(aged, release=mini().digest) as same:
        expect_same(old, expected)
        assert same.concept("melanoma") == old.concept("melanoma")


def test_every_release_answers_as_its_own_snapshot(aged: str, tmp_path):
    second, third = (pulled_from(aged, name, tmp_path) for name in ("2", "3"))
    assert len({second.digest, third.digest, mini().digest}) == 3
    with There(aged, release="2") as there, There(aged) as newest:
        for asked, knowledge in ((there, second), (newest, third)):
            ids = sorted(knowledge.concepts)
            expect_same(asked, answers(Here(knowledge), ids), ids)
        with pytest.raises(ConceptRetired) as caught:
            newest.label("multiple-myeloma")
        assert caught.value.replaced_by == ("melanoma",)
        assert there.label("multiple-myeloma") == "multiple myeloma"


def test_a_draft_and_a_proposal_answer_as_the_core_would(place: Place, aged: str, tmp_path):
    renamed = {"change": "rename", "concept": "bowen-disease", "label": "squamous cell carcinoma in situ"}
    moved = {"change": "move", "concept": "seborrheic-keratosis", "parents": ["neoplasm"]}
    token = place.token("editor", "ed")
    with Person(aged, token) as editor, Person(aged, place.token("reviewer", "rita")) as reviewer:
        reviewer.accepted(editor.proposed(renamed))
        number = editor.proposed(moved)
    released = pulled_from(aged, "3", tmp_path)
    ids = sorted(released.concepts)
    with There(aged, release="draft") as draft, There(aged, release=f"proposal-{number}") as proposed:
        assert draft.label("bowen-disease") == proposed.label("bowen-disease") == "squamous cell carcinoma in situ"
        expect_same(draft, answers(Here(applied(released, renamed)), ids), ids)
        expect_same(proposed, answers(Here(applied(released, renamed, moved)), ids), ids)


def pulled_from(url: str, release: str, cache) -> Knowledge:
    return load(KnowledgeSource(url=url, release=release, cache=str(cache)))


def applied(knowledge: Knowledge, *rows: dict) -> Knowledge:
    return apply_all(read_changes(json.dumps(rows)), Content.of(knowledge)).knowledge()
