"""The callback that probes, reads the signals off every logged row, tells, and ends a training that was to be ended."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from kg_service.job import Journal, write_json

from ..callbacks import NothingLeft
from .probes import Probes, check_whole_weights
from .settings import Watch
from .signals import SIGNALS, read

FILE = "watch.json"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A signal that began to fire at a step. `stopped`: it ended the training there."""

    signal: str
    step: int
    why: str
    stopped: bool = False


def alarms(run_dir: Path) -> list[Alarm]:
    """What `watch.json` tells of a run, in order; nothing where there is none."""
    path = run_dir / FILE
    if not path.is_file():
        return []
    return [Alarm(**alarm) for alarm in json.loads(path.read_text(encoding="utf-8"))["alarms"]]


def stopped(run_dir: Path) -> Alarm | None:
    """The alarm that ended a run's training, if one did."""
    return next((alarm for alarm in alarms(run_dir) if alarm.stopped), None)


class Sentry(TrainerCallback):
    """Must stand before the callbacks that write the logged row, for it adds its own columns to it.

    What it knows of earlier steps it reads from `metrics.jsonl`, so a resumed run judges as the unbroken one would.
    """

    def __init__(self, watch: Watch, probes: Probes | None, run_dir: Path) -> None:
        self.watch = watch
        self.probes = probes
        self.run_dir = run_dir
        self._rows: list[dict[str, Any]] = []
        self._alarms: list[Alarm] = []
        self._probed: dict[str, float] = {}

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        if self.probes is not None:
            check_whole_weights()
        if state.is_world_process_zero:
            with Journal(self.run_dir / "metrics.jsonl") as journal:
                self._rows = [row for row in journal.rows if row["step"] <= state.global_step and "loss" in row]
            self._alarms = [alarm for alarm in alarms(self.run_dir) if alarm.step <= state.global_step]
            self._write()
        if broadcast_object_list([any(alarm.stopped for alarm in self._alarms)])[0]:
            raise NothingLeft

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any
    ) -> None:
        every = self.watch.every
        if self.probes is not None and every and (state.global_step == 1 or state.global_step % every == 0):
            most: int = self.watch.most_tokens or args.max_completion_length  # pyright: ignore (GRPOConfig)
            self._probed = self.probes.measure(model, most)
            control.should_log = True  # so that the numbers stand at the step they were measured at

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if logs is None or "loss" not in logs:  # the summary at the end is no row of training
            return
        logs.update(self._probed)
        self._probed = {}
        # One process decides for all: another node may not see the file that the judgement rests on.
        verdict: Any = self._judge(state.global_step, logs) if state.is_world_process_zero else None
        ends, fired = broadcast_object_list([verdict])[0]
        logs.update({f"signal/{name}": float(name in fired) for name in SIGNALS})
        if ends:
            control.should_save = control.should_training_stop = True

    def _judge(self, step: int, logs: dict[str, Any]) -> tuple[bool, list[str]]:
        """Whether training ends here, and which signals fire."""
        before = {name for name in SIGNALS if self._rows and self._rows[-1].get(f"signal/{name}")}
        self._rows.append({"step": step, **logs})
        found = read(self._rows, self.watch)
        self._rows[-1] |= {f"signal/{name}": float(name in found) for name in SIGNALS}
        ends = False
        for name, why in found.items():
            if name in before:
                continue
            stops = name in self.watch.stop
            ends |= stops
            self._alarms.append(Alarm(name, step, why, stopped=stops))
            what = "training stops" if stops else "training goes on"
            print(f"\n!!! {name.upper()} at step {step}: {why}; {what}", file=sys.stderr, flush=True)
            self._write()
        return ends, list(found)

    def _write(self) -> None:
        ended = next(
            (f"{alarm.signal} at step {alarm.step}: {alarm.why}" for alarm in self._alarms if alarm.stopped), None
        )
        write_json(self.run_dir / FILE, {"alarms": [asdict(alarm) for alarm in self._alarms], "stopped": ended})
