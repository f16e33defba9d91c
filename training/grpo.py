"""GRPO on cases, rewarded by the knowledge: from an SFT adapter (also the KL reference), or from a model alone."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import PreTrainedModel
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, SPECS, RewardSpec

from . import curriculum, traps
from .choices import ask
from .data import Row, case_rows, check_golds, read_cases, spread, to_dataset
from .merge import adapted, fitted
from .model import load, load_processor
from .resuming import last_checkpoint, weights_of
from .rewards import Reward
from .settings import GrpoConfig
from .stage import grpo_arguments, leave, lora_config, run
from .watch import callbacks_for
from .watch.questions import probe_rows
from .weights import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_base, folded, write_checkpoint


def spec_of(config: GrpoConfig) -> RewardSpec:
    """The reward of a configuration; another grounding weight makes it another reward, with its own name and digest.

    Raises:
        ConfigInvalid: no reward has this name, or it needs options and not every row has some.
    """
    spec = SPECS.get(config.reward.spec)
    if spec is None:
        raise ConfigInvalid(f"reward.spec {config.reward.spec!r} is no reward; use one of {', '.join(SPECS)}")
    if spec.shape == "option-rank" and (config.questions.ask == "open" or config.questions.open_share):
        raise ConfigInvalid(f"reward.spec {spec.name!r} is defined on multiple choice; set questions.ask to a rule "
                            "and questions.open_share to 0")  # fmt: skip
    weight = config.reward.grounding
    if weight and weight != spec.grounding:
        spec = replace(spec, name=f"{spec.name}+grounding-{weight:g}", grounding=weight)
    return spec


def check_adapter(config: GrpoConfig) -> None:
    """
    Raises:
        ConfigInvalid: the adapter is missing, was trained on another model than `model.path` (merged weights would
            get it twice), or what trains on top of it is not said.
    """
    merged = config.reference == "merged"
    if not config.model.adapter:
        if merged:
            raise ConfigInvalid('reference = "merged" merges an adapter; set model.adapter')
        return
    if merged and config.lora is None:
        raise ConfigInvalid('reference = "merged" trains a fresh adapter on the merged one; say which in [lora]')
    if not merged and config.lora is not None:
        raise ConfigInvalid('model.adapter is continued as it is; take [lora] out, or set reference = "merged"')
    folder, given = Path(config.model.adapter), config.model.path
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        if not (folder / name).is_file():
            raise ConfigInvalid(f"model.adapter: {folder / name} does not exist; run the SFT stage first")
    try:
        trained_on = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"] or ""
    except (ValueError, KeyError) as error:
        raise ConfigInvalid(f"model.adapter: {folder / ADAPTER_CONFIG} is damaged; write or copy it again") from error
    refusal = f"model.adapter was trained on {trained_on}, but model.path is {given}"
    if Path(trained_on).is_dir() and Path(given).is_dir():
        if Path(trained_on).resolve() != Path(given).resolve():
            raise ConfigInvalid(refusal)
    elif trained_on and trained_on != given:
        if not Path(given).is_dir():
            raise ConfigInvalid(refusal)
        warnings.warn(f"{refusal}; that the folder holds the same weights is taken on trust", stacklevel=2)
    check_base(folder, given)


def rows(config: GrpoConfig, knowledge: Knowledge) -> list[Row]:
    """The training rows, each with its question, after the gold self-test; options that cannot work are refused."""
    check_adapter(config)
    spec, args, dialect = spec_of(config), grpo_arguments(config, Path()), config.questions.dialect
    traps.refuse_grpo(args, adapted=config.adapted)
    curriculum.check(config.curriculum, spec, args)
    found = case_rows(read_cases(config.data))
    check_golds(found, knowledge, PAPER)  # only what names a concept can be lifted or offered as an option
    found = spread(found, config.data, config.seed)
    prompts = curriculum.prompts_of(args) if config.curriculum.ordered else 0
    phases = curriculum.phases(found, knowledge, config.curriculum, prompts, config.seed)
    found = [row for phase in phases for row in ask(phase, knowledge, config.questions, config.seed)]
    check_golds(found, knowledge, spec, dialect=dialect)
    traps.refuse_few(args, len(found))
    probe_rows(config, knowledge)  # what they are drawn from is looked at now, not when a model stands loaded
    return found


def train(config: GrpoConfig, rows: list[Row], knowledge: Knowledge, run_dir: Path) -> None:
    """Train and leave `checkpoint/` (and `adapter/` with LoRA)."""
    args = grpo_arguments(config, run_dir)
    traps.refuse_machine(args)
    resume = last_checkpoint(run_dir)
    model, processor = start(config, args, run_dir, resume)
    reward = Reward(knowledge, spec_of(config), dialect=config.questions.dialect)
    trainer = GRPOTrainer(
        model=model,  # pyright: ignore[reportArgumentType]
        reward_funcs=reward,  # pyright: ignore[reportArgumentType]
        args=args,
        train_dataset=to_dataset(rows, completions=False),
        processing_class=processor,
        peft_config=lora_config(config.lora) if config.lora is not None else None,
    )
    run(trainer, config, "grpo", run_dir, resume, callbacks_for(config, knowledge, reward, processor, run_dir))
    leave(trainer, processor, run_dir)


def start(
    config: GrpoConfig, args: GRPOConfig, run_dir: Path, resume: Path | None
) -> tuple[PreTrainedModel | PeftModel, Any]:
    """The model as training begins. Its KL reference follows from it.

    Full weights have a frozen copy, a fresh adapter the model without it; a trainable adapter is cloned by TRL into a
    frozen one called "ref". All three start at a KL of 0.
    """
    source = config.model
    weights = weights_of(source.path, resume, adapted=config.adapted)
    if merged := source.adapter and config.reference == "merged":
        with args.main_process_first(local=False, desc="merging the adapter"):
            weights = _reference(config, run_dir)
    model, processor = load(weights, dtype=source.dtype, processor=source.path, max_pixels=source.max_pixels)
    if weights == resume:
        model.config.name_or_path = source.path  # by it TRL loads the frozen reference, which is not the checkpoint
    if source.adapter and not merged:
        return fitted(model, Path(source.adapter), source.path, trainable=True), processor
    return model, processor


def _reference(config: GrpoConfig, run_dir: Path) -> Path:
    """`reference/`: the SFT policy as one model, on which the new adapter will stand; written once."""
    path, source = run_dir / "reference", config.model
    if not path.is_dir():
        both = adapted(Path(source.adapter), source.path, source.dtype)
        write_checkpoint(folded(both), load_processor(source.path, max_pixels=source.max_pixels), path)
    return path
