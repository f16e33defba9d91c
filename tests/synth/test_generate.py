"""The job: repeats itself to the byte, makes exactly what was asked for, keeps what it refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable
from kg_service.core.trajectory import Kind, Rejection, Trajectory
from kg_service.job import file_digest, read_jsonl, write_json, write_jsonl
from synth import generate
from synth.__main__ import main
from synth.generate.queue import kinds, portions
from synth.generate.shop import image_digests
from synth.selftest import stand_in_passages

from .runs import ROOT, asked, assert_same, synth

__all__ = ["ROOT", "synth"]


@pytest.fixture(scope="module")
def fifty(small, phantoms, release, tmp_path_factory):
    """A finished run of fifty rows. Tests do not write into it."""
    config = asked(small, phantoms, rows=50, kinds={"direct": 10, "keep": 20, "revise": 20})
    run = tmp_path_factory.mktemp("fifty")
    return run, *generate.make(config, release, run)


def rows_of(run: Path) -> list[Trajectory]:
    return list(read_jsonl(run / "trajectories.jsonl", Trajectory))


def test_a_seed_gives_the_same_bytes_whatever_the_hash_seed(config_file, tmp_path):
    path = config_file(write__rows=120)
    for run, hash_seed in (("a", "1"), ("b", "4242")):
        done = synth("generate", path, "--run-dir", tmp_path / run, hash_seed=hash_seed)
        assert done.returncode == 0, done.stderr
    assert_same(tmp_path / "a", tmp_path / "b")


def test_another_seed_gives_other_rows(fifty, small, phantoms, release, tmp_path):
    generate.make(asked(small, phantoms, rows=10).model_copy(update={"seed": 1}), release, tmp_path)
    assert not {row.reply for row in rows_of(tmp_path)} & {row.reply for row in rows_of(fifty[0])}


def test_cases_and_their_images_are_the_same_bytes_whatever_the_hash_seed(config_file, tmp_path):
    path = config_file(phantom__counts={"test": 1})
    for run, hash_seed in (("a", "1"), ("b", "4242")):
        done = synth("cases", path, "--run-dir", tmp_path / run, hash_seed=hash_seed)
        assert done.returncode == 0, done.stderr
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) > 21
    for name in files:
        if name.name != "manifest.json":
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_exactly_the_rows_asked_for_are_written(fifty):
    run, met, found = fifty
    assert met
    assert found["funnel"]["accepted"] == len(rows_of(run)) == 50
    assert len({row.id for row in rows_of(run)}) == 50


def test_every_row_says_what_it_was_made_from(fifty, release):
    run, _, _ = fifty
    for row in rows_of(run):
        assert {"digest", "facts", "engine", "model", "prompt", "seed", "request", "tokens", "cost"} <= set(
            row.provenance
        )
        assert row.provenance["digest"] == release.digest
        assert row.answer_visible
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["digest"] == release.digest
    assert len(manifest["inputs"]) == 1


def test_columns_hold_what_the_lines_hold(fifty):
    from synth.generate.parquet import load

    run, _, _ = fifty
    [path] = (run / "parquet").iterdir()
    table = load(path).to_pylist()
    for row, columns in zip(rows_of(run), table, strict=True):
        assert columns["id"] == row.id
        assert columns["gold"] == row.gold
        assert columns["reply"] == row.reply
        assert [(step["kind"], step["text"], tuple(step["refs"])) for step in columns["steps"]] == [
            (step.kind, step.text, step.refs) for step in row.steps
        ]
        assert dict(columns["aliases"]) == row.aliases
        assert columns["request"] == row.provenance["request"]


def test_the_card_names_release_kinds_licences_and_skin_types(fifty, release):
    card = (fifty[0] / "card.md").read_text()
    for told in (release.digest, "direct 1", "| phantom | CC0-1.0 | 50 |", "not recorded 50", "Held out", "test"):
        assert told in card


def test_coverage_counts_every_row_once_in_its_branch(fifty):
    _, _, found = fifty
    assert sum(branch["rows"] for branch in found["branches"]) == 50
    assert sum(found["accepted_by_disease"].values()) == sum(found["kinds"].values()) == 50
    assert all(level["reached"] <= level["concepts"] for level in found["coverage"])


def test_a_changed_parameter_keeps_every_row_it_does_not_touch(small, phantoms, release, tmp_path):
    config = asked(small, phantoms, rows=30)
    generate.make(config, release, tmp_path)
    journal = tmp_path / "shards" / "00000" / "rows.jsonl"
    before = journal.read_bytes()
    floors = config.floors.model_copy(update={"diseases": 0.1})
    generate.make(config.model_copy(update={"floors": floors}), release, tmp_path)
    assert journal.read_bytes() == before
    generate.make(asked(small, phantoms, rows=40), release, tmp_path)
    done = json.loads((tmp_path / "shards" / "00000" / "done.json").read_text())
    assert done["tally"]["reused"] > 0
    assert journal.read_bytes().startswith(before)
    assert len(journal.read_bytes()) > len(before)


def test_below_a_floor_the_job_ends_with_one_and_says_why(config_file, tmp_path, capsys):
    path = config_file(write__rows=200, write__kinds={"direct": 1})  # of one case a direct row can be told once
    assert main(["generate", str(path), "--run-dir", str(tmp_path)]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert any("accepted" in reason for reason in answer["below_floor"])
    assert answer["funnel"]["accepted"] == 84
    assert "Below the floor" in (tmp_path / "report.md").read_text()


def test_no_more_than_five_in_a_hundred_rows_are_near_duplicates(small, phantoms, release, tmp_path):
    _, found = generate.make(asked(small, phantoms, rows=500), release, tmp_path)
    assert found["shares"]["near_duplicates"] <= 0.05


def test_what_is_only_doubtful_goes_to_quarantine_and_another_row_takes_its_place(
    small, phantoms, release, tmp_path, monkeypatch
):
    from synth.checks import corpus

    monkeypatch.setattr(corpus, "NEAR", 0.25)  # many a text is as like another as that
    monkeypatch.setattr(corpus, "_bands", lambda marks: [bytes(17)] * corpus.BANDS)  # each is compared with each
    config = asked(small, phantoms, rows=60)
    _, strict = generate.make(config, release, tmp_path / "strict")
    doubtful = list(read_jsonl(tmp_path / "strict" / "quarantine.jsonl", Trajectory))
    assert strict["funnel"]["quarantined"] == len(doubtful) > 0
    assert {row.flags for row in doubtful} == {("DUP_NEAR",)}
    assert strict["funnel"]["accepted"] == 60
    assert not any(row.flags for row in rows_of(tmp_path / "strict"))
    lenient = asked(small, phantoms, rows=60, accept_flags=["DUP_NEAR"])
    _, found = generate.make(lenient, release, tmp_path / "lenient")
    assert found["funnel"]["quarantined"] == 0
    assert any(row.flags == ("DUP_NEAR",) for row in rows_of(tmp_path / "lenient"))


def test_a_case_whose_image_is_held_out_is_refused_and_kept_as_a_rejection(small, phantoms, release, tmp_path):
    cases = list(read_jsonl(phantoms / "cases.jsonl", Case))
    out = next(case for case in cases if case.split == "test")
    leaked = next(case for case in cases if case.split == "sft")
    (tmp_path / "images").mkdir()
    for case in cases:
        source = out if case.id == leaked.id else case
        (tmp_path / case.image).write_bytes((phantoms / source.image).read_bytes())
    write_jsonl(tmp_path / "cases.jsonl", cases)
    generate.make(asked(small, tmp_path), release, tmp_path / "run")
    refused = list(read_jsonl(tmp_path / "run" / "rejections.jsonl", Rejection))
    assert {(one.code, one.case_id) for one in refused if one.code == "SPLIT_LEAK"} == {("SPLIT_LEAK", leaked.id)}
    assert leaked.id not in {row.case_id for row in rows_of(tmp_path / "run")}


def test_a_finished_run_passes_its_own_checks_again_and_a_spoilt_one_does_not(config_file, tmp_path):
    assert synth("generate", config_file(write__rows=30), "--run-dir", tmp_path / "run").returncode == 0
    assert synth("check", tmp_path / "run").returncode == 0
    path = tmp_path / "run" / "trajectories.jsonl"
    path.write_text(path.read_text().replace("<condition>benign", "<condition>malignant", 1))
    spoilt = synth("check", tmp_path / "run")
    assert spoilt.returncode == 1
    assert "MALIG" in spoilt.stderr


def test_the_digest_of_an_image_is_remembered_until_its_file_changes(tmp_path):
    case = Case("a", "phantom", "a.png", "x", "x", "sft", "CC0-1.0")
    (tmp_path / "a.png").write_bytes(b"one")
    kept = tmp_path / "images.json"
    assert image_digests([case], tmp_path, kept) == {"a": file_digest(tmp_path / "a.png")}
    told = json.loads(kept.read_text())
    write_json(kept, {"a.png": ["sha256:remembered", *told["a.png"][1:]]})
    assert image_digests([case], tmp_path, kept) == {"a": "sha256:remembered"}
    (tmp_path / "a.png").write_bytes(b"another")
    assert image_digests([case], tmp_path, kept) == {"a": file_digest(tmp_path / "a.png")}
    with pytest.raises(ImageUnreadable, match=r"b\.png"):
        image_digests([replace(case, image="b.png")], tmp_path, kept)


def test_kinds_come_in_the_exact_proportion_of_their_weights():
    drawn = kinds({"direct": 220, "keep": 900, "revise": 900}, 2020, 0)
    assert [drawn.count(kind) for kind in Kind] == [220, 900, 900]
    assert kinds({"direct": 1, "keep": 1, "revise": 1}, 10, 0) == kinds({"direct": 1, "keep": 1, "revise": 1}, 10, 0)
    assert portions(10, [1, 1, 1]) == [4, 3, 3]
    assert portions(0, [1, 2]) == [0, 0]


def test_a_book_can_be_taken_out_of_what_was_written(small, phantoms, release, tmp_path, capsys):
    cases = list(read_jsonl(phantoms / "cases.jsonl", Case))
    held = {p.id: p for listed in stand_in_passages(release, cases).values() for p in listed}
    write_jsonl(tmp_path / "passages.jsonl", held.values())
    config = asked(small, phantoms, rows=40, passages=str(tmp_path / "passages.jsonl"))
    generate.make(config, release, tmp_path / "run")
    assert "“" in (tmp_path / "run" / "trajectories.jsonl").read_text()
    [book] = {passage.source for passage in held.values()}
    words = ["redact", str(tmp_path / "run"), "--out", str(tmp_path / "without"), "--book"]
    assert main([*words, "another"]) == 2
    assert book in capsys.readouterr().err
    assert main([*words, book]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 40
    text = (tmp_path / "without" / "trajectories.jsonl").read_text()
    assert "“" not in text
    assert text.count("\n") == 40
