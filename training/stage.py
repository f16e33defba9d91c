"""What the three stages share: TRL arguments, adapters, resuming, and what a finished stage leaves behind.

A run directory holds `trainer/` (the trainer's own checkpoints, for resuming), `metrics.jsonl`, and, once finished,
`checkpoint/` (full weights and processor, loadable alone), `adapter/` (where LoRA was trained) and `manifest.json`.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from peft import LoraConfig, PeftModel
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from kg_service.core.errors import ConfigInvalid

from .callbacks import Metrics, Progress
from .settings import Lora, StageConfig

Arguments = TypeVar("Arguments", bound=TrainingArguments)

LANGUAGE = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
MERGER = r".*visual\.merger\.mlp\.(0|2)"  # the activation between them is no layer
TARGETS = {"language": LANGUAGE, "language+merger": f"({LANGUAGE}|{MERGER})", "all-linear": "all-linear"}
# Ours: where a run lies, what is reported and which columns reach the trainer is no business of a configuration.
RESERVED = ("output_dir", "seed", "data_seed", "report_to", "remove_unused_columns", "reward_weights")


def lora_config(lora: Lora) -> LoraConfig:
    """The adapter a configuration asks for."""
    return LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=TARGETS.get(lora.targets, lora.targets),
        task_type="CAUSAL_LM",
    )


def arguments(cls: type[Arguments], config: StageConfig, run_dir: Path, **fixed: Any) -> Arguments:
    """TRL's arguments from `[train]`.

    Raises:
        ConfigInvalid: an option TRL does not have, one that is not a configuration's to set, or a value it refuses.
    """
    known = {field.name for field in fields(cls) if field.init}
    taken = set(RESERVED) | set(fixed)
    for name in config.train:
        if name not in known:
            raise ConfigInvalid(f"train.{name} is no option of {cls.__name__}")
        if name in taken:
            raise ConfigInvalid(f"train.{name} is set by the stage itself; take it out of the configuration")
    defaults: dict[str, Any] = {
        "use_cpu": not torch.cuda.is_available(),
        "bf16": torch.cuda.is_available(),
        "gradient_checkpointing": False,
        "logging_steps": 5,
        "save_strategy": "steps",
        "save_steps": 50,
        "save_total_limit": 2,
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
    }
    given = {**defaults, **config.train, **fixed}
    try:
        return cls(
            output_dir=str(run_dir / "trainer"),
            seed=config.seed,
            data_seed=config.seed,
            report_to="none",
            remove_unused_columns=False,  # the view number must reach the image transform, the gold the reward
            **given,
        )
    except (TypeError, ValueError) as error:
        raise ConfigInvalid(f"[train]: {error}") from error


def sft_arguments(config: StageConfig, run_dir: Path) -> SFTConfig:
    """TRL's arguments for the base and SFT stages."""
    # Truncation would cut image tokens.
    return arguments(SFTConfig, config, run_dir, max_length=None, completion_only_loss=True)


def grpo_arguments(config: StageConfig, run_dir: Path) -> GRPOConfig:
    """TRL's arguments for GRPO."""
    return arguments(GRPOConfig, config, run_dir)


def prepare(config: StageConfig) -> None:
    """Set the number of threads."""
    if config.threads:
        torch.set_num_threads(config.threads)


def finished(config: StageConfig, run_dir: Path) -> bool:
    """Whether this very run is already done.

    Raises:
        ConfigInvalid: the folder holds a finished run of another configuration.
    """
    path = run_dir / "manifest.json"
    if not path.is_file():
        return False
    if json.loads(path.read_text(encoding="utf-8"))["config"] == config.model_dump(mode="json"):
        return True
    raise ConfigInvalid(f"{run_dir} holds a finished run of another configuration; give another --run-dir")


def last_checkpoint(run_dir: Path) -> Path | None:
    """The newest complete trainer checkpoint. Torn ones, from a kill while saving, are removed."""
    found: list[tuple[int, Path]] = []
    for path in (run_dir / "trainer").glob("checkpoint-*"):
        match = re.fullmatch(r"checkpoint-(\d+)", path.name)
        if match is None:
            continue
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))  # written last
        except (OSError, ValueError):
            shutil.rmtree(path)
            continue
        found.append((int(match[1]), path))
    return max(found)[1] if found else None


def run(trainer: Trainer, name: str, run_dir: Path, resume: Path | None) -> None:
    """Train to the end, from a checkpoint where there is one."""
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(Metrics(run_dir / "metrics.jsonl"))
    trainer.add_callback(Progress(name))
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))


def leave(trainer: Trainer, processor: Any, run_dir: Path) -> None:
    """Write `adapter/` and `checkpoint/`, each whole or not at all."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(model, PeftModel):
        draft = _draft(run_dir / "adapter")
        model.save_pretrained(str(draft), selected_adapters=["default"])
        _settle(draft, run_dir / "adapter")
        model.set_adapter("default")
        model = model.merge_and_unload(adapter_names=["default"])
    draft = _draft(run_dir / "checkpoint")
    model.save_pretrained(str(draft))
    processor.save_pretrained(str(draft))
    _settle(draft, run_dir / "checkpoint")


def _draft(path: Path) -> Path:
    draft = path.with_name(f".{path.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    return draft


def _settle(draft: Path, path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    draft.rename(path)
