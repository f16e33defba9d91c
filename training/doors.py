"""One stage from its configuration to its manifest: check everything, then train, then say so."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kg_service.client import load
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import load_config, read_jsonl, write_json, write_manifest

from .settings import BaseConfig, GrpoConfig, SftConfig, StageConfig

CONFIGS: dict[str, type[StageConfig]] = {"base": BaseConfig, "sft": SftConfig, "grpo": GrpoConfig}
SPEED = ("step_seconds", "samples_per_second", "tokens_per_second", "reward_share")


def enter(verb: str, path: Path, overrides: Iterable[str], run_dir: Path, *, dry_run: bool = False) -> str:
    """Run one stage. Of several processes, rank zero writes.

    Returns:
        The run directory, or with `dry_run` the plan as text.

    Raises:
        SkinR1Error: configuration, knowledge or data cannot be used; nothing has been trained.
    """
    given = list(overrides)
    config = load_config(CONFIGS[verb], path, given)
    knowledge = load(config.knowledge)
    # torch and TRL only now: a wrong configuration is told at once
    import transformers

    from . import base, card, grpo, sft
    from .plan import plan, processes, tell
    from .resuming import check_begun, finished
    from .stage import grpo_arguments, prepare, sft_arguments

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    # between peft and transformers, nothing a reader can do
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
    prepare(config)
    stage: Any = {"base": base, "sft": sft, "grpo": grpo}[verb]
    first = os.environ.get("RANK", "0") == "0"  # as launchers set it
    if not dry_run:
        if finished(config, run_dir):
            file = card.where(run_dir)
            if first and file.parent.is_dir() and not file.is_file():  # it was killed before the card
                card.write(run_dir)
            return str(run_dir)
        check_begun(config, knowledge.digest, run_dir)
    early = dry_run and isinstance(config, GrpoConfig) and not Path(config.model.adapter).is_dir()
    rows = stage.rows(without_adapter(config) if early else config, knowledge)
    spec = grpo.spec_of(config) if isinstance(config, GrpoConfig) else None
    args = grpo_arguments(config, run_dir) if isinstance(config, GrpoConfig) else sft_arguments(config, run_dir)
    made = None
    if first:
        made = plan(verb, path, given, run_dir, config, rows, args, knowledge, spec, processes(os.environ))
        if made.weights is not None and not made.weights.trainable:
            raise ConfigInvalid("lora.targets match no layer of the model; use language, language+merger or all-linear")
    if dry_run:
        return tell(made) if made else ""
    if made:
        write_json(run_dir / "plan.json", made.as_json())
    stage.train(config, rows, knowledge, run_dir)
    if first:
        _sign(verb, config, len(rows), knowledge, spec.digest if spec else "", run_dir)
        card.write(run_dir)
    return str(run_dir)


def _sign(verb: str, config: StageConfig, rows: int, knowledge: Knowledge, reward: str, run_dir: Path) -> None:
    """Leave the manifest: from here on the run counts as finished."""
    from .weights import ADAPTER_WEIGHTS

    inputs = [Path(config.data.cases)]
    if verb == "sft":
        inputs.append(Path(config.data.trajectories))
    if isinstance(config, GrpoConfig) and config.model.adapter:
        inputs.append(Path(config.model.adapter) / ADAPTER_WEIGHTS)
    write_manifest(
        run_dir,
        job=f"training {verb}",
        config=config,
        release=knowledge.release,
        digest=knowledge.digest,
        spec_digest=reward,
        inputs=inputs,
        extra={"rows": rows, **_told(run_dir)},
    )


def without_adapter(config: StageConfig) -> StageConfig:
    """The same stage on the bare model: its rows and its options can be looked at before SFT has left the adapter."""
    if not isinstance(config, GrpoConfig) or not config.model.adapter:
        return config
    model = config.model.model_copy(update={"adapter": ""})
    return config.model_copy(update={"model": model, "lora": None, "reference": "adapter"})


def _told(run_dir: Path) -> dict[str, Any]:
    """What `metrics.jsonl` and `watch.json` say of the whole run: means of speed, peak of memory, why it stopped."""
    from .watch.sentry import stopped

    rows = list(read_jsonl(run_dir / "metrics.jsonl", dict))
    found: dict[str, Any] = {}
    for name in SPEED:
        values = [row[name] for row in rows if math.isfinite(row.get(name, math.nan))]
        if values:
            found[name] = sum(values) / len(values)
    peaks = [row["peak_memory_gb"] for row in rows if "peak_memory_gb" in row]
    if peaks:
        found["peak_memory_gb"] = max(peaks)
    alarm = stopped(run_dir)
    return {"throughput": found, **({"stopped": asdict(alarm)} if alarm else {})}
