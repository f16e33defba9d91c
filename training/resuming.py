"""Going on: which run a directory holds, and where a killed one is continued from. Starting again is resuming."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from kg_service.core.errors import ConfigInvalid

from .settings import StageConfig

# What another start of one run may do otherwise: where things are, what is kept and told, how memory is spent. Which
# knowledge it is, its digest says.
FREE = re.compile(
    r"threads|trackers|watch\..*|knowledge\..*|train\.(vllm_(server|group)_.*|(save|logging|dataloader|ddp|fsdp)_.*|fsdp|deepspeed"
    r"|(activation|gradient)_checkpointing)"
)
BEGUN = ("trainer/checkpoint-*", "reference", "eyes.safetensors")  # what another start goes on from


def finished(config: StageConfig, run_dir: Path) -> bool:
    """Whether this very run is already done.

    Raises:
        ConfigInvalid: the folder holds a finished run of another configuration.
    """
    path = run_dir / "manifest.json"
    if not path.is_file():
        return False
    if json.loads(path.read_text(encoding="utf-8"))["config"] == config.model_dump(mode="json"):
        return True
    raise ConfigInvalid(f"{run_dir} holds a finished run of another configuration; give another --run-dir")


def check_begun(config: StageConfig, digest: str, run_dir: Path) -> None:
    """
    Args:
        digest: of the knowledge.

    Raises:
        ConfigInvalid: the folder holds an unfinished run of another configuration or knowledge, which this one would
            go on from without a word.
    """
    path = run_dir / "plan.json"
    if not path.is_file() or not any(left for pattern in BEGUN for left in run_dir.glob(pattern)):
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    was, now = _flat(before["config"]), _flat(config.model_dump(mode="json"))
    other = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name) and not FREE.fullmatch(name)}
    told = [f"{name} was {was.get(name)!r} and is {now.get(name)!r}" for name in sorted(other)]
    if before["digest"] != digest:
        told.append(f"the knowledge was {before['digest']} and is {digest}")
    if told:
        raise ConfigInvalid(
            f"{run_dir} holds an unfinished run: {'; '.join(told)}. Give another --run-dir, or what it was begun with; "
            f"to go on from it all the same, delete {path}"
        )


def _flat(table: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return found


def last_checkpoint(run_dir: Path) -> Path | None:
    """The newest complete trainer checkpoint. Torn ones, from a kill or a power cut, are removed by rank zero."""
    found: list[tuple[int, Path]] = []
    for path in (run_dir / "trainer").glob("checkpoint-*"):
        match = re.fullmatch(r"checkpoint-(\d+)", path.name)
        if match is None:
            continue
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))  # written last
            for file in path.glob("*.safetensors"):
                with safe_open(file, "pt"):  # its head says how long the file must be
                    pass
        except (OSError, ValueError, SafetensorError):
            if os.environ.get("RANK", "0") == "0":  # as launchers set it; the trainer does not exist yet
                shutil.rmtree(path)
            continue
        found.append((int(match[1]), path))
    return max(found)[1] if found else None


def weights_of(path: str, resume: Path | None, *, adapted: bool) -> str | Path:
    """What a stage's model is built from: its configured path, or the checkpoint it goes on from.

    With all weights in training, the trainer's own resume would silently keep those the model was built with. Adapters,
    and the shards that FSDP leaves instead of whole weights, it does load.
    """
    if resume is None or adapted or not any(resume.glob("model*.safetensors")):
        return path
    return resume
