"""The GPU script's parts that can be looked at without a GPU: its model's size, its configurations, its summary."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
from pathlib import Path

import pytest
import torch

from kg_service.job import load_config
from training.model import build_tiny
from training.settings import BaseConfig, GrpoConfig, SftConfig

from ..conftest import ROOT

GPU = ROOT / "training" / "configs" / "gpu"
KINDS = {"base": BaseConfig, "sft": SftConfig, "grpo": GrpoConfig, "grpo_only": GrpoConfig}
PAGE = runpy.run_path(str(ROOT / "training" / "launch" / "gpu.py"))


def test_the_gpu_scripts_model_has_about_a_hundred_million_parameters():
    size = load_config(BaseConfig, GPU / "base.toml").tiny
    with torch.device("meta"):
        model, _ = build_tiny(size, ["melanoma", "You are a helpful assistant."], seed=0)
    known = model.get_input_embeddings().num_embeddings  # a small text fills a small vocabulary
    rest = (size.vocabulary - known) * size.hidden
    assert 95e6 < sum(weight.numel() for weight in model.parameters()) + rest < 105e6
    assert sum(weight.numel() for weight in model.model.visual.parameters()) > 30e6


@pytest.mark.parametrize("folder", [GPU, GPU / "small"], ids=["gpu", "small"])
@pytest.mark.parametrize("verb", list(KINDS))
def test_its_configurations_load_and_hold_only_options_of_the_trainers(folder: Path, verb: str, tmp_path: Path):
    from training.stage import grpo_arguments, sft_arguments

    config = load_config(KINDS[verb], folder / f"{verb}.toml")
    args = (grpo_arguments if verb.startswith("grpo") else sft_arguments)(config, tmp_path)  # pyright: ignore
    assert args.max_steps > 0  # ten minutes are kept by counting steps
    assert "max_steps" in config.train


def test_the_script_tries_small_what_it_runs_at_size_and_wants_its_data_named():
    chain = (ROOT / "eval" / "configs" / "gpu.toml").read_text()
    named = re.findall(r"training/configs/gpu/(\w+\.toml)", chain)
    assert sorted(set(named)) == ["base.toml", "grpo.toml", "grpo_only.toml", "sft.toml"]
    assert all((GPU / "small" / name).is_file() for name in named)
    done = subprocess.run(
        [ROOT / "training" / "launch" / "gpu.sh", "out"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "HAM10000" in done.stderr


def test_the_summary_tells_what_a_chain_reached_also_where_it_was_cut_off(tmp_path):
    run = tmp_path / "run"
    (run / "sft").mkdir(parents=True)
    rows = [{"step": n, "loss": 1.0 / n, "step_seconds": 9.0 if n < 3 else 0.5} for n in range(1, 6)]
    written = "".join(json.dumps(row) + "\n" for row in rows)
    (run / "sft" / "metrics.jsonl").write_text(written + '{"step": 6, "lo')  # torn, as a kill leaves it
    assert PAGE["main"](run, tmp_path / "out") == 0
    found = json.loads((tmp_path / "out" / "gpu.json").read_text())
    assert found["complete"] is False
    assert found["stages"]["sft"]["steps"] == 5
    assert found["stages"]["sft"]["step_seconds"] == 0.5  # less the warm-up
    assert "did not reach its evaluation" in (tmp_path / "out" / "gpu.md").read_text()
    models = {"sft": {"h_f1": 0.5, "h_f1_ci": [0.4, 0.6]}}
    (run / "summary.json").write_text(json.dumps({"models": models, "paired": {}}))
    PAGE["main"](run, tmp_path / "out")
    text = (tmp_path / "out" / "gpu.md").read_text()
    assert "0.5 [0.400, 0.600]" in text
    assert "did not reach" not in text
    assert len(list((tmp_path / "out").iterdir())) == 3
