"""What stands in training/launch: files that their tools take, and names that exist."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import ClusterConfig
from accelerate.commands.launch import launch_command_parser

from training.plan.commands import serve

from ..conftest import ROOT
from ..patience import PATIENCE

LAUNCH = ROOT / "training" / "launch"
SCRIPTS = sorted([*LAUNCH.glob("*.sh"), *LAUNCH.glob("*.sbatch")])
WAYS = sorted(LAUNCH.glob("*.yaml"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses_stops_at_its_first_error_and_can_be_run(script: Path):
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True).returncode == 0
    assert "set -euo pipefail" in script.read_text()
    assert script.stat().st_mode & 0o100


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_file_a_script_names_exists(script: Path):
    named = re.findall(r"training/(?:launch|configs)/[\w./$-]+", script.read_text())
    assert named or script.name == "gpu.sh"
    for name in named:
        for stage in ("sft", "grpo"):
            found = ROOT / name.rstrip(".").replace("$stage", stage)
            assert found.exists(), name


@pytest.mark.parametrize("name", ["one-node.sh", "slurm.sbatch"])
def test_scripts_start_vllm_as_the_plan_says(name: str):
    text = (LAUNCH / name).read_text().replace('\\"', '"').replace("$PIXELS", "200704").replace("\\\n", " ")
    text = re.sub(r"\s+", " ", text)
    flags = [flag.strip("'\"") for flag in re.findall(r"--[\w-]+(?: '[^']*'| [^-\s]\S*| -1)?", serve("M", 200704))]
    assert len(flags) == 6
    for flag in flags:
        assert flag.replace("'", '"') in text.replace("'", '"'), flag
    assert "VLLM_SERVER_DEV_MODE=1" in text


@pytest.mark.parametrize("path", WAYS, ids=lambda path: path.name)
def test_accelerate_takes_the_file_and_knows_every_option_in_it(path: Path):
    config = ClusterConfig.from_yaml_file(str(path))
    assert isinstance(config, ClusterConfig)
    assert config.mixed_precision == "bf16"
    known = {action.dest for action in launch_command_parser()._actions}
    given = {**(config.deepspeed_config or {}), **(config.fsdp_config or {})}
    assert set(given) <= known


@pytest.mark.parametrize("name", ["zero2", "zero3"])
def test_accumulation_is_left_to_the_stages_configuration(name: str):
    config = ClusterConfig.from_yaml_file(str(LAUNCH / f"{name}.yaml"))
    assert isinstance(config, ClusterConfig)
    assert (config.deepspeed_config or {})["gradient_accumulation_steps"] == "auto"


STUBS = {
    "python": 'echo "python GPUS=${SKIN_R1_GPUS:-} $*" >>"$LOG"',
    # As TRL does, it waits for the server that it is told of.
    "accelerate": 'if [[ $* == *vllm_server_base_url* ]]; then until grep -q "^vllm" "$LOG"; do sleep 0.05; done; fi; '
    'echo "accelerate CARDS=${CUDA_VISIBLE_DEVICES:-} $*" >>"$LOG"',
    "vllm": 'echo "vllm CARDS=${CUDA_VISIBLE_DEVICES:-} DEV=$VLLM_SERVER_DEV_MODE $*" >>"$LOG"; exec sleep 60',
    "curl": 'grep -q "^vllm" "$LOG"',
    "scontrol": 'printf "%s\\n" n1 n2 n3',
    "srun": 'while [[ $1 == --* ]]; do echo "srun $1" >>"$LOG"; shift; done; SLURM_PROCID=0 exec "$@"',
}


@pytest.fixture
def launched(tmp_path: Path):
    """Run a launch script with programs that only note how they were called."""
    for name, body in STUBS.items():
        stub = tmp_path / "bin" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/usr/bin/env bash\n{body}\n")
        stub.chmod(0o755)
    log = tmp_path / "log"
    log.touch()
    environ = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LOG": str(log)}
    environ |= {"SLURM_SUBMIT_DIR": str(ROOT), "SLURM_JOB_NODELIST": "n[1-3]", "SLURM_JOB_ID": "7"}

    def launch(name: str, stage: str, *given: str) -> dict[str, str]:
        called = ["bash", str(LAUNCH / name), stage, *given]
        done = subprocess.run(called, env=environ, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return {line.split()[0]: line for line in log.read_text().splitlines()}

    return launch


def test_one_node_serves_on_some_cards_and_trains_on_the_rest(launched, tmp_path: Path):
    called = launched("one-node.sh", "grpo", str(tmp_path / "run"), "--set", "seed=1")
    assert "CARDS=6,7 DEV=1 serve Qwen/Qwen2.5-VL-7B-Instruct" in called["vllm"]
    assert '{"max_pixels": 200704}' in called["vllm"]
    assert "GPUS=6 -m training doctor grpo training/configs/h200/grpo.toml" in called["python"]
    assert "CARDS=0,1,2,3,4,5 launch" in called["accelerate"]
    for part in (
        "--num_processes 6",
        "model.max_pixels=200704",
        "vllm_server_base_url=http://127.0.0.1:8000",
        "seed=1",
    ):
        assert part in called["accelerate"]


def test_one_node_trains_sft_on_all_cards_without_a_server(launched, tmp_path: Path):
    called = launched("one-node.sh", "sft", str(tmp_path / "run"))
    assert "vllm" not in called
    assert "--num_processes 8 -m training sft training/configs/h200/sft.toml" in called["accelerate"]


def test_slurm_serves_on_the_first_node_and_trains_on_the_others(launched, tmp_path: Path):
    called = launched("slurm.sbatch", "grpo", str(tmp_path / "run"))
    assert "DEV=1 serve runs/sft/checkpoint" in called["vllm"]
    line = called["accelerate"]
    for part in ("--num_machines 2 --num_processes 16 --machine_rank 0 --main_process_ip n2", "http://n1:8000"):
        assert part in line
    assert "zero3.yaml" in line


def test_slurm_trains_sft_on_every_node(launched, tmp_path: Path):
    called = launched("slurm.sbatch", "sft", str(tmp_path / "run"), "--set", "seed=1")
    assert "vllm" not in called
    assert "--num_machines 3 --num_processes 24 --machine_rank 0 --main_process_ip n1" in called["accelerate"]
    assert called["accelerate"].endswith("--set seed=1")


def test_one_gpu_asks_the_doctor_first(launched):
    called = launched("one-gpu.sh", "sft", "c.toml", "runs/x", "--set", "seed=1")
    assert called["python"].endswith("-m training sft c.toml --run-dir runs/x --set seed=1")
