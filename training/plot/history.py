"""What a run logged, as columns over steps."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.errors import ConfigInvalid

SIGNAL = "signal/"


@dataclass(frozen=True, slots=True)
class Run:
    """One run under a short name. `rows` are those with a loss, in order; `alarms` those of `watch.json`."""

    name: str
    rows: tuple[dict[str, Any], ...]
    alarms: tuple[dict[str, Any], ...] = ()

    def column(self, name: str) -> tuple[list[int], list[float]]:
        """Steps and values where a finite value was logged."""
        held = [(row["step"], row[name]) for row in self.rows if _number(row.get(name))]
        return [step for step, _ in held], [float(value) for _, value in held]

    def columns(self, prefix: str) -> list[str]:
        """The names that begin like this, sorted."""
        return sorted({name for row in self.rows for name in row if name.startswith(prefix)})

    def ends(self, name: str) -> tuple[float, float] | None:
        """The means of the first and the last tenth of the values, at least one value each."""
        _, values = self.column(name)
        if len(values) < 2:
            return None
        part = max(1, len(values) // 10)
        return sum(values[:part]) / part, sum(values[-part:]) / part

    def fired(self) -> list[tuple[int, str]]:
        """The steps at which a signal began to fire, and which."""
        found: list[tuple[int, str]] = []
        for name in self.columns(SIGNAL):
            steps, values = self.column(name)
            begun = zip(steps, values, [0.0, *values], strict=False)
            found += [(step, name.removeprefix(SIGNAL)) for step, now, before in begun if now and not before]
        return sorted(found)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def read(paths: Sequence[Path]) -> list[Run]:
    """Runs under names that tell them apart.

    Raises:
        ConfigInvalid: a folder holds no `metrics.jsonl`, it is not one, or nothing has been logged yet.
    """
    names = [path.resolve().name for path in paths]
    if len(set(names)) < len(names) and len({path.resolve() for path in paths}) > 1:
        above = Path(os.path.commonpath([path.resolve() for path in paths]))
        names = [path.resolve().relative_to(above).as_posix() for path in paths]
    return [_read(path, name) for path, name in zip(paths, names, strict=True)]


def _read(path: Path, name: str) -> Run:
    file, rows = path / "metrics.jsonl", []
    if not file.is_file():
        raise ConfigInvalid(f"{file} does not exist; name the directory of a training run")
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(keepends=True), start=1):
        if not line.endswith("\n"):
            continue  # a running job has not finished this line
        try:
            row = json.loads(line)
            row["step"]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigInvalid(f"{file}, line {number} is no row of metrics") from error
        if "loss" in row:
            rows.append(row)
    if not rows:
        raise ConfigInvalid(f"{file} holds no row of training yet")
    watch = path / "watch.json"
    alarms = json.loads(watch.read_text(encoding="utf-8"))["alarms"] if watch.is_file() else ()
    return Run(name, tuple(rows), tuple(alarms))
