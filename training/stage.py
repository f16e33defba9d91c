"""What the three stages share: TRL arguments, adapters, the run itself, and what a finished stage leaves behind.

A run directory holds `trainer/` (the trainer's own checkpoints, for resuming), `metrics.jsonl`, and, once finished,
`checkpoint/` (full weights and processor, loadable alone), `adapter/` (where LoRA was trained) and `manifest.json`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields
from importlib import util
from pathlib import Path
from typing import Any, TypeVar

import torch
from peft import LoraConfig, PeftModel
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.integrations.integration_utils import TensorBoardCallback, WandbCallback
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from kg_service.core.errors import ConfigInvalid

from .callbacks import Enough, Metrics, NothingLeft, Progress
from .merge import adapted
from .settings import GrpoConfig, Lora, StageConfig
from .weights import folded, write_adapter, write_checkpoint

Arguments = TypeVar("Arguments", bound=TrainingArguments)

LANGUAGE = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
MERGER = r".*visual\.merger\.mlp\.(0|2)"  # the activation between them is no layer
TARGETS = {"language": LANGUAGE, "language+merger": f"({LANGUAGE}|{MERGER})", "all-linear": "all-linear"}
# Ours: where a run lies and goes on from, what is reported and which columns reach the trainer is no business of a
# configuration; the model is described in [model], and `eval` evaluates.
RESERVED = (
    "output_dir", "seed", "data_seed", "report_to", "remove_unused_columns", "reward_weights",
    "multi_objective_aggregation", "resume_from_checkpoint", "model_init_kwargs", "eval_strategy",
)  # fmt: skip


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
        ConfigInvalid: an option TRL does not have, one that is not a configuration's to set, a value it refuses, or a
            tracker whose package is not installed.
    """
    known = {field.name: field.default for field in fields(cls) if field.init}
    taken = set(RESERVED) | set(fixed)
    for name in config.train:
        if name not in known:
            raise ConfigInvalid(f"train.{name} is no option of {cls.__name__}")
        if name in taken:
            raise ConfigInvalid(f"train.{name} is set by the stage itself; take it out of the configuration")
        if isinstance(known[name], bool | int | float) and not isinstance(config.train[name], bool | int | float):
            raise ConfigInvalid(f"train.{name} is a number or true or false, not {config.train[name]!r}")
    defaults: dict[str, Any] = {
        "use_cpu": not torch.cuda.is_available(),
        "bf16": torch.cuda.is_available(),
        # the name that transformers 5 wants; TRL's own default is True
        "activation_checkpointing": config.train.get("gradient_checkpointing", False),
        "logging_steps": 5,
        "save_strategy": "steps",
        "save_steps": 50,
        "save_total_limit": 2,
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
    }
    given = {**defaults, **config.train, **fixed}
    try:
        found = cls(
            output_dir=str(run_dir / "trainer"),
            seed=config.seed,
            data_seed=config.seed,
            report_to=[name for name in followed(config) if name != "tensorboard"] or "none",  # `run` adds that one
            remove_unused_columns=False,  # the view number must reach the image transform, the gold the reward
            **given,
        )
    except (ImportError, TypeError, ValueError) as error:
        raise ConfigInvalid(f"[train]: {error}") from error
    for name in ("per_device_train_batch_size", "gradient_accumulation_steps"):
        if getattr(found, name) < 1:
            raise ConfigInvalid(f"train.{name} must be 1 or more")
    return found


def followed(config: StageConfig) -> tuple[str, ...]:
    """The trackers that are asked for.

    Raises:
        ConfigInvalid: the package of one is not installed.
    """
    for name in config.trackers:
        if util.find_spec(name) is None:
            raise ConfigInvalid(f"trackers names {name}, which is not installed: pip install {name}")
    return config.trackers


def sft_arguments(config: StageConfig, run_dir: Path) -> SFTConfig:
    """TRL's arguments for the base and SFT stages."""
    # Truncation would cut image tokens.
    return arguments(SFTConfig, config, run_dir, max_length=None, completion_only_loss=True)


def grpo_arguments(config: GrpoConfig, run_dir: Path) -> GRPOConfig:
    """TRL's arguments for GRPO; rows of a curriculum keep their order."""
    fixed = {"shuffle_dataset": False} if config.curriculum.ordered else {}
    return arguments(GRPOConfig, config, run_dir, **fixed)


def prepare(config: StageConfig) -> None:
    """Set the number of threads, and seed what is drawn before a trainer seeds itself: fresh adapters."""
    if config.threads:
        torch.set_num_threads(config.threads)
    set_seed(config.seed)


def run(
    trainer: Trainer,
    config: StageConfig,
    name: str,
    run_dir: Path,
    resume: Path | None,
    callbacks: Iterable[TrainerCallback] = (),
) -> None:
    """Train to the end, from a checkpoint where there is one."""
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    # Those given add columns to what is logged, so they stand before all that write it down.
    for callback in (*callbacks, Enough(), Metrics(run_dir / "metrics.jsonl"), Progress(name)):
        trainer.add_callback(callback)
    if (wandb := trainer.pop_callback(WandbCallback)) is not None:
        trainer.add_callback(wandb)
    if "tensorboard" in config.trackers:
        board = TensorBoardCallback()
        board.logging_dir = str(run_dir / "tensorboard")
        trainer.add_callback(board)
    with suppress(NothingLeft):
        trainer.train(resume_from_checkpoint=None if resume is None else str(resume))


def leave(trainer: Trainer, processor: Any, run_dir: Path) -> None:
    """Write `adapter/` and `checkpoint/`, each whole or not at all. Rank zero writes and the others wait for it."""
    accelerator = trainer.accelerator
    model = accelerator.unwrap_model(trainer.model)
    state = None
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:  # every rank holds a part, and all must give theirs
        state = accelerator.get_state_dict(trainer.model if trainer.is_fsdp_enabled else trainer.deepspeed)
    if accelerator.is_main_process:
        if isinstance(model, PeftModel):
            base = model.peft_config["default"].base_model_name_or_path or ""
            write_adapter(model, processor, run_dir / "adapter", state=state)
            model = folded(model if state is None else adapted(run_dir / "adapter", base, _name(model.dtype)))
            state = None
        write_checkpoint(model, processor, run_dir / "checkpoint", state=state)
    accelerator.wait_for_everyone()


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
