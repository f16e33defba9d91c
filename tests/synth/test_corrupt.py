"""Corrupted copies of a run: what is wrong is what was asked for, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg_service.core.answer import Answer, Malformed, parse
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Trajectory
from kg_service.job import read_jsonl
from synth import generate
from synth.checks import Subject
from synth.corrupt import Corruption, Kind, corrupted, mark, run
from synth.selftest import rows_of
from synth.settings import SynthConfig

from .runs import asked, synth


@pytest.fixture(scope="module")
def made(small: SynthConfig, release: Knowledge, phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 24 rows in the full style."""
    folder = tmp_path_factory.mktemp("corrupt") / "run"
    generate.make(asked(small, phantoms, rows=24, parquet=False), release, folder)
    return folder


@pytest.fixture(scope="module")
def subjects(made: Path, small: SynthConfig, phantoms: Path, release: Knowledge) -> list[Subject]:
    return [subject for subject, _ in rows_of(made, asked(small, phantoms), release)]


def pairs(subjects: list[Subject], kind: Kind) -> list[tuple[Subject, Trajectory]]:
    """Every row beside its corrupted copy, those that the fault does not fit left out."""
    rows = corrupted(subjects, Corruption(kind=kind, rate=1.0))
    found = [(subject, row) for subject, row in zip(subjects, rows, strict=True) if mark(kind) in row.flags]
    assert len(found) >= 0.75 * len(subjects)
    return found


def said(row: Trajectory) -> Answer:
    answer = parse(row.reply)
    assert isinstance(answer, Answer)
    return answer


def test_wrong_features_are_the_rivals_and_not_the_golds(subjects: list[Subject], release: Knowledge) -> None:
    for subject, row in pairs(subjects, Kind.WRONG_FEATURES):
        told = {m.id for step in row.steps for s in subject.reader.sentences(step.text) for m in s.features
                if not m.negated}  # fmt: skip
        own = release.profile(row.gold)
        assert told
        assert not {sign for sign in told if sign in own and own[sign].supports}
        assert any(told <= release.profile(other).keys() for other in release.concepts)
        assert (said(row).diagnosis, row.gold) == (said(subject.trajectory).diagnosis, subject.trajectory.gold)


def test_shuffled_rationales_come_from_a_row_with_another_gold(subjects: list[Subject]) -> None:
    by_id = {subject.trajectory.id: subject.trajectory for subject in subjects}
    for subject, row in pairs(subjects, Kind.SHUFFLED_RATIONALES):
        donor = by_id[str(row.provenance["rationale_of"])]
        assert donor.gold != row.gold == subject.trajectory.gold
        assert said(row).rationale == said(donor).rationale
        assert said(row).diagnosis == said(subject.trajectory).diagnosis


def test_a_wrong_level_is_the_group_above_in_reply_and_gold_alike(subjects: list[Subject], release: Knowledge) -> None:
    for subject, row in pairs(subjects, Kind.WRONG_LEVEL):
        assert row.gold == release.lineage(subject.trajectory.gold)[-2]
        assert said(row).diagnosis == release.label(row.gold)
        assert said(row).condition is subject.trajectory.condition
        assert row.provenance["true_gold"] == subject.trajectory.gold


def test_a_wrong_diagnosis_is_one_taken_for_the_gold_with_its_own_condition(
    subjects: list[Subject], release: Knowledge
) -> None:
    for subject, row in pairs(subjects, Kind.WRONG_DIAGNOSIS):
        assert row.gold in release.ddx.distractors(subject.trajectory.gold)[1]
        assert said(row).diagnosis == release.label(row.gold)
        assert said(row).condition is row.condition is release.condition(row.gold)
        assert row.provenance["true_gold"] == subject.trajectory.gold
        assert said(row).rationale == said(subject.trajectory).rationale


def test_a_truncated_reply_is_the_start_of_the_clean_one_and_no_answer(subjects: list[Subject]) -> None:
    for subject, row in pairs(subjects, Kind.TRUNCATED):
        assert subject.trajectory.reply.startswith(row.reply)
        assert isinstance(parse(row.reply), Malformed)


@pytest.mark.parametrize("kind", list(Kind))
def test_half_of_the_rows_are_corrupted_and_the_others_untouched(subjects: list[Subject], kind: Kind) -> None:
    rows = corrupted(subjects, Corruption(kind=kind, rate=0.5))
    clean = [row for row in rows if mark(kind) not in row.flags]
    assert len(rows) - len(clean) == 12
    assert all(row in [subject.trajectory for subject in subjects] for row in clean)


def test_a_smaller_rate_or_size_takes_its_rows_from_the_larger(subjects: list[Subject]) -> None:
    def changed(rate: float, size: int = 0) -> list[Trajectory]:
        rows = corrupted(subjects, Corruption(kind=Kind.WRONG_LEVEL, rate=rate, size=size, seed=3))
        return [row for row in rows if row.flags]

    assert all(row in changed(0.75) for row in changed(0.25))
    few = corrupted(subjects, Corruption(kind=Kind.WRONG_LEVEL, rate=0.0, size=8, seed=3))
    more = corrupted(subjects, Corruption(kind=Kind.WRONG_LEVEL, rate=0.0, size=16, seed=3))
    assert (len(few), len(more)) == (8, 16)
    assert all(row in more for row in few)


def test_the_command_writes_the_same_bytes_in_another_process_and_hash_seed(made: Path, tmp_path: Path) -> None:
    here = run(made, "wrong-features", 0.5, 0, 4, tmp_path / "here")
    done = synth("corrupt", made, "--kind", "wrong-features", "--rate", "0.5", "--seed", "4",
                 "--out", tmp_path / "there", hash_seed="1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == here
    first, second = ((tmp_path / where / "trajectories.jsonl").read_bytes() for where in ("here", "there"))
    assert first == second
    manifest = json.loads((tmp_path / "there" / "manifest.json").read_text())
    assert (manifest["config"]["kind"], manifest["corrupted"]) == ("wrong-features", 12)
    assert str(made / "trajectories.jsonl") in manifest["inputs"]


def test_what_cannot_be_asked_is_refused_before_anything_is_written(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for kind, rate, size, target in (
        ("spelling", 0.5, 0, out),
        ("truncated", 1.5, 0, out),
        ("truncated", 0.5, 25, out),
        ("truncated", 0.5, 0, made),
    ):
        with pytest.raises(ConfigInvalid):
            run(made, kind, rate, size, 0, target)
    assert not out.exists()


def test_cases_keep_their_true_gold(made: Path, phantoms: Path, tmp_path: Path) -> None:
    run(made, "wrong-diagnosis", 1.0, 0, 0, tmp_path)
    cases = {case.id: case.gold for case in read_jsonl(phantoms / "cases.jsonl", Case)}
    rows = list(read_jsonl(tmp_path / "trajectories.jsonl", Trajectory))
    assert all(row.provenance["true_gold"] == cases[row.case_id] for row in rows if row.flags)
