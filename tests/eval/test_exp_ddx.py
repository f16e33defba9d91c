"""DDx under stress: models that look, prefer a place, prefer a name, or say nothing, and what is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.experiments.ddx_stress import Settings, questions, report
from eval.experiments.verdict import Verdict, Word
from eval.prediction import Request
from kg_service.core.choice import Rule
from kg_service.core.knowledge import Knowledge

from .answering import Answer, Room
from .rows import reply

SETTINGS = Settings(model="m", rules=(Rule.DDX,), resamples=200)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Room:
    return Room(tmp_path_factory.mktemp("pairs"), knowledge, 64)


def verdict(room: Room, answer: Answer, *seeds: int) -> Verdict:
    runs = [room.answers("m", answer, questions(SETTINGS), seed) for seed in seeds or (0,)]
    return report(SETTINGS, runs, "1", "sha256:abc").verdict


def test_a_model_that_looks_keeps_its_answer_and_gains_by_comparing_is_confirmed(room: Room) -> None:
    def careful(request: Request) -> str:
        hasty = int(request.case_id[1:]) % 16 < 2 and "weigh" not in request.prompt
        return "I cannot say." if hasty else room.look(request)

    found = verdict(room, careful, 0, 1)
    assert found.word is Word.CONFIRMED, found.notes
    assert found.value > 0.3
    assert [row.seed for row in found.by_seed] == [0, 1]


def test_a_model_that_always_takes_the_first_option_is_refuted_by_the_order(room: Room) -> None:
    found = verdict(room, lambda request: reply((request.options or ("",))[0]))
    assert found.word is Word.REFUTED


def test_a_model_that_goes_by_the_names_gains_nothing_by_the_image(room: Room) -> None:
    found = verdict(room, lambda request: reply(min(request.options or ("",))))
    assert found.word is not Word.CONFIRMED
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_a_model_that_was_never_shown_options_is_open_and_the_note_says_so(room: Room) -> None:
    found = verdict(room, lambda _: "<diagnosis>psoriasis</diagnosis>")
    assert found.word is Word.INCONCLUSIVE
    assert "in 0% of its replies to real images; 100% are malformed, 0% name something else" in found.notes[0]


def test_without_cases_of_both_diseases_the_pair_score_stands_in(tmp_path: Path, knowledge: Knowledge) -> None:
    room = Room(tmp_path, knowledge, 64)
    room.cases = [case for case in room.cases if case.gold != "junctional-nevus"]
    found = verdict(room, room.look)
    assert "pair score" in found.statistic
    assert any("no group score" in note for note in found.notes)
