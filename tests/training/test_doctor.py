"""The doctor finds what would stop a run, names it, and says what to do; on a sound installation it is content."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from peft import get_peft_model
from PIL import Image
from safetensors.torch import load_file

from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.reward import PAPER, SPECS
from kg_service.job import load_config, read_jsonl, write_jsonl
from training import doctor
from training.data import Row
from training.doctor import data, machine, model, reward, vectors
from training.doctor.finding import Finding
from training.model import build_tiny
from training.plan.parameters import Weights, weigh
from training.settings import Data, GrpoConfig, Lora, ModelSource
from training.sizes import TinySize
from training.stage import lora_config

from ..conftest import ROOT

CI = ROOT / "training" / "configs" / "ci"
SIZE = TinySize(hidden=48, layers=1, vision_hidden=32, vision_depth=1, vocabulary=400, pixels=56)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model/` and, trained on it, `adapter/`."""
    folder = tmp_path_factory.mktemp("tiny")
    found, processor = build_tiny(SIZE, ["Diagnose this image. Answer with <thinking>."], 0)
    found.save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")
    found.name_or_path = str(folder / "model")
    get_peft_model(found, lora_config(Lora(r=2))).save_pretrained(str(folder / "adapter"))  # pyright: ignore
    return folder


def states(found: Iterator[Finding]) -> dict[str, str]:
    return {one.what: one.state for one in found}


def examined(workshop, capsys, *given: str, digest: str = "") -> tuple[int, dict[str, Finding]]:
    pinned = [f"knowledge.digest={digest}"] if digest else []
    overrides = [f"knowledge.path={workshop.snapshot}", f"data.cases={workshop.cases}", *pinned, *given]
    code = doctor.run("grpo", CI / "grpo.toml", overrides, True)
    told = json.loads(capsys.readouterr().out)
    assert told["fine"] == (code == 0)
    return code, {one["what"]: Finding(**one) for one in told["findings"]}


# -- a whole visit -----------------------------------------------------------------------------------------------


def test_a_sound_stage_is_ready(workshop, release, tiny: Path, capsys):
    code, found = examined(workshop, capsys, f"model.path={tiny / 'model'}", digest=release.digest)
    assert code == 0, found
    for what in ("python", "trl", "reward", "model", "knowledge", "splits", "rows", "images", "trained", "disk"):
        assert found[what].state == "ok", found[what]
    assert "completions a second" in found["reward speed"].says


def test_every_fault_is_found_in_one_visit(workshop, tiny: Path, tmp_path: Path, capsys):
    cases = [replace(case, image=str(workshop.cases.parent / case.image)) for case in read_jsonl(workshop.cases, Case)]
    cases[0] = replace(cases[0], split="rl", gold="nobody-has-this")
    write_jsonl(tmp_path / "cases.jsonl", cases)
    given = [f"data.cases={tmp_path / 'cases.jsonl'}", f"model.path={tmp_path / 'no-model'}", "model.adapter=runs/none"]
    code, found = examined(workshop, capsys, *given, "reference=merged")
    assert code == 1
    assert {found[what].state for what in ("model", "adapter", "rows")} == {"fail"}
    assert cases[0].id in found["rows"].says
    assert found["knowledge"].state == "warn"


def test_an_adapter_of_another_model_fails(workshop, tiny: Path, tmp_path: Path, capsys):
    (tmp_path / "other").mkdir()
    for file in (tiny / "model").iterdir():
        (tmp_path / "other" / file.name).write_bytes(file.read_bytes())
    given = [f"model.path={tmp_path / 'other'}", f"model.adapter={tiny / 'adapter'}", "reference=merged"]
    code, found = examined(workshop, capsys, *given)
    assert code == 1
    assert "was trained on" in found["adapter"].says
    assert found["rows"].state == "ok"  # the rest is looked at all the same


def test_another_release_than_the_pinned_one_fails(workshop, tiny: Path, capsys):
    code, found = examined(workshop, capsys, f"model.path={tiny / 'model'}", digest="sha256:" + "0" * 64)
    assert code == 1
    assert "digest-mismatch" in found["configuration"].says


def test_an_option_that_trl_does_not_have_fails(workshop, tiny: Path, capsys):
    code, found = examined(workshop, capsys, f"model.path={tiny / 'model'}", "train.max_prompt_length=5")
    assert code == 1
    assert "max_prompt_length" in found["configuration"].says


def test_a_configuration_that_cannot_be_read_is_no_finding(workshop):
    with pytest.raises(ConfigInvalid):
        doctor.run("sft", CI / "sft.toml", ["modle.path=x"], False)


def test_the_table_says_state_subject_and_what_to_do():
    told = doctor.table([Finding("model", "fail", "not here: fetch it"), Finding("trl", "ok", "1.16.0")])
    assert "fail  model  not here: fetch it" in told
    assert told.endswith("not ready: 1 ok, 0 to know, 1 to mend")


# -- the reward --------------------------------------------------------------------------------------------------


def test_the_golden_vectors_hold_and_a_changed_reward_breaks_them(monkeypatch: pytest.MonkeyPatch):
    assert states(reward.vectors()) == {"reward": "ok"}
    monkeypatch.setitem(SPECS, "paper", replace(PAPER, granularity=0.5))
    assert any("paper gives" in problem for problem in vectors.wrong())
    assert states(reward.vectors()) == {"reward": "fail"}


def test_vectors_cover_every_reward_and_every_way_to_earn():
    assert {name for vector in vectors.VECTORS for name, _ in vector.earns} == {"paper", "safe", "released-code"}
    assert min(total for vector in vectors.VECTORS for _, total in vector.earns) < 0


@pytest.mark.parametrize(("seconds", "state"), [(0.01, "ok"), (1.0, "warn")])
def test_a_reward_that_takes_more_than_a_hundredth_of_a_step_is_told(release, seconds: float, state: str):
    ticks = iter([0.0, seconds])
    rows = [Row("q", gold="melanoma"), Row("q", gold="blue-nevus")]
    found = list(reward.speed(rows, release, PAPER, 192, 1.0, clock=lambda: next(ticks)))
    assert [one.state for one in found] == [state]


# -- data --------------------------------------------------------------------------------------------------------


def test_a_truncated_image_is_named(tmp_path: Path):
    Image.effect_noise((64, 64), 90).save(tmp_path / "whole.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "whole.png").read_bytes()[:900])
    rows = [Row("q", image=str(tmp_path / name)) for name in ("whole.png", "torn.png")]
    [found] = data.images(rows, 0)
    assert found.state == "fail"
    assert "torn.png" in found.says
    assert states(data.images(rows[:1], 0)) == {"images": "ok"}


@pytest.mark.parametrize(("split", "state"), [("test", "fail"), ("sft", "warn"), ("rl", "ok")])
def test_a_patient_in_training_and_test_fails(split: str, state: str, tmp_path: Path):
    cases = [
        Case(name, "clinic", f"{name}.png", "mel", "melanoma", where, "CC0", patient="P7")
        for name, where in (("a", "rl"), ("b", split))
    ]
    write_jsonl(tmp_path / "cases.jsonl", cases)
    [found] = data.splits(Data(cases=str(tmp_path / "cases.jsonl"), split="rl"))
    assert found.state == state
    assert ("clinic/P7" in found.says) == (state != "ok")
    if split == "test":  # a further split behind it hides nothing
        write_jsonl(tmp_path / "cases.jsonl", [*cases, replace(cases[0], id="c", image="c.png", split="sft")])
        [found] = data.splits(Data(cases=str(tmp_path / "cases.jsonl"), split="rl"))
        assert found.state == "fail"


def test_one_gold_that_outnumbers_all_others_is_told_unless_rows_are_balanced():
    rows = [Row("q", gold=gold) for gold in ["nevus"] * 8 + ["melanoma", "psoriasis"]]
    assert states(data.balance(rows, balanced=False)) == {"rows": "warn"}
    assert states(data.balance(rows, balanced=True)) == {"rows": "ok"}


# -- the machine -------------------------------------------------------------------------------------------------


def test_versions_are_held_against_those_that_were_tried():
    known = machine.tried("torch==2.13.0\ntrl==1.16.0\n# peft==1\npeft==0.21.2\n")
    assert known == {"torch": "2.13.0", "trl": "1.16.0", "peft": "0.21.2"}
    every = {str(name): "1.0.0" for name in machine.PACKAGES}
    have = {**every, "torch": "1.0.1+cu126", "trl": "1.1.0"}
    del have["peft"]
    found = states(machine.versions(every, have))
    assert (found["torch"], found["trl"], found["peft"]) == ("ok", "warn", "fail")


@pytest.mark.parametrize(
    ("free", "gpus", "state"), [(130, 1, "ok"), (110, 1, "warn"), (40, 8, "warn"), (40, 1, "fail"), (5, 8, "fail")]
)
def test_memory_that_does_not_fit_is_told_with_what_would_help(free: float, gpus: int, state: str):
    assert machine.memory({"ddp": {"all": 98.0}, "zero3": {"all": 19.0}}, free, gpus).state == state


def test_a_disk_without_room_for_the_checkpoints_fails(tmp_path: Path):
    assert states(machine.room(tmp_path / "not" / "yet", 1e9)) == {"disk": "fail"}
    assert states(machine.room(tmp_path, 1e-6)) == {"disk": "ok"}


def test_the_weights_of_an_adapter_that_is_continued_count_as_trained(workshop, tiny: Path):
    given = [f"knowledge.path={workshop.snapshot}", f"model.path={tiny / 'model'}", f"model.adapter={tiny / 'adapter'}"]
    config = load_config(GrpoConfig, CI / "grpo.toml", given).model_copy(update={"lora": None})
    weights = weigh(config)
    assert weights is not None
    held = load_file(tiny / "adapter" / "adapter_model.safetensors")
    assert weights.trainable == sum(weight.numel() for weight in held.values())


def test_an_adapter_that_matches_no_layer_fails():
    assert model.counted(Weights(None, {"language": 10}, {}, "LoRA")).state == "fail"


# -- the server --------------------------------------------------------------------------------------------------


@pytest.fixture
def vllm() -> Iterator[Callable[..., str]]:
    """vLLM's three answers over real HTTP. Call it with what it shall answer; returns its address."""
    started: list[ThreadingHTTPServer] = []

    def start(name: str, *, open_: bool = True, ready: bool = True) -> str:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                good = {"/health": ready, "/v1/models": True, "/server_info": open_}[path]
                self.send_response(200 if good else 404)
                self.end_headers()
                self.wfile.write(json.dumps({"data": [{"id": name}]}).encode())

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


class Arguments:
    """What the check reads of TRL's arguments."""

    vllm_server_host, vllm_server_port = "127.0.0.1", 1

    def __init__(self, url: str) -> None:
        self.vllm_server_base_url = url


def test_a_server_is_taken_when_it_serves_this_model_and_its_weights_can_be_changed(vllm):
    source = ModelSource(path="Qwen/Qwen2.5-VL-7B-Instruct", max_pixels=200704)
    for url, state, word in (
        (vllm(source.path), "ok", source.path),
        (vllm("another"), "warn", "another"),
        (vllm(source.path, open_=False), "fail", "VLLM_SERVER_DEV_MODE=1"),
        (vllm(source.path, ready=False), "fail", "not ready"),
        ("http://127.0.0.1:9", "fail", "200704"),
    ):
        [found] = model.server(Arguments(url), source)
        assert found.state == state, url
        assert word in found.says
