"""Many processes, ranks and clusters: the same bytes as one process, and clear words where a part is missing."""

from __future__ import annotations

import json
import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Kind, Rejection, Trajectory
from kg_service.job import read_jsonl
from synth import generate
from synth.__main__ import main
from synth.checks import corpus
from synth.checks.subject import joined
from synth.generate import merge
from synth.generate.shards import Shard, ShardBusy, cut, held, reserve
from synth.generate.spread import rank_of
from synth.settings import SynthConfig

from .runs import asked, assert_same

ROWS, PART = 120, 30
BAR = 0.2


@pytest.fixture(scope="module")
def config(small, phantoms) -> SynthConfig:
    return asked(small, phantoms, rows=ROWS, shard_rows=PART)


@pytest.fixture(scope="module")
def whole(config, release, tmp_path_factory) -> Path:
    """Four shards made by one process."""
    run = tmp_path_factory.mktemp("whole")
    met, found = generate.make(config, release, run)
    assert met
    assert found["shards"] == 4
    assert found["funnel"]["accepted"] == ROWS
    return run


def test_three_processes_write_what_one_writes(config, whole, release, tmp_path):
    generate.make(config, release, tmp_path, processes=3)
    assert_same(whole, tmp_path)


def test_ranks_in_any_order_and_a_merge_write_what_one_process_writes(config, whole, release, tmp_path, capsys):
    for rank in ("2/3", "0/3", "1/3"):
        _, told = generate.make(config, release, tmp_path, rank=rank)
        assert told["made"] == told["own"]
        assert not (tmp_path / "trajectories.jsonl").exists()
    assert main(["merge", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["funnel"]["accepted"] == ROWS
    assert_same(whole, tmp_path)


def test_a_merge_without_all_shards_names_those_that_are_missing(config, release, tmp_path, capsys):
    generate.make(config, release, tmp_path, rank="1/4")
    with pytest.raises(RecordInvalid, match=r"3 of 4 shards .* 0, 2, 3\."):
        generate.join_run(tmp_path)
    assert main(["merge", str(tmp_path / "elsewhere")]) == 2
    assert "holds no shards" in capsys.readouterr().err


def test_a_finished_shard_is_not_made_again(config, whole, release):
    journals = sorted(whole.glob("shards/*/rows.jsonl"))
    before = [(path.stat().st_mtime_ns, path.stat().st_size) for path in journals]
    _, told = generate.make(config, release, whole, rank="0/1")
    assert told["made"] == []
    assert [(path.stat().st_mtime_ns, path.stat().st_size) for path in journals] == before


def test_two_processes_do_not_write_one_shard(config, release, tmp_path, monkeypatch):
    monkeypatch.setattr("synth.generate.shards._PATIENCE", 1)
    with held(tmp_path / "shards" / "00001"), pytest.raises(ShardBusy, match=f"process {os.getpid()} on "):
        generate.make(config, release, tmp_path, rank="1/4")
    generate.make(config, release, tmp_path, rank="1/4")  # let go, it is taken


def parts(config: SynthConfig, release: Knowledge) -> list[Shard]:
    path = Path(config.write.cases)
    return cut(config, release, [case for case in read_jsonl(path, Case) if case.split == "sft"], path)


def test_shards_keep_groups_whole_and_deal_every_gold_evenly(config, release, phantoms):
    cases = [case for case in read_jsonl(phantoms / "cases.jsonl", Case) if case.split == "sft"]
    shards = parts(config, release)
    assert sorted(case.id for shard in shards for case in shard.cases) == sorted(case.id for case in cases)
    for gold in {case.gold for case in cases}:
        counts = [sum(case.gold == gold for case in shard.cases) for shard in shards]
        assert max(counts) - min(counts) <= 1
    groups = [{case.group for case in shard.cases} for shard in shards]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert sum(shard.quota for shard in shards) == ROWS
    own = [kind for shard in shards for kind in shard.kinds[: shard.quota]]
    assert [own.count(kind) for kind in Kind] == [40, 40, 40]
    assert all(len(shard.kinds) == shard.quota + reserve(shard.quota, len(shards)) for shard in shards)


def test_rows_alike_in_two_shards_are_found_and_replaced_from_the_reserve(config, release, tmp_path, monkeypatch):
    """With a low bar, and every row set beside every other: what is left has no two alike, and is as many."""
    for module in (corpus, merge):
        monkeypatch.setattr(module, "NEAR", BAR)
    monkeypatch.setattr(corpus, "_bands", lambda marks: [bytes(17)] * corpus.BANDS)
    generate.make(config, release, tmp_path, processes=2)
    rows = list(read_jsonl(tmp_path / "trajectories.jsonl", Trajectory))
    doubtful = list(read_jsonl(tmp_path / "quarantine.jsonl", Trajectory))
    assert len(rows) == ROWS
    shard = {case.id: place for place, part in enumerate(parts(config, release)) for case in part.cases}
    marks = {row.id: (shard[row.case_id], corpus.shingles(joined(row.steps))) for row in (*rows, *doubtful)}

    def across(row: Trajectory) -> bool:
        place, own = marks[row.id]
        return any(there != place and corpus.jaccard(own, theirs) >= BAR for there, theirs in marks.values())

    taken_out = [row for row in doubtful if across(row)]
    assert taken_out, "the bar is low enough"
    kept = [marks[row.id] for row in rows]
    assert not any(
        one[0] != other[0] and corpus.jaccard(one[1], other[1]) >= BAR for one, other in combinations(kept, 2)
    )


def test_the_same_text_in_two_shards_is_a_rejection_and_the_number_stays_exact(config, release, tmp_path):
    generate.make(config, release, tmp_path, rank="0/1")
    for place in (1, 3):  # as if the first rows of these shards said what the first of shard 0 says
        path = tmp_path / "shards" / f"{place:05d}" / "index.npz"
        with np.load(path) as found, np.load(tmp_path / "shards" / "00000" / "index.npz") as first:
            arrays = dict(found)
            arrays["text"][0] = first["text"][0]
        np.savez(path, **arrays)
    _, found = generate.join_run(tmp_path)
    assert found["funnel"]["accepted"] == ROWS
    assert found["rejected_by_code"]["DUP_EXACT"] >= 2
    refused = list(read_jsonl(tmp_path / "rejections.jsonl", Rejection))
    assert [one.code for one in refused[-2:]] == ["DUP_EXACT", "DUP_EXACT"]
    rows = [row.id for row in read_jsonl(tmp_path / "trajectories.jsonl", Trajectory)]
    assert len(set(rows)) == ROWS
    assert sum(found["kinds"].values()) == ROWS


def test_a_rank_is_read_from_the_environment_of_slurm_and_kubernetes():
    assert rank_of("2/8", {}) == (2, 8)
    assert rank_of("auto", {"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}) == (3, 4)
    assert rank_of("auto", {"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "2"}) == (0, 2)
    assert rank_of("auto", {"SKIN_R1_RANK": "1", "SKIN_R1_WORLD": "2", "SLURM_PROCID": "0", "SLURM_NTASKS": "9"}) == (
        1,
        2,
    )
    array = {"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_PROCID": "0", "SLURM_NTASKS": "1"}
    assert rank_of("auto", array) == (5, 8)
    for wrong in ("3/3", "1", "a/b", "-1/2", "auto"):
        with pytest.raises(ConfigInvalid, match="rank"):
            rank_of(wrong, {})
