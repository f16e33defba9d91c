"""Competency questions: what a dermatologist would ask the graph, with the answers that must and must not come."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg_service.store.turtle import turtle_files

ONTOLOGIES = Path(__file__).resolve().parents[2] / "ontologies"
QUERIES = sorted((ONTOLOGIES / "queries").glob("*.rq"))


@pytest.fixture(scope="module")
def store() -> ox.Store:
    made = ox.Store()
    for path in turtle_files(ONTOLOGIES):
        made.load(path=str(path), format=ox.RdfFormat.TURTLE)
    return made


def expected(text: str, word: str) -> set[str]:
    line = re.search(rf"^# {word}: (.*)$", text, re.MULTILINE)
    return set(re.split(r",\s*", line[1].strip())) if line else set()


def test_there_are_enough_questions_and_each_states_its_answers():
    assert len(QUERIES) >= 25
    for path in QUERIES:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# "), path.name
        assert text.split("\n")[0].endswith("?"), path.name
        assert expected(text, "includes"), path.name


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_the_graph_answers_a_dermatologists_question(store: ox.Store, path: Path):
    text = path.read_text(encoding="utf-8")
    solutions = store.query(text)
    assert isinstance(solutions, ox.QuerySolutions)
    answers = {str(row["answer"].value).rpartition("/")[2] for row in solutions if row["answer"] is not None}
    assert expected(text, "includes") <= answers
    assert not expected(text, "excludes") & answers
