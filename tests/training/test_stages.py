"""The three stages really run TRL on a tiny Qwen2.5-VL; what they leave can be loaded, continued and trusted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from kg_service.core.answer import instruction
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from training import grpo, sft
from training.__main__ import main
from training.model import load
from training.stage import last_checkpoint

from .conftest import LORA, Make


def weights(run: Path, part: str = "checkpoint") -> dict[str, torch.Tensor]:
    name = "adapter_model.safetensors" if part == "adapter" else "model.safetensors"
    return load_file(run / part / name)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_stage_leaves_a_checkpoint_that_loads_alone_and_answers(base_run: Path, room: Path):
    model, processor = load(base_run / "checkpoint")
    question = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": instruction()}]}]
    text = processor.apply_chat_template(question, add_generation_prompt=True)
    image = Image.open(next((room / "images").glob("*.png")))
    batch = processor(text=[text], images=[[image]], return_tensors="pt")
    assert model.generate(**batch, max_new_tokens=3).shape[1] > batch["input_ids"].shape[1]
    assert json.loads((base_run / "checkpoint" / "processor_config.json").read_text())["processor_class"] == (
        "Qwen2_5_VLProcessor"
    )


def test_merged_weights_differ_from_the_base_by_the_adapter_alone(base_run: Path, sft_run: Path):
    before, after = weights(base_run), weights(sft_run)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all("language_model" in name or ".merger." in name for name in changed)


def test_metrics_count_malformed_replies_and_every_reward_is_a_number(
    make: Make, knowledge: Knowledge, base_run: Path, sft_run: Path, tmp_path: Path
):
    config = make.grpo(base_run / "checkpoint", adapter=sft_run / "adapter", max_steps=2)
    grpo.train(config, grpo.rows(config, knowledge), knowledge, tmp_path)
    logged = [row for row in metrics(tmp_path) if "reward" in row]
    assert [row["step"] for row in logged] == [1, 2]
    assert all(row["malformed"] == 1.0 and row["reward"] == 0.0 for row in logged)  # two steps of SFT teach no format
    assert any(name.startswith("malformed/") for name in logged[0])
    assert logged[0]["kl"] == pytest.approx(0.0, abs=1e-4)  # the reference is the SFT policy itself
    assert weights(tmp_path, "adapter").keys() == weights(sft_run, "adapter").keys()


def test_an_adapter_is_not_put_on_weights_that_already_hold_it(
    make: Make, knowledge: Knowledge, sft_run: Path, tmp_path: Path
):
    config = make.grpo(sft_run / "checkpoint", adapter=sft_run / "adapter")
    with pytest.raises(ConfigInvalid, match="was trained on"):
        grpo.rows(config, knowledge)


@pytest.mark.parametrize("lora", [LORA, None], ids=["lora", "full"])
def test_a_run_stopped_and_resumed_has_the_weights_of_one_that_was_not(
    make: Make, knowledge: Knowledge, base_run: Path, tmp_path: Path, lora
):
    config = make.sft(base_run / "checkpoint", lora=lora)
    rows = sft.rows(config, knowledge)
    sft.train(config, rows, knowledge, tmp_path / "whole")
    for part in ("checkpoint", "adapter"):
        torn = tmp_path / "stopped" / part
        assert not torn.exists()
    sft.train(config, rows, knowledge, tmp_path / "stopped")
    [last] = [p for p in (tmp_path / "stopped" / "trainer").iterdir() if p.name == "checkpoint-4"]
    for file in last.iterdir():  # a kill while the last checkpoint was being written
        if file.name != "config.json":
            file.unlink() if file.is_file() else None
    found = last_checkpoint(tmp_path / "stopped")
    assert found is not None
    assert found.name == "checkpoint-2"
    sft.train(config, rows, knowledge, tmp_path / "stopped")
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "stopped"))
    assert [row["step"] for row in metrics(tmp_path / "stopped")] == [
        row["step"] for row in metrics(tmp_path / "whole")
    ]


def test_a_killed_grpo_run_continues_to_the_same_weights(make: Make, base_run: Path, sft_run: Path, tmp_path: Path):
    config = make.grpo(base_run / "checkpoint", adapter=sft_run / "adapter", max_steps=6)
    (tmp_path / "grpo.toml").write_text(_toml(config.model_dump(mode="json")))
    command = [sys.executable, "-m", "training", "grpo", str(tmp_path / "grpo.toml"), "--run-dir"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    subprocess.run([*command, str(tmp_path / "whole")], check=True, env=environment, capture_output=True)
    killed = subprocess.Popen([*command, str(tmp_path / "killed")], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while last_checkpoint(tmp_path / "killed") is None and time.monotonic() < deadline and killed.poll() is None:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed" / "manifest.json").exists()
    subprocess.run([*command, str(tmp_path / "killed")], check=True, env=environment, capture_output=True)
    assert same(weights(tmp_path / "whole", "adapter"), weights(tmp_path / "killed", "adapter"))
    written = (tmp_path / "killed" / "manifest.json").stat().st_mtime_ns
    subprocess.run([*command, str(tmp_path / "killed")], check=True, env=environment, capture_output=True)
    assert (tmp_path / "killed" / "manifest.json").stat().st_mtime_ns == written  # finished: skipped


def _toml(content: dict, prefix: str = "") -> str:
    plain = {key: value for key, value in content.items() if value is not None and not isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for key, value in content.items():
        if isinstance(value, dict):
            lines += [f"[{prefix}{key}]", _toml(value, f"{prefix}{key}.")]
    return "\n".join(lines) + "\n"


def test_dry_run_prints_steps_and_tokens_and_writes_nothing(make: Make, base_run: Path, tmp_path: Path, capsys):
    config = make.grpo(base_run / "checkpoint", lora=LORA)
    (tmp_path / "grpo.toml").write_text(_toml(config.model_dump(mode="json")))
    assert main(["grpo", str(tmp_path / "grpo.toml"), "--run-dir", str(tmp_path / "run"), "--dry-run"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["steps"], plan["completions"], plan["most_completion_tokens"]) == (4, 32, 320)
    assert not (tmp_path / "run").exists()


def test_an_option_trl_does_not_know_is_a_configuration_error(make: Make, base_run: Path, tmp_path: Path, capsys):
    config = make.grpo(base_run / "checkpoint", lora=LORA, max_prompt_length=3)
    (tmp_path / "grpo.toml").write_text(_toml(config.model_dump(mode="json")))
    assert main(["grpo", str(tmp_path / "grpo.toml"), "--run-dir", str(tmp_path / "run")]) == 2
    assert "train.max_prompt_length" in capsys.readouterr().err
