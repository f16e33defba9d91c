"""The chain: placeholders, order, resuming, failing, and one whole run at a tiny size."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from eval.backends import FunctionBackend
from eval.chain import ChainConfig, evaluate, fill, plan, run_chain
from eval.predict import PredictConfig, predict, select_cases
from eval.prediction import Prediction, Sampling, place_of
from eval.service import Served
from eval.stages import Pool, Stage, StageFailed
from eval.tasks import Question, requests
from kg_service.client import KnowledgeSource
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import load_config, read_jsonl

from ..conftest import ROOT
from ..patience import PATIENCE, eventually
from .rows import folder_of_cases, reply, snapshot

SERVED = Served("http://127.0.0.1:1", "1", "sha256:abc")


def writing(folder: Path, name: str, *needs: str, code: str = "") -> Stage:
    """A stage that appends its name to `order`, run with `python -m timeit`, the nearest door that runs any code."""
    statement = f"{code}\nopen({str(folder / 'order')!r}, 'a').write({name + chr(10)!r})"
    return Stage(name, ("timeit", "-n", "1", "-r", "1", statement), needs)


def order(folder: Path) -> list[str]:
    return (folder / "order").read_text().split()


def test_stages_run_after_what_they_need_and_only_once(tmp_path: Path) -> None:
    stages = [
        writing(tmp_path, "last", "first", "second"),
        writing(tmp_path, "second", "first"),
        writing(tmp_path, "first"),
    ]
    pool = Pool(tmp_path, workers=2)
    pool.run(stages)
    assert order(tmp_path) == ["first", "second", "last"]
    assert pool.seconds.keys() == {"first", "second", "last"}
    again = Pool(tmp_path, workers=2)
    again.run(stages)
    assert order(tmp_path) == ["first", "second", "last"]
    assert again.seconds == pool.seconds


def test_two_workers_run_two_stages_at_once(tmp_path: Path) -> None:
    def meeting(name: str, other: str) -> Stage:
        code = (
            "import pathlib, time\n"
            f"pathlib.Path({str(tmp_path / name)!r}).touch()\n"
            f"while not pathlib.Path({str(tmp_path / other)!r}).exists(): time.sleep(0.01)"
        )
        return writing(tmp_path, name, code=code)

    Pool(tmp_path, workers=2).run([meeting("a", "b"), meeting("b", "a")])  # each ends once the other has begun


def test_a_failing_stage_shows_the_end_of_its_log_and_stops_the_others(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    sleep = f"import os, time; os.symlink(str(os.getpid()), {str(begun)!r}); time.sleep(10_000)"
    fail = (
        f"import os, time\nwhile not os.path.islink({str(begun)!r}): time.sleep(0.01)\nraise SystemExit('the reason')"
    )
    endless, broken = writing(tmp_path, "endless", code=sleep), writing(tmp_path, "broken", code=fail)
    with pytest.raises(StageFailed, match="the reason"):
        Pool(tmp_path, workers=2).run([endless, broken])
    assert not psutil.pid_exists(int(begun.readlink().name))
    assert not (tmp_path / "order").exists()


def test_what_failed_is_run_again_and_what_is_done_is_not(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    stages = [
        writing(tmp_path, "a"),
        writing(tmp_path, "b", "a", code=f"import os; os.path.exists({str(gate)!r}) or 1 / 0"),
    ]
    with pytest.raises(StageFailed):
        Pool(tmp_path, workers=1).run(stages)
    gate.touch()
    Pool(tmp_path, workers=1).run(stages)
    assert order(tmp_path) == ["a", "b"]


def test_a_finished_stage_of_another_seed_is_refused(tmp_path: Path) -> None:
    Pool(tmp_path, workers=1).run([writing(tmp_path, "a")])
    with pytest.raises(ConfigInvalid, match="another configuration or seed"):
        Pool(tmp_path, workers=1).run([writing(tmp_path, "a", code="seed = 1")])


def test_stages_that_wait_for_each_other_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="wait for each other"):
        Pool(tmp_path, workers=1).run([writing(tmp_path, "a", "b"), writing(tmp_path, "b", "a")])
    with pytest.raises(ConfigInvalid, match="which is no stage"):
        Pool(tmp_path, workers=1).run([writing(tmp_path, "a", "nothing")])


def chain_config(folder: Path, **more: object) -> ChainConfig:
    (folder / "room.toml").write_text("")
    content: dict[str, object] = {
        "title": "t",
        "stages": [
            {"name": "cases", "run": ["synth", "cases"], "config": folder / "room.toml", "set": ["seed={seed}"]},
            {
                "name": "sft",
                "run": ["training", "sft"],
                "config": folder / "room.toml",
                "set": ["a={cases}/cases.jsonl"],
            },
        ],
        "models": [{"name": "m", "checkpoint": "{sft}/checkpoint"}],
        **more,
    }
    return ChainConfig.model_validate(content)


def test_placeholders_make_prerequisites_and_the_release_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    cases, sft, predict = plan(chain_config(tmp_path), Path("run"), 7, SERVED)
    assert (cases.needs, sft.needs, set(predict.needs)) == ((), ("cases",), {"cases", "sft"})
    assert "seed=7" in cases.command
    assert "a=run/cases/cases.jsonl" in sft.command
    assert "model.path=run/sft/checkpoint" in predict.command
    for stage in (cases, sft, predict):
        assert {'knowledge.path=""', 'knowledge.release="1"', "knowledge.digest=sha256:abc"} <= set(stage.command)
        assert stage.volatile == ("--set", "knowledge.url=http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"baselines": ["majorty"]}, "no baseline 'majorty'"),
        ({"baselines": ["majority"], "probes": [{"name": "m", "checkpoint": "x"}]}, "the name 'm'"),
        ({"pairs": [["m", "n"]]}, "pairs names 'n'"),
        ({"primary": "accuracy"}, "primary names 'accuracy'"),
        ({"spec": "papr"}, "no reward specification"),
        ({"generation": {"samples": 4}}, "all samples are equal"),
        ({"probes": [{"name": "p", "checkpoint": "{bse}/checkpoint"}]}, "names {bse}"),
    ],
)
def test_what_the_evaluation_could_not_do_is_said_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, object], told: str
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigInvalid, match=told):
        plan(chain_config(tmp_path, **more), Path("run"), 0, SERVED)


def test_another_port_is_the_same_stage_and_another_seed_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    config = chain_config(tmp_path)
    moved = Served("http://127.0.0.1:2", "1", "sha256:abc")
    here, there = (plan(config, Path("run"), 0, served)[0] for served in (SERVED, moved))
    assert here.identity == there.identity
    assert here.identity != plan(config, Path("run"), 1, SERVED)[0].identity
    (tmp_path / "room.toml").write_text("changed = 1")
    assert here.identity != plan(config, Path("run"), 0, SERVED)[0].identity


def test_questions_reach_every_model_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    plain = plan(chain_config(tmp_path), Path("run"), 7, SERVED)[-1].command
    assert not [part for part in plain if part.startswith("questions=")]
    asked = [{"task": "choice", "rule": "ddx", "abstain": True}, {"look": "blank", "limit": 5}]
    command = plan(chain_config(tmp_path, questions=asked), Path("run"), 7, SERVED)[-1].command
    sets = [part for part in command if part.startswith(("questions=", "seed="))]
    config = load_config(
        PredictConfig,
        None,
        ["name=m", "cases=c", "knowledge.path=k", "model.path=p", *sets],
    )
    assert config.seed == 7
    assert config.questions == tuple(Question.model_validate(one) for one in asked)


def test_a_misspelt_placeholder_and_a_missing_data_folder_are_named() -> None:
    with pytest.raises(ConfigInvalid, match="casse"):
        fill("{casse}/x", {"cases": "c"})
    with pytest.raises(ConfigInvalid, match="--set data="):
        fill("{data}/x", {"data": ""})


@pytest.mark.parametrize("name", ["demo", "ci", "real"])
def test_every_shipped_chain_fits_the_rooms_it_calls(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    config = load_config(ChainConfig, ROOT / "eval" / "configs" / f"{name}.toml")
    assert run_chain(config, tmp_path / "run", seed=0, dry_run=True) == 0
    assert not (tmp_path / "run").exists()
    compared = {one for pair in config.pairs for one in pair}
    known = {one.name for one in (*config.models, *config.probes)} | set(config.baselines)
    assert compared <= known


def test_a_chain_asks_its_baselines_every_question_and_says_what_its_data_share(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    cases = folder_of_cases(tmp_path / "cases", 24)
    shared = (tmp_path / "cases" / cases[0].image).read_bytes()  # of the training cases
    (tmp_path / "cases" / cases[4].image).write_bytes(shared)
    config = chain_config(
        tmp_path,
        questions=[{}, {"task": "choice", "rule": "ddx"}, {"task": "pair", "rule": "ddx"}, {"look": "blank"}],
        baselines=["majority", "position"],
        models=[{"name": "m", "checkpoint": "none"}],
        pairs=[["m", "majority"]],
        resamples=20,
        browse=2,
    )
    tested = select_cases(tmp_path / "cases" / "cases.jsonl", config.splits)
    asked = requests(tested, knowledge, config.questions, tmp_path / "cases", looks=tmp_path / "looks")
    answers = FunctionBackend(lambda _: reply("melanoma"), "m")
    predict(asked, answers, tmp_path / "predictions" / "m" / "predictions.jsonl", model="m", sampling=Sampling())
    found = evaluate(config, tmp_path, knowledge, KnowledgeSource(path=str(snapshot(tmp_path, knowledge))))
    assert found["baselines"].keys() == {"majority", "position"}
    keys = [
        sorted((place_of(row), row.prompt) for row in read_jsonl(file, Prediction))
        for file in sorted((tmp_path / "predictions").glob("*/predictions.jsonl"))
    ]
    assert len(keys) == 3
    assert keys[0] == keys[1] == keys[2]
    overlap = json.loads((tmp_path / "overlap.json").read_text())
    assert [(tie["kind"], tie["train"], tie["test"]) for tie in overlap["ties"]] == [("image", "c0", "c4")]


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "eval", "chain", "eval/configs/ci.toml", "--run-dir", str(folder), "--seed", "3"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_whole_chain_survives_a_kill_and_ends_with_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = start(folder)
    eventually(lambda: (folder / "chain" / "cases.json").exists() or first.poll() is not None)
    assert first.poll() is None, first.communicate()[1]
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    second = start(folder)
    stdout, stderr = second.communicate()
    assert second.returncode == 0, stderr
    assert stdout.strip().endswith("summary.json")
    assert "cases: finished earlier" in stderr
    found = json.loads((folder / "summary.json").read_text())
    assert found.keys() == {
        "release", "digest", "spec_digest", "cases", "models", "baselines", "paired", "seconds",
    }  # fmt: skip
    assert found["models"].keys() == {"base", "sft", "grpo_only", "sft_grpo"}
    assert found["paired"].keys() >= {"sft-base", "sft_grpo-sft", "grpo_only-base"}
    for row in found["models"].values():
        assert sum(row["outcomes"].values()) == row["rows"] == found["cases"]["test"]
    assert (folder / "report.html").is_file()
    third = start(folder)
    assert third.communicate(timeout=PATIENCE)[1].count("finished earlier") == 10
    assert third.returncode == 0
