"""The command lines a plan is carried out with."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..settings import GrpoConfig, SftConfig, StageConfig

LAUNCH = "training/launch"


def serve(model: str, max_pixels: int | None) -> str:
    """vLLM's own server as TRL 1.16 wants it: its development endpoints take the weights, images are capped alike.

    Without `processed_logprobs` the importance correction would compare other numbers than the trainer's.
    """
    transfer = json.dumps({"backend": "nccl"})
    flags = [f"--weight-transfer-config '{transfer}'", "--logprobs-mode processed_logprobs", "--max-logprobs -1"]
    flags += ["--enable-scale-out", "--dtype bfloat16"]
    if max_pixels is not None:
        flags.append(f"--mm-processor-kwargs '{json.dumps({'max_pixels': max_pixels})}'")
    return " ".join(["VLLM_SERVER_DEV_MODE=1 vllm serve", model, *flags])


def commands(
    verb: str, path: Path, overrides: Sequence[str], run_dir: Path, config: StageConfig, args: Any, processes: int
) -> tuple[str, ...]:
    """What to type: the server where the stage wants one, then the stage."""
    given = [part for override in overrides for part in ("--set", override)]
    stage = shlex.join(["training", verb, str(path), "--run-dir", str(run_dir), *given])
    if processes > 1:
        way = "zero3" if isinstance(config, SftConfig | GrpoConfig) and not config.adapted else "ddp"
        stage = f"accelerate launch --config_file {LAUNCH}/{way}.yaml --num_processes {processes} -m {stage}"
    else:
        stage = f"python -m {stage}"
    if isinstance(config, GrpoConfig) and args.use_vllm:
        return serve(config.model.path, config.model.max_pixels), stage
    return (stage,)
