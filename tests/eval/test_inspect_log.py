"""The log for Inspect AI's viewer: of its format, with the numbers of the scores, the same for the same predictions."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from eval.inspect_log import run
from eval.prediction import Look, Prediction, Task, picture_of
from eval.score import Score, ScoreConfig
from kg_service.client import KnowledgeSource
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl, write_jsonl

from .rows import folder_of_cases, prediction, reply, snapshot

SCHEMA = Path(__file__).resolve().parent.parent / "fixtures" / "inspect-log.schema.json"


@pytest.fixture
def config(tmp_path: Path, knowledge: Knowledge) -> ScoreConfig:
    """Eight cases with two samples each: the gold and an ancestor; one reply is malformed, one cut."""
    cases = [case for case in folder_of_cases(tmp_path) if case.split == "test"]
    rows: list[Prediction] = []
    for case in cases:
        number, (_, digest) = int(case.id[1:]), picture_of(case, tmp_path)
        asked = replace(prediction(number, reply(knowledge.label(case.gold))), image_digest=digest, tokens_out=9)
        coarser = reply(knowledge.label(knowledge.lineage(case.gold)[0]))
        rows += [asked, replace(asked, key=f"{asked.key}/1", sample=1, reply=coarser)]
    rows[2] = replace(rows[2], reply="a mole, I think")
    rows[4] = replace(rows[4], reply="<thinking>it is", complete=False, finish="length")
    write_jsonl(tmp_path / "predictions.jsonl", rows)
    source = KnowledgeSource(path=str(snapshot(tmp_path, knowledge)))
    return ScoreConfig(
        cases=tmp_path / "cases.jsonl", predictions=tmp_path / "predictions.jsonl", resamples=50, knowledge=source
    )


def written(config: ScoreConfig, folder: Path) -> tuple[Path, dict[str, Any]]:
    run(config, folder)
    (path,) = (folder / "inspect").iterdir()
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_the_log_is_of_the_format_and_its_viewer_finds_it(config: ScoreConfig, tmp_path: Path):
    path, log = written(config, tmp_path / "run")
    assert [error.message for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(log)] == []
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d.*\.json$", path.name)
    # Where it reads the head alone, it reads until the samples begin.
    assert list(log)[:2] == ["version", "status"]
    assert list(log)[-1] == "samples"


def test_every_reply_is_a_sample_with_the_numbers_of_its_score(config: ScoreConfig, tmp_path: Path):
    _, log = written(config, tmp_path / "run")
    scores = list(read_jsonl(tmp_path / "run" / "scores.jsonl", Score))
    assert len({(sample["id"], sample["epoch"]) for sample in log["samples"]}) == len(scores) == 16
    for sample, score in zip(log["samples"], scores, strict=True):
        assert (sample["id"], sample["epoch"]) == (score.case_id, score.sample + 1)
        assert sample["scores"]["reward"]["value"] == score.total
        assert sample["scores"]["outcome"]["value"] == score.outcome
        assert sample["scores"]["right"]["value"] == ("C" if score.right else "I")
        assert sample["input"][0]["content"][0]["image"].startswith("data:image/png;base64,")
    stopped = [sample["output"]["choices"][0]["stop_reason"] for sample in log["samples"]]
    assert stopped.count("max_tokens") == 1
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    for name, metric in log["results"]["scores"][0]["metrics"].items():
        assert (metric["value"], metric["metadata"]["ci"]) == (metrics[name]["value"], metrics[name]["ci"])
    assert log["eval"]["metadata"]["digest"].startswith("sha256:")


def test_the_same_predictions_give_the_same_log(config: ScoreConfig, tmp_path: Path):
    path, log = written(config, tmp_path / "run")
    again, same = written(config, tmp_path / "run")
    assert (again, same) == (path, log)


def test_an_image_that_has_gone_is_left_out(config: ScoreConfig, tmp_path: Path):
    (tmp_path / "images" / "1.png").unlink()
    _, log = written(config, tmp_path / "run")
    shown = {sample["id"]: isinstance(sample["input"][0]["content"], list) for sample in log["samples"]}
    assert [id_ for id_, picture in shown.items() if not picture] == ["c1"]


def test_several_questions_about_one_case_are_told_apart(config: ScoreConfig, tmp_path: Path):
    rows = [row for row in read_jsonl(config.predictions, Prediction) if row.sample == 0]
    blind = [replace(row, key=f"{row.key}/blind", look=Look.NONE, image_digest="") for row in rows]
    told = [replace(row, key=f"{row.key}/told", task=Task.CONDITION, reply="benign") for row in rows]
    write_jsonl(config.predictions, [*rows, *blind, *told])
    _, log = written(config, tmp_path / "run")
    ids = [sample["id"] for sample in log["samples"]]
    assert len(set(ids)) == len(ids) == 24
    assert {"c1 diagnosis real", "c1 diagnosis none", "c1 condition real"} <= set(ids)
