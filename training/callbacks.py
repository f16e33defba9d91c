"""What a run tells while it runs: `metrics.jsonl`, one line per log entry, and a progress bar on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from kg_service.job import Journal, write_jsonl


class Metrics(TrainerCallback):
    """Append every log entry with its step. A resumed run drops what the killed one had logged past its checkpoint."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._journal: Journal | None = None

    def on_train_begin(self, _args: TrainingArguments, state: TrainerState, _control: TrainerControl, **_: Any) -> None:
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
        if self._journal is not None and state.is_world_process_zero:
            self._journal.append({"step": state.global_step, **(logs or {})})

    def on_train_end(self, *_: Any, **__: Any) -> None:
        if self._journal is not None:
            self._journal.close()


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
