"""One stage from its configuration to its manifest: check everything, then train, then say so."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kg_service.client import load
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER
from kg_service.job import load_config, write_manifest

from .settings import BaseConfig, GrpoConfig, SftConfig, StageConfig

CONFIGS: dict[str, type[StageConfig]] = {"base": BaseConfig, "sft": SftConfig, "grpo": GrpoConfig}


def enter(verb: str, path: Path, overrides: Iterable[str], run_dir: Path, *, dry_run: bool = False) -> str:
    """Run one stage.

    Returns:
        The run directory, or with `dry_run` the plan as JSON.

    Raises:
        SkinR1Error: configuration, knowledge or data cannot be used; nothing has been trained.
    """
    config = load_config(CONFIGS[verb], path, overrides)
    knowledge = load(config.knowledge)
    # torch and TRL only now: a wrong configuration is told at once
    import transformers

    from . import base, grpo, sft
    from .stage import finished, grpo_arguments, prepare, sft_arguments

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    prepare(config)
    stage: Any = {"base": base, "sft": sft, "grpo": grpo}[verb]
    if not dry_run and finished(config, run_dir):
        return str(run_dir)
    rows = stage.rows(config, knowledge)
    spec = grpo.spec_of(config) if isinstance(config, GrpoConfig) else PAPER
    if dry_run:
        args = (grpo_arguments if verb == "grpo" else sft_arguments)(config, run_dir)
        return json.dumps(_plan(verb, config, len(rows), args, knowledge), indent=2)
    stage.train(config, rows, knowledge, run_dir)
    inputs = [Path(config.data.cases)]
    if verb == "sft":
        inputs.append(Path(config.data.trajectories))
    write_manifest(
        run_dir,
        job=f"training {verb}",
        config=config,
        release=knowledge.release,
        digest=knowledge.digest,
        spec_digest=spec.digest if verb == "grpo" else "",
        inputs=inputs,
        extra={"rows": len(rows)},
    )
    return str(run_dir)


def _plan(verb: str, config: StageConfig, rows: int, args: Any, knowledge: Knowledge) -> dict[str, Any]:
    """What would be done: rows, batch, steps, and for GRPO completions and the most tokens they can hold."""
    batch = args.per_device_train_batch_size * args.gradient_accumulation_steps * int(os.environ.get("WORLD_SIZE", "1"))
    prompts = batch // args.num_generations if verb == "grpo" else batch
    steps = args.max_steps if args.max_steps > 0 else int(rows / prompts * args.num_train_epochs + 0.999)
    plan = {
        "stage": verb,
        "release": knowledge.release,
        "digest": knowledge.digest,
        "rows": rows,
        "prompts_per_step": prompts,
        "steps": steps,
        "learning_rate": args.learning_rate,
        "config": config.model_dump(mode="json"),
    }
    if verb == "grpo":
        plan |= {
            "completions": steps * batch,
            "completions_per_prompt": args.num_generations,
            "most_completion_tokens": steps * batch * (args.max_completion_length or 0),
            "temperature": args.temperature,
            "beta": args.beta,
        }
    return plan
