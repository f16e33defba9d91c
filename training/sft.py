"""Supervised fine-tuning on trajectories: the question, the image, and the reply of an accepted trajectory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel
from trl.trainer.sft_trainer import SFTTrainer

from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER

from . import traps
from .callbacks import Throughput
from .choices import ask, check_replies
from .data import Row, check_golds, read_trajectories, spread, to_dataset, trajectory_rows
from .model import load
from .resuming import last_checkpoint, weights_of
from .settings import Lora, SftConfig, StageConfig
from .stage import leave, lora_config, run, sft_arguments


def rows(config: SftConfig, knowledge: Knowledge) -> list[Row]:
    """The training rows, each with its question, after the gold self-test; options that cannot work are refused."""
    traps.refuse_sft(sft_arguments(config, Path()))
    if config.questions.dialect != "skin-r1":
        raise ConfigInvalid("questions.dialect: trajectories are written in the project's own tags; take it out")
    found = trajectory_rows(read_trajectories(config.data))
    check_golds(found, knowledge, PAPER)
    found = ask(spread(found, config.data, config.seed), knowledge, config.questions, config.seed)
    check_golds(found, knowledge, PAPER)
    check_replies(found, knowledge)
    return found


def train(config: SftConfig, rows: list[Row], knowledge: Knowledge, run_dir: Path) -> None:
    """Train and leave `checkpoint/` (and `adapter/` with LoRA)."""
    del knowledge  # all three stages are called alike; this one has used it for its rows
    resume = last_checkpoint(run_dir)
    source = config.model
    weights = weights_of(source.path, resume, adapted=config.adapted)
    model, processor = load(weights, dtype=source.dtype, processor=source.path, max_pixels=source.max_pixels)
    fine_tune("sft", config, rows, model, processor, run_dir, lora=config.lora)


def fine_tune(
    name: str,
    config: StageConfig,
    rows: list[Row],
    model: PreTrainedModel,
    processor: Any,
    run_dir: Path,
    *,
    lora: Lora | None,
) -> None:
    """TRL's SFTTrainer on rows with a completion; the loss is on the completion alone."""
    resume = last_checkpoint(run_dir)
    args = sft_arguments(config, run_dir)
    traps.refuse_machine(args)
    # Qwen2.5-VL says of its own loss that it cannot be divided by the tokens of a whole step. TRL computes the loss
    # itself and can; without this, cutting a batch into micro-batches would weigh short replies more.
    model.accepts_loss_kwargs = True  # pyright: ignore[reportArgumentType]
    trainer = SFTTrainer(
        model=model,
        args=args,
        train_dataset=to_dataset(rows, completions=True),
        processing_class=processor,
        peft_config=None if lora is None else lora_config(lora),
    )
    run(trainer, config, name, run_dir, resume, [Throughput()])
    leave(trainer, processor, run_dir)
