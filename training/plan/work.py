"""What a stage will do: steps, and the sequences each of them takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kg_service.core.errors import ConfigInvalid


@dataclass(frozen=True, slots=True)
class Work:
    """One optimizer step takes `prompts` rows, for GRPO with `generations` completions each, over `processes` GPUs.

    `micro` is the number of sequences one GPU holds at a time, `batch` how many of them a generation of TRL makes on
    one GPU (0 for SFT).
    """

    processes: int
    prompts: float
    generations: int
    micro: int
    batch: int
    steps: int
    epochs: float

    @property
    def sequences(self) -> int:
        """Sequences trained on in one step, by all GPUs."""
        return round(self.prompts * max(self.generations, 1))


GPUS = "SKIN_R1_GPUS"


def processes(environ: Mapping[str, str]) -> int:
    """How many GPUs are planned for: what a launcher says (WORLD_SIZE), or a person who only plans (SKIN_R1_GPUS).

    Raises:
        ConfigInvalid: that is no number.
    """
    given = environ.get("WORLD_SIZE") or environ.get(GPUS) or "1"
    if not given.isdigit() or int(given) < 1:
        raise ConfigInvalid(f"{GPUS}={given!r} is no number of GPUs")
    return int(given)


def work(args: Any, rows: int, count: int) -> Work:
    """
    Args:
        args: TRL's arguments.
        rows: training rows.
        count: GPUs that train.
    """
    micro, accumulate = args.per_device_train_batch_size, args.gradient_accumulation_steps
    sequences = micro * accumulate * count
    generations = getattr(args, "num_generations", 0)
    # Every generation is trained on `num_iterations` times, so a step uses up that much fewer prompts.
    used = sequences / (generations * args.num_iterations) if generations else sequences
    steps = args.max_steps if args.max_steps > 0 else math.ceil(rows * args.num_train_epochs / used)
    batch = micro * args.steps_per_generation if generations else 0
    prompts = sequences / generations if generations else sequences
    return Work(count, prompts, generations, micro, batch, steps, steps * used / rows)
