"""The second model, asked over real HTTP: what it must find again, what it grades, and what becomes of the rows."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Distractor, Kind, Step, StepKind, Trajectory
from kg_service.job import read_jsonl
from synth import generate, judge
from synth.echo import Echo
from synth.generate.parquet import load
from synth.judge import Judgement, questions
from synth.judge.verdicts import CODES, GRADES, RECOVER, counted, failed
from synth.model import EndpointBroken, Reply
from synth.settings import Judge, SynthConfig


@pytest.fixture(scope="module")
def written(small: SynthConfig, release: Knowledge, phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 30 rows; tests copy it."""
    folder = tmp_path_factory.mktemp("written")
    write = small.write.model_copy(update={"rows": 30, "cases": str(phantoms / "cases.jsonl")})
    generate.make(small.model_copy(update={"write": write}), release, folder)
    return folder


@pytest.fixture
def run(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "run"))


def asking(small: SynthConfig, phantoms: Path, echo: Echo, **changes: object) -> SynthConfig:
    return small.model_copy(
        update={
            "write": small.write.model_copy(update={"cases": str(phantoms / "cases.jsonl")}),
            "model": small.model.model_copy(
                update={"name": "echo", "base_url": echo.url, "retries": 2, "backoff": 0.002, "breaker": 1.0}
            ),
            "judge": Judge.model_validate(changes),
        }
    )


def ids(path: Path) -> list[str]:
    return [row.id for row in read_jsonl(path, Trajectory)] if path.is_file() else []


def test_rows_that_fail_go_to_quarantine_and_none_is_lost(small, release, phantoms, run):
    before = ids(run / "trajectories.jsonl")
    with Echo() as echo:
        _, found = judge.make(asking(small, phantoms, echo), release, run)
        assert echo.requests == 2 * len(before)
    verdicts = list(read_jsonl(run / "judgements.jsonl", Judgement))
    assert len(verdicts) == len(CODES) * len(before)
    wrong = {one.row for one in verdicts if one.passed is False}
    assert 0 < len(wrong) < len(before)  # the echo chooses by lot and gives the best grades
    assert {one.code for one in verdicts if one.passed is False} == {RECOVER}
    kept, aside = ids(run / "trajectories.jsonl"), list(read_jsonl(run / "quarantine.jsonl", Trajectory))
    assert kept == [row for row in before if row not in wrong]
    assert {row.id for row in aside if RECOVER in row.flags} == wrong
    columns = [row for path in sorted((run / "parquet").glob("*.parquet")) for row in load(path)["id"].to_pylist()]
    assert sorted(columns) == sorted(kept)
    assert found == json.loads((run / "report.json").read_text())["judged"]
    assert (found["moved"], found["left"]) == (len(wrong), len(kept))
    assert found["by_code"]["JUDGE_STYLE"] == {"asked": 30, "failed": 0, "unanswered": 0, "mean_grade": 5.0}


def test_a_second_run_asks_nothing_and_forgets_nothing(small, release, phantoms, run):
    with Echo() as echo:
        config = asking(small, phantoms, echo)
        first = judge.make(config, release, run)
        asked = echo.requests
        files = {name: (run / name).read_bytes() for name in ("trajectories.jsonl", "quarantine.jsonl")}
        told = sorted((run / "judgements.jsonl").read_text().splitlines())
        assert judge.make(config, release, run) == first
        assert echo.requests == asked
    assert {name: (run / name).read_bytes() for name in files} == files
    assert sorted((run / "judgements.jsonl").read_text().splitlines()) == told


@pytest.mark.parametrize("fault", ["malformed", "truncated", "refusal"])
def test_a_judge_without_an_answer_flags_nothing(fault, small, release, phantoms, run):
    before = (run / "trajectories.jsonl").read_bytes()
    with Echo([f"{fault}=1"]) as echo:
        code, found = judge.make(asking(small, phantoms, echo, share=0.3), release, run)
    assert (code, found["moved"]) == (0, 0)
    assert 0 < found["rows"] < 30
    assert all(row["unanswered"] == row["asked"] for row in found["by_code"].values())
    assert (run / "trajectories.jsonl").read_bytes() == before


def test_an_endpoint_that_is_down_ends_the_job_and_moves_nothing(small, release, phantoms, run):
    before = {path: path.read_bytes() for path in run.glob("*.json*")}
    with Echo(["500=1"]) as echo, pytest.raises(EndpointBroken):
        judge.make(asking(small, phantoms, echo), release, run)
    assert {path: path.read_bytes() for path in run.glob("*.json*")} == before


def test_requests_of_a_batch_wait_and_flag_nothing(small, release, phantoms, run):
    with Echo() as echo:
        config = asking(small, phantoms, echo, recover=False)
        config = config.model_copy(update={"model": config.model.model_copy(update={"mode": "batch"})})
        _, found = judge.make(config, release, run)
        assert echo.requests == 0
    assert found["by_code"]["JUDGE_SAFETY"] == {"asked": 30, "failed": 0, "unanswered": 30}
    assert list((run / "model" / "batch").iterdir())


def test_the_dry_run_says_what_it_would_ask(small, phantoms, written, tmp_path):
    with Echo() as echo:
        config = asking(small, phantoms, echo)
        assert "60 calls" in judge.expected(config, written)[1]
        assert "synth generate" in judge.expected(config, tmp_path)[0]


def test_the_masked_reasoning_never_names_the_gold_and_the_options_hold_it(release, written):
    places = set()
    for row in read_jsonl(written / "trajectories.jsonl", Trajectory):
        asked = questions.choice(row, release, random.Random(row.id))
        user = json.loads(asked.ask.user)
        below = {row.gold, *release.descendants(row.gold)}
        assert not below & {mention.id for mention in release.concept_mentions(user["reasoning"])}
        assert user["options"][asked.gold] == release.label(row.gold)
        assert len(set(user["options"].values())) == len(questions.OPTIONS)
        for distractor in row.distractors:
            assert release.label(distractor.concept) in user["options"].values()
        places.add(asked.gold)
    assert places == set(questions.OPTIONS)  # the gold stands anywhere


def _row() -> Trajectory:
    return Trajectory(
        "r", "c", "c.png", Kind.KEEP, "melanoma", "malignant", (Distractor("melanocytic-nevus", "neighbour"),),  # type: ignore[arg-type]
        (
            Step(StepKind.OBSERVE, "The book has “melanomas grow”. First impression: Melanoma."),
            Step(StepKind.CONCLUDE, "Melanoma, malignant."),
        ),
        {}, "",
    )  # fmt: skip


def test_names_are_masked_in_quotations_and_plurals_and_the_conclusion_is_gone(release):
    asked = questions.choice(_row(), release, random.Random(0))
    assert json.loads(asked.ask.user)["reasoning"] == (
        f"The book has “{questions.MASK} grow”. First impression: {questions.MASK}."
    )


def test_answers_are_read_strictly(release):
    asked = questions.choice(_row(), release, random.Random(0))
    wrong = next(option for option in asked.names if option != asked.gold)

    def verdict(text: str, finish: str = "stop") -> bool | None:
        [one] = questions.read_choice("r", asked, Reply(text, finish, "q"))
        return one.passed

    assert verdict(f'{{"choice": "{asked.gold}"}}') is True
    assert verdict(f'<think>{{"choice": "{wrong}"}}</think> ```json\n{{"choice": "{asked.gold}"}}\n```') is True
    assert verdict(f'{{"choice": "{wrong}"}}') is False
    for text in ("", "N1", '{"choice": "N9"}', '{"choice": ["N1"]}', "[1]"):
        assert verdict(text) is None
    assert verdict(f'{{"choice": "{asked.gold}"}}', "length") is None

    said = '{"reason": "Too bold.", "support": 2, "style": 3, "safety": true}'
    verdicts = questions.read_rubric("r", 3, Reply(said, "stop", "q"))
    assert [one.passed for one in verdicts] == [False, True, None]
    assert [one.code for one in verdicts] == list(GRADES)
    assert verdicts[0].detail == "2 of 5. Too bold."
    assert failed(verdicts) == ("JUDGE_SUPPORT",)
    assert counted(verdicts)["JUDGE_SAFETY"] == {"asked": 1, "failed": 0, "unanswered": 1}
