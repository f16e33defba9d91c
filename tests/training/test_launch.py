"""What stands in training/launch: files that their tools take, and names that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import launch_command_parser

from training.plan.commands import serve

from ..conftest import ROOT

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
    config = load_config_from_file(str(path))
    assert config.mixed_precision == "bf16"
    known = {action.dest for action in launch_command_parser()._actions}
    given = {**(config.deepspeed_config or {}), **(config.fsdp_config or {})}
    assert set(given) <= known


def test_accumulation_is_left_to_the_stages_configuration():
    for name in ("zero2", "zero3"):
        assert (
            load_config_from_file(str(LAUNCH / f"{name}.yaml")).deepspeed_config["gradient_accumulation_steps"]
            == "auto"
        )
