"""Everything the doctor looks at, in the order in which it would go wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from kg_service.client import load
from kg_service.core.errors import SkinR1Error
from kg_service.core.knowledge import Knowledge

from .. import grpo, sft, traps
from ..doors import without_adapter
from ..plan import Plan, plan, processes
from ..settings import GrpoConfig, SftConfig
from ..stage import grpo_arguments, sft_arguments
from . import data, machine, model, reward
from .finding import Finding, told

RUNS = Path("runs")  # where the README's run directories lie


def examine(verb: str, path: Path, config: SftConfig | GrpoConfig) -> Iterator[Finding]:
    """All findings. What needs something that is missing is not looked at."""
    yield from machine.software()
    yield from reward.vectors()
    yield from told("model", partial(model.model, config.model))
    if isinstance(config, GrpoConfig):
        yield from told("adapter", partial(_adapter, config))
    try:
        args = _arguments(config)
        knowledge = load(config.knowledge)
    except SkinR1Error as error:
        yield Finding("configuration", "fail", f"{error} ({error.code})")
        return
    yield _pinned(config, knowledge)
    yield from told("splits", partial(data.splits, config.data))
    count = max(processes(os.environ), 1)
    made: list[Plan] = []
    yield from told("rows", partial(_rows, verb, path, config, args, knowledge, count, made))
    if not made:
        return
    weights, cost = made[0].weights, made[0].cost
    if weights is not None:
        yield model.counted(weights)
    yield from machine.gpus(None if weights is None else weights.total)
    if cost is not None and torch.cuda.is_available():
        yield machine.memory(cost.memory, _smallest(), count)
    yield from machine.room(RUNS, None if cost is None else cost.disk)
    if isinstance(config, GrpoConfig) and args.use_vllm:
        yield from machine.extra("vllm", "train.use_vllm")
        yield from model.server(args, config.model)


def _arguments(config: SftConfig | GrpoConfig) -> Any:
    """TRL's arguments, with the traps that TRL itself does not tell of."""
    if isinstance(config, SftConfig):
        args = sft_arguments(config, RUNS)
    else:
        args = grpo_arguments(config, RUNS)
        traps.refuse_grpo(args, adapted=config.adapted)
    traps.refuse_machine(args)
    return args


def _adapter(config: GrpoConfig) -> Iterator[Finding]:
    grpo.check_adapter(config)
    if config.model.adapter:
        yield Finding("adapter", "ok", f"{config.model.adapter} belongs to {config.model.path}")


def _pinned(config: SftConfig | GrpoConfig, knowledge: Knowledge) -> Finding:
    if config.knowledge.digest:
        return Finding("knowledge", "ok", f"{knowledge.digest}, as pinned")
    says = f'not pinned: another release would train another policy; set knowledge.digest = "{knowledge.digest}"'
    return Finding("knowledge", "warn", says)


def _rows(
    verb: str,
    path: Path,
    config: SftConfig | GrpoConfig,
    args: Any,
    knowledge: Knowledge,
    count: int,
    made: list[Plan],
) -> Iterator[Finding]:
    """Rows as the stage makes them, golds, questions and traps included."""
    planned = without_adapter(config)
    spec = None
    if isinstance(planned, GrpoConfig):
        rows, spec = grpo.rows(planned, knowledge), grpo.spec_of(planned)
    else:
        rows = sft.rows(planned, knowledge)  # pyright: ignore[reportArgumentType]
    made.append(plan(verb, path, (), RUNS, config, rows, args, knowledge, spec, count))
    yield from data.balance(rows, balanced=config.data.balance)
    yield from data.images(rows, config.seed)
    if spec is not None:
        cost = made[0].cost
        step = None if cost is None else cost.step_seconds["H100"][0]
        yield from reward.speed(rows, knowledge, spec, made[0].work.sequences, step)


def _smallest() -> float:
    """GB free on the fullest GPU."""
    return min(torch.cuda.mem_get_info(place)[0] for place in range(torch.cuda.device_count())) / 1e9
