"""The resolved plan of a stage: what it trains on what, how much work that is, and what it will probably cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardSpec

from ..data import Row
from ..model import load_processor
from ..settings import GrpoConfig, SftConfig, StageConfig
from ..weights import at_home
from .commands import commands
from .facts import Facts, facts
from .hours import CARDS, seconds
from .memory import WIDE, checkpoint_gb, memory
from .parameters import KNOWN, Weights, weigh
from .tokens import Tokens, tokens
from .work import Work, work


@dataclass(frozen=True, slots=True)
class Cost:
    """Estimates. `memory` GB on each GPU by way of spreading and by part; `hours` (low, high) by GPU; `disk` in GB."""

    memory: dict[str, dict[str, float]]
    step_seconds: dict[str, tuple[float, float]]
    hours: dict[str, tuple[float, float]]
    disk: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything `--dry-run` prints and `plan.json` holds. None where it cannot be known: `notes` says why."""

    stage: str
    release: str
    digest: str
    reward: str
    reward_digest: str
    learning_rate: float
    facts: Facts
    work: Work
    tokens: Tokens | None
    weights: Weights | None
    cost: Cost | None
    commands: tuple[str, ...]
    notes: tuple[str, ...]
    config: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        weights = None
        if self.weights is not None:
            weights = {
                name: getattr(self.weights, name) for name in ("total", "trainable", "parts", "trained", "adapter")
            }
        rest = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in _PARTS}
        parts = {name: None if (part := getattr(self, name)) is None else asdict(part) for name in _PARTS - {"weights"}}
        return {**rest, **parts, "weights": weights, "sequences_per_step": self.work.sequences}


_PARTS = {"facts", "work", "tokens", "weights", "cost"}


def plan(
    verb: str,
    path: Path,
    overrides: Sequence[str],
    run_dir: Path,
    config: StageConfig,
    rows: Sequence[Row],
    args: Any,
    knowledge: Knowledge,
    spec: RewardSpec | None,
    processes: int,
) -> Plan:
    """
    Args:
        rows: the training rows, as the stage takes them.
        args: TRL's arguments.
        spec: the reward of a GRPO stage.
        processes: GPUs that train.
    """
    todo = work(args, len(rows), processes)
    if isinstance(config, GrpoConfig) and config.curriculum.ordered:
        # It is laid over the whole run and longer on more GPUs; the rows here are those of as many as run this.
        todo = replace(todo, epochs=1.0)
    measured = weights = cost = None
    notes: tuple[str, ...] = ()
    if isinstance(config, SftConfig | GrpoConfig):
        adapter = config.model.adapter
        if adapter and not Path(adapter).is_dir():
            notes = (f"{adapter} is not there yet: the SFT stage leaves it",)
        measured = _tokens(config, rows, args)
        weights = weigh(config)
        if weights is None:
            where = f"{config.model.path or 'model.path'} is neither a folder here nor in the hub's cache"
            known = f"to see them now, plan with --set model.path={' or '.join(KNOWN)}"
            notes = (*notes, f"{where}: weights, memory and hours cannot be estimated; {known}")
        else:
            cost = _cost(weights, measured, todo, args, config)
    return Plan(
        stage=verb,
        release=knowledge.release,
        digest=knowledge.digest,
        reward=spec.name if spec else "",
        reward_digest=spec.digest if spec else "",
        learning_rate=args.learning_rate,
        facts=facts(rows, knowledge),
        work=todo,
        tokens=measured,
        weights=weights,
        cost=cost,
        commands=commands(verb, path, overrides, run_dir, config, args, processes),
        notes=notes,
        config=config.model_dump(mode="json"),
    )


def _tokens(config: SftConfig | GrpoConfig, rows: Sequence[Row], args: Any) -> Tokens:
    home = at_home(config.model.path)
    processor = None
    if home is not None and (home / "tokenizer_config.json").is_file():
        processor = load_processor(home, max_pixels=config.model.max_pixels)
    limit = (args.max_completion_length or 0) if isinstance(config, GrpoConfig) else 0
    return tokens(rows, processor, max_pixels=config.model.max_pixels, limit=limit)


def _cost(weights: Weights, measured: Tokens, todo: Work, args: Any, config: SftConfig | GrpoConfig) -> Cost:
    dtype = config.model.dtype
    step = {name: seconds(weights, measured, todo, args, card) for name, card in CARDS.items()}
    hours = {name: (low * todo.steps / 3600, high * todo.steps / 3600) for name, (low, high) in step.items()}
    kept = (args.save_total_limit or 1) + 1  # the new one is written before the oldest goes
    whole = 2 if isinstance(config, GrpoConfig) and config.reference == "merged" else 1  # the result, the reference
    disk = checkpoint_gb(weights, dtype) * kept + whole * weights.total * WIDE[dtype] / 1e9
    return Cost(memory(weights, measured, todo, args, dtype), step, hours, disk)
