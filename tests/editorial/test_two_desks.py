"""Whatever two processes do to one database, both and a third one that starts afterwards hold the same draft."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rdflib import Graph

from kg_service.core.change import Change, Split
from kg_service.core.concept import Concept
from kg_service.core.errors import SkinR1Error
from kg_service.editorial import repository, verify
from kg_service.editorial.database import Database
from kg_service.editorial.desk import Desk
from kg_service.editorial.opening import open_data
from kg_service.editorial.working import Head
from kg_service.settings import Settings
from kg_service.store.codec import graph_of
from kg_service.store.compile import statements_of
from kg_service.store.turtle import read_nquads

from ..edits import CHANGES, IDS, LABELS
from .conftest import ANA, BOB, EXAMPLE, NOW

PARTS = st.lists(st.builds(Concept, st.sampled_from(["one", "two", "melanoma"]), LABELS), min_size=2, max_size=2)
EDITS = st.lists(CHANGES | st.builds(Split, IDS, PARTS.map(tuple)), min_size=1, max_size=3)
# Which desk proposes, whether it takes a change of the log back instead, and which desk decides.
STEPS = st.lists(st.tuples(st.booleans(), EDITS | st.integers(2, 6), st.booleans()), max_size=10)
NODES = ("/concept/", "/feature/", "/differential/", "/crosswalk/")


@given(steps=STEPS)
# Not shrunk: every try opens a database anew, and the steps that fail are few anyway.
@settings(max_examples=40, deadline=None, phases=[Phase.generate])
def test_two_desks_and_a_new_one_hold_the_same_draft(steps: Sequence[tuple[bool, list[Change] | int, bool]]):
    with tempfile.TemporaryDirectory() as folder:
        opened = open_data(Settings(data=Path(folder), ontologies=EXAMPLE), now=NOW)
        with opened.database.reading() as session:
            shapes = read_nquads(repository.shapes(session))
        desks = [Desk(opened.database, Head((opened.knowledge, 1)), lambda: shapes) for _ in range(2)]
        waiting: list[int] = []
        for first, wanted, second in steps:
            try:
                if isinstance(wanted, int):
                    made = desks[first].revert(ANA, wanted, message="", now=NOW)
                else:
                    made = desks[first].propose(ANA, wanted, message="m", now=NOW)
            except SkinR1Error:
                continue
            waiting.append(made.number)
            if second or len(waiting) > 2:  # some wait until others were accepted
                decide(desks[second], waiting)
        decide(desks[0], waiting)
        expect_one_draft(opened.database, desks, shapes)
        opened.database.close()


def decide(desk: Desk, waiting: list[int]) -> None:
    while waiting:
        try:
            desk.review(BOB, waiting.pop(), "accept", "", now=NOW)
        except SkinR1Error:
            continue


def expect_one_draft(database: Database, desks: Sequence[Desk], shapes: Graph) -> None:
    with database.reading() as session:
        newest = Head().at(session)
        lines = repository.current_lines(session)
        assert verify.findings(session) == []
    for desk in desks:
        mine = desk.draft()
        assert (mine.seq, mine.content, dict(mine.seqs)) == (newest.seq, newest.content, dict(newest.seqs))
    assert newest.content.knowledge().concepts == newest.knowledge.concepts
    ours = {line for line in lines if any(kind in line.split(" ")[0] for kind in NODES)}
    assert ours == {statement.line for statement in statements_of(graph_of(newest.content))}
