"""Rows in an order of learning: shallower golds first, or phases in which deeper golds are lifted to a level.

A curriculum is laid over the whole run: it holds exactly the prompts that the run draws, and TRL must not shuffle them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from trl.trainer.grpo_config import GRPOConfig

from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardSpec

from .data import Row
from .settings import Curriculum


def check(curriculum: Curriculum, spec: RewardSpec, args: GRPOConfig) -> None:
    """
    Raises:
        ConfigInvalid: golds are lifted under a reward that would punish the deeper right answer, or it is not said
            how long the run is.
    """
    if any(curriculum.levels) and not spec.credit_descendants:
        raise ConfigInvalid(
            f"curriculum.levels lifts golds, but the reward {spec.name!r} gives nothing for a deeper right answer; use "
            "one that credits descendants, such as 'safe'"
        )
    if curriculum.ordered and args.max_steps <= 0:
        raise ConfigInvalid("a curriculum is laid over the whole run; say how long that is: train.max_steps")


def prompts_of(args: GRPOConfig) -> int:
    """How many prompts a run of `max_steps` draws, each counted once however many completions it gets.

    TRL 1.16 draws a generation batch every `steps_per_generation` micro-steps and uses it `num_iterations` times.
    """
    assert args.steps_per_generation
    assert args.generation_batch_size
    assert args.num_generations
    micro = args.max_steps * args.gradient_accumulation_steps
    return math.ceil(micro / (args.steps_per_generation * args.num_iterations)) * (
        args.generation_batch_size // args.num_generations
    )


def phases(
    rows: Sequence[Row], knowledge: Knowledge, curriculum: Curriculum, prompts: int, seed: int
) -> list[list[Row]]:
    """The rows of each phase in the order of training, `prompts` in all; without a curriculum the rows as they are."""
    if not curriculum.ordered:
        return [list(rows)]
    drawn = _drawn(rows, prompts, seed)
    levels = curriculum.levels or (0,)
    edges = [len(drawn) * place // len(levels) for place in range(len(levels) + 1)]
    found: list[list[Row]] = []
    for level, start, end in zip(levels, edges, edges[1:], strict=False):
        phase = [lift(row, level, knowledge) for row in drawn[start:end]]
        if curriculum.order == "shallow-first":
            phase.sort(key=lambda row: knowledge.level(knowledge.gold(row.gold)))
        found.append(phase)
    return found


def _drawn(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """The first `count` of the rows repeated, shuffled anew and with turns of their own in every pass."""
    turns = 1 + max(row.turn for row in rows)
    found: list[Row] = []
    for turn in range(math.ceil(count / len(rows))):
        again = [replace(row, turn=row.turn + turn * turns) for row in rows]
        if turn:
            random.Random(f"{seed}/{turn}").shuffle(again)
        found += again
    return found[:count]


def lift(row: Row, level: int, knowledge: Knowledge) -> Row:
    """The row with the deepest concept of its gold's lineage that is not below `level` as its gold; 0 leaves it.

    The lesion is as malignant as before: what the case states, or else its own gold has, stays stated where the lifted
    gold is a mixed group. A lifted gold with a condition of its own gives that to all of its diseases, and none need
    be stated.
    """
    gold = knowledge.gold(row.gold)
    if level == 0 or knowledge.level(gold) <= level:
        return row
    lifted = [concept for concept in knowledge.lineage(gold) if knowledge.level(concept) <= level][-1]
    own = knowledge.condition(gold)
    stated = row.condition or (own.value if own is not None else "")
    return replace(row, gold=lifted, condition="" if knowledge.condition(lifted) is not None else stated)
