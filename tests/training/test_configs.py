"""The configurations that are shipped: the paper's carry its numbers, all are taken by the installed TRL."""

from __future__ import annotations

from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file

from kg_service.core.reward import PAPER, SAFE
from kg_service.job import load_config
from training.doors import CONFIGS, enter
from training.grpo import spec_of
from training.settings import GrpoConfig, SftConfig
from training.stage import grpo_arguments, sft_arguments

from ..conftest import ROOT

FOLDER = ROOT / "training" / "configs"
SHIPPED = sorted(path for path in FOLDER.glob("*/*.toml") if path.parent.name != "gpu")
BIG = ("paper", "h200", "multi-node")


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def stage_of(path: Path) -> str:
    return path.stem.split("_")[0]


def read(name: str) -> SftConfig | GrpoConfig:
    path = FOLDER / f"{name}.toml"
    config = load_config(CONFIGS[path.stem], path)
    assert isinstance(config, SftConfig | GrpoConfig)
    return config


@pytest.mark.parametrize("path", SHIPPED, ids=named)
def test_the_installed_trl_takes_every_option(path: Path, tmp_path: Path):
    config = load_config(CONFIGS[stage_of(path)], path)
    args = grpo_arguments(config, tmp_path) if isinstance(config, GrpoConfig) else sft_arguments(config, tmp_path)
    for name, value in config.train.items():
        assert getattr(args, name) == value, name


def test_the_papers_sft_has_the_papers_numbers():
    config = read("paper/sft")
    assert isinstance(config, SftConfig)
    assert config.lora is not None
    assert (config.model.path, config.model.max_pixels) == ("Qwen/Qwen2.5-VL-7B-Instruct", 448 * 448)
    assert config.lora.model_dump() == {"r": 64, "alpha": 32, "dropout": 0.1, "targets": "language+merger"}
    assert config.questions.ask == "open"
    assert config.train == {
        "learning_rate": 3e-5,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.03,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 16,
        "num_train_epochs": 4,
        "activation_checkpointing": True,
    }


def test_the_papers_grpo_has_the_papers_numbers():
    config = read("paper/grpo")
    assert isinstance(config, GrpoConfig)
    assert config.lora is None
    assert config.model.adapter
    assert (config.questions.ask, config.questions.count, config.questions.open_share) == ("path", 4, 0.0)
    assert spec_of(config).digest == PAPER.digest
    assert config.train == {
        "learning_rate": 1e-5,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.03,
        "num_generations": 4,
        "temperature": 1.0,
        "per_device_train_batch_size": 2 * 4,
        "gradient_accumulation_steps": 8,
        "max_steps": 1500,
        "beta": 0.04,
        "loss_type": "grpo",
        "max_completion_length": 1024,
        "activation_checkpointing": True,
    }


def test_large_runs_generate_by_a_server_with_importance_correction_and_the_safe_reward():
    for name in ("h200/grpo", "multi-node/grpo"):
        config = read(name)
        assert isinstance(config, GrpoConfig)
        assert spec_of(config).digest == SAFE.digest
        assert config.train["vllm_mode"] == "server"
        assert config.train["vllm_importance_sampling_correction"]


def test_the_three_of_a_chain_show_the_same_images_and_ask_alike():
    for folder in BIG:
        sft, grpo = read(f"{folder}/sft"), read(f"{folder}/grpo")
        assert sft.model.max_pixels == grpo.model.max_pixels
        if folder != "paper":
            assert sft.questions == grpo.questions


@pytest.mark.parametrize("name", [f"{folder}/{stage}" for folder in BIG for stage in ("sft", "grpo")])
def test_a_dry_run_takes_it_before_there_is_any_adapter(name: str, workshop, tmp_path: Path):
    given = [f"knowledge.path={workshop.snapshot}", f"data.cases={workshop.cases}", "model.path=runs/none"]
    if name.endswith("sft"):
        given.append(f"data.trajectories={workshop.trajectories}")
    path = FOLDER / f"{name}.toml"
    told = enter(path.stem, path, given, tmp_path / "run", dry_run=True)
    assert str(path) in told
    assert not (tmp_path / "run").exists()


def test_every_launch_file_is_for_bfloat16_as_the_configurations_are():
    for folder in BIG:
        assert read(f"{folder}/grpo").model.dtype == "bfloat16"
    for path in (ROOT / "training" / "launch").glob("*.yaml"):
        assert load_config_from_file(str(path)).mixed_precision == "bf16"
