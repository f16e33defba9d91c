"""What a run tells while it runs: `metrics.jsonl`, one line per log entry, its speed, and a progress bar on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from kg_service.job import Journal, write_jsonl


class NothingLeft(Exception):
    """Raised out of `train` where a resumed run, its weights loaded, has no step left to take."""


class Enough(TrainerCallback):
    """Ends a run that was killed between its last step and its manifest; the trainer would train one step too many."""

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        if state.global_step >= state.max_steps:
            raise NothingLeft


class Metrics(TrainerCallback):
    """Append every log entry with its step. A resumed run drops what the killed one had logged past its checkpoint."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._journal: Journal | None = None

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        if not state.is_world_process_zero:  # another process would put its own file in place of the one written to
            return
        with Journal(self.path) as journal:
            kept = [row for row in journal.rows if row["step"] <= state.global_step]
        write_jsonl(self.path, kept)
        self._journal = Journal(self.path)

    def on_log(
        self,
        _args: TrainingArguments,
        state: TrainerState,
        _control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if self._journal is not None:
            self._journal.append({"step": state.global_step, **(logs or {})})

    def on_train_end(self, *_: Any, **__: Any) -> None:
        if self._journal is not None:
            self._journal.close()


class Clocked(Protocol):
    """Whatever counts the seconds it has taken so far."""

    seconds: float


class Throughput(TrainerCallback):
    """Adds to each log entry how fast the steps since the last one were.

    `step_seconds` is the mean from the first forward pass, or the generation, to the optimizer's step; probes, saving
    and the loading of data are outside. `samples_per_second` counts completions (GRPO) or rows (SFT) trained on,
    `tokens_per_second` prompts and completions, padding left out, both over all processes. `reward_seconds` is a step's
    part in the reward, of this process, `reward_share` its share. `peak_memory_gb` is the most this process ever held
    on its GPU, in 10^9 bytes. Must stand before the callbacks that write the entry.
    """

    def __init__(self, reward: Clocked | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.reward = reward
        self._clock = clock
        self._began = self._taken = self._rewarded = self._tokens = 0.0
        self._steps = 0

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        self._tokens = float(state.num_input_tokens_seen)  # kept by GRPO over a resumption, where SFT starts anew

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = self._clock()
        self._rewarded -= self._spent()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self._taken += self._clock() - self._began
        self._rewarded += self._spent()
        self._steps += 1

    def _spent(self) -> float:
        return 0.0 if self.reward is None else self.reward.seconds

    def on_log(
        self,
        args: TrainingArguments,
        _state: TrainerState,
        _control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if logs is None or not self._steps or not self._taken:
            return
        trained = args.train_batch_size * args.gradient_accumulation_steps * args.world_size * self._steps
        logs["step_seconds"] = self._taken / self._steps
        logs["samples_per_second"] = trained / self._taken
        if (tokens := logs.get("num_tokens")) is not None:
            logs["tokens_per_second"] = (tokens - self._tokens) / self._taken
            self._tokens = tokens
        if self.reward is not None:
            logs["reward_seconds"] = self._rewarded / self._steps
            logs["reward_share"] = self._rewarded / self._taken
        if torch.cuda.is_available():
            logs["peak_memory_gb"] = torch.cuda.max_memory_allocated() / 1e9
        self._taken = self._rewarded = 0.0
        self._steps = 0


class Progress(TrainerCallback):
    """One bar for the run, with the loss or the reward."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._bar: tqdm[Any] | None = None

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        if state.is_world_process_zero:
            self._bar = tqdm(total=state.max_steps, initial=state.global_step, desc=self.name, mininterval=1.0)

    def on_step_end(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self,
        _args: TrainingArguments,
        _state: TrainerState,
        _control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        shown = {key: logs[key] for key in ("loss", "reward") if logs and key in logs}
        if self._bar is not None and shown:
            self._bar.set_postfix(shown, refresh=False)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        if self._bar is not None:
            self._bar.close()
