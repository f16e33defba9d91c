"""GRPO on cases, rewarded by the knowledge: from an SFT adapter (also the KL reference), or from a model alone."""

from __future__ import annotations

import json
from pathlib import Path

from peft import PeftModel
from trl.trainer.grpo_trainer import GRPOTrainer

from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import SPECS, RewardSpec

from .data import Row, case_rows, check_golds, read_cases, spread, to_dataset
from .model import load
from .rewards import Reward
from .settings import GrpoConfig
from .stage import grpo_arguments, last_checkpoint, leave, lora_config, run


def spec_of(config: GrpoConfig) -> RewardSpec:
    """
    Raises:
        ConfigInvalid: no reward has this name, or it needs multiple-choice options.
    """
    spec = SPECS.get(config.reward.spec)
    if spec is None or spec.shape == "option-rank":
        named = [name for name, known in SPECS.items() if known.shape != "option-rank"]
        raise ConfigInvalid(f"reward.spec {config.reward.spec!r} cannot be trained on; use one of {', '.join(named)}")
    return spec


def check_adapter(config: GrpoConfig) -> None:
    """
    Raises:
        ConfigInvalid: the adapter is missing, was trained on another model than `model.path` (merged weights would
            get it twice), or `[lora]` asks for a second one.
    """
    if not config.model.adapter:
        return
    if config.lora is not None:
        raise ConfigInvalid("model.adapter is continued as it is; take [lora] out, or merge the adapter first")
    path = Path(config.model.adapter) / "adapter_config.json"
    if not path.is_file():
        raise ConfigInvalid(f"model.adapter: {path} does not exist; run the SFT stage first")
    trained_on = json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"] or ""
    if Path(trained_on).is_dir() and Path(trained_on).resolve() != Path(config.model.path).resolve():
        raise ConfigInvalid(f"model.adapter was trained on {trained_on}, but model.path is {config.model.path}")


def rows(config: GrpoConfig, knowledge: Knowledge) -> list[Row]:
    """The training rows, after the gold self-test."""
    check_adapter(config)
    found = case_rows(read_cases(config.data))
    check_golds(found, knowledge, spec_of(config))
    return spread(found, config.data, config.seed)


def train(config: GrpoConfig, rows: list[Row], knowledge: Knowledge, run_dir: Path) -> None:
    """Train and leave `checkpoint/` (and `adapter/` with LoRA)."""
    resume = last_checkpoint(run_dir)
    adapted = bool(config.model.adapter) or config.lora is not None
    model, processor = load(
        resume if resume is not None and not adapted else config.model.path,
        dtype=config.model.dtype,
        processor=config.model.path,
        max_pixels=config.model.max_pixels,
    )
    if config.model.adapter:
        # TRL clones a trainable adapter into a frozen one called "ref", so KL starts at 0 against the SFT policy.
        model = PeftModel.from_pretrained(model, config.model.adapter, is_trainable=True)
    trainer = GRPOTrainer(
        model=model,  # pyright: ignore[reportArgumentType]
        reward_funcs=Reward(knowledge, spec_of(config)),  # pyright: ignore[reportArgumentType]
        args=grpo_arguments(config, run_dir),
        train_dataset=to_dataset(rows, completions=False),
        processing_class=processor,
        peft_config=lora_config(config.lora) if config.lora is not None else None,
    )
    run(trainer, "grpo", run_dir, resume)
    leave(trainer, processor, run_dir)
