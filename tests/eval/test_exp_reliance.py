"""Reliance: models that look, do not, or are better off blind; and how the models of a finished chain are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval import experiments
from eval.experiments.asking import answers, asked_by
from eval.experiments.chains import Finished
from eval.experiments.experiment import Findings
from eval.experiments.reliance import Settings, questions, report
from eval.experiments.verdict import Word
from eval.predict import PredictConfig
from eval.prediction import Look, Request
from eval.tasks import Question
from kg_service.client import KnowledgeSource
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_json

from ..conftest import ROOT
from .answering import Answer, Room
from .finished import cache, chain_run
from .rows import reply
from .server import MODEL, serving

__all__ = ["cache"]

SETTINGS = Settings(model="m", resamples=200)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Room:
    return Room(tmp_path_factory.mktemp("looks"), knowledge, 32)


def found(room: Room, answer: Answer) -> Findings:
    return report(SETTINGS, [room.answers("m", answer, questions(SETTINGS))], "1", "sha256:abc")


def test_a_model_that_looks_rests_on_the_image(room: Room) -> None:
    verdict = found(room, room.look).verdict
    assert verdict.word is Word.CONFIRMED
    assert verdict.low > 0


def test_a_model_that_always_says_the_same_does_not(room: Room) -> None:
    verdict = found(room, lambda request: reply("psoriasis")).verdict
    assert (verdict.word, verdict.value) == (Word.INCONCLUSIVE, 0)


def test_a_model_that_is_right_on_blanks_alone_is_refuted(room: Room) -> None:
    gold = {case.id: room.knowledge.label(case.gold) for case in room.cases}

    def contrary(request: Request) -> str:
        own = room.shown.get(request.image_digest) == gold[request.case_id]
        return "I cannot say." if own else reply(gold[request.case_id])

    assert found(room, contrary).verdict.word is Word.REFUTED


def test_taking_an_option_where_none_fits_shows_beside_its_control(room: Room) -> None:
    (table,) = (one for one in found(room, room.look).tables if one.name == "none-of-the-above")
    (row,) = table.rows
    gone, there, right = row[3:]
    # It says the last option where it sees none that fits, and that is the abstention.
    assert (gone.value, there.value, right.value) == (1, 0, 1)  # type: ignore[union-attr]


def test_a_finished_chain_s_model_is_asked_as_its_chain_asked_it_and_never_twice(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    room = Room(tmp_path / "cases", knowledge, 12)
    chain = chain_run(tmp_path / "chain-0", knowledge, {"m": [reply("psoriasis")] * 4}, cache=cache)
    with serving() as served:
        config = PredictConfig.model_validate(
            {"name": "m", "cases": str(room.folder / "cases.jsonl"), "knowledge": KnowledgeSource(url="http://gone"),
             "model": {"backend": "openai", "base_url": served.url, "name": MODEL, "key_env": ""},
             "generation": {"max_new_tokens": 7}}
        )  # fmt: skip
        write_json(chain / "predictions" / "m" / "manifest.json", {"config": config.model_dump(mode="json")})
        settings = Settings.model_validate(
            {"from": str(tmp_path / "chain-{seed}"), "model": "m", "others": ["majority"]}
        )
        for _ in range(2):
            (run,), release = answers(settings, tmp_path / "run", [0], [Question(), Question(look=Look.BLANK)])
        tested = [case.id for case in room.cases if case.split == "test"]
        assert len(served.calls) == 2 * len(tested)
        assert {call["max_tokens"] for call in served.calls} == {7}
    assert release.digest == Finished(chain).digest
    assert [len(run.by[name]) for name in ("m", "majority")] == [2 * len(tested)] * 2


def test_a_model_the_chain_does_not_have_is_named_with_those_it_has(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    chain = chain_run(tmp_path / "chain", knowledge, {"m": [reply("psoriasis")] * 4}, cache=cache)
    with pytest.raises(RecordInvalid, match="no model 'sft'; there are m"):
        asked_by(Finished(chain), "sft")


@pytest.mark.parametrize("name", ["reward", "ddx-stress", "reliance", "selective"])
def test_every_preset_says_what_it_would_do_and_does_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    presets = sorted(path.stem for path in (experiments.PRESETS / name).glob("*.toml"))
    assert {"toy-cpu", "real-cpu"} <= set(presets)
    for preset in presets:
        data = "trained.data=RUN" if (name, preset) == ("reward", "real-cpu") else None
        asked = None if name == "reward" else "from=RUN/seed-{seed}"
        overrides = [one for one in (data, asked) if one]
        assert experiments.run(name, preset, 2, tmp_path / "run", overrides, dry_run=True) == 0
        said = capsys.readouterr().out
        assert ("RUN/seed-1" in said) is (asked is not None)
        assert "# seed 1" in said
    assert not (tmp_path / "run").exists()
