"""The watch: it tells what goes wrong, only what goes wrong, and changes nothing of what is learned."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from accelerate.utils import DistributedType
from PIL import Image
from safetensors.torch import load_file
from transformers import TrainerControl, TrainerState, set_seed

from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import load_config
from training import grpo, stage
from training.callbacks import Throughput
from training.rewards import Reward
from training.settings import GrpoConfig
from training.watch import probes
from training.watch.sentry import alarms, stopped
from training.watch.settings import Watch
from training.watch.signals import read

from .conftest import CI, Workshop

WATCH = Watch(window=3)


def rows(**columns: Callable[[float], float]) -> list[dict[str, Any]]:
    """A run of 20 rows whose columns are functions of how far it has got, from 0 to 1."""
    named = {name.replace("__", "/"): at for name, at in columns.items()}
    return [{"step": step, **{name: at(step / 20) for name, at in named.items()}} for step in range(1, 21)]


def still(value: float) -> Callable[[float], float]:
    return lambda _: value


def falling(start: float, end: float) -> Callable[[float], float]:
    return lambda done: start + (end - start) * done


def halfway(start: float, end: float) -> Callable[[float], float]:
    return lambda done: start if done < 0.5 else end


@pytest.mark.parametrize("column", ["resolved", "exact", "reward__granularity"])
def test_reward_hacking_is_a_format_that_holds_while_the_answers_get_worse(column):
    hacked = rows(malformed=still(0.0), **{column: falling(0.7, 0.3)})
    assert list(read(hacked, WATCH)) == ["reward-hacking"]
    assert "fell from" in read(hacked, WATCH)["reward-hacking"]


def test_answers_that_get_worse_together_with_the_format_are_not_reward_hacking():
    assert not read(rows(malformed=falling(0.0, 0.5), exact=falling(0.7, 0.3)), WATCH)


def test_a_run_that_learns_fires_nothing():
    learns = rows(
        malformed=falling(0.2, 0.0), exact=falling(0.2, 0.7), resolved=still(1.0), level=falling(2.0, 2.8),
        reward=falling(1.0, 1.6), kl=falling(0.0, 0.05), rationale_words=still(30.0),
        watch__probe_reward=falling(1.0, 1.6), watch__blank_reward=still(0.9), watch__sft_loss=falling(0.5, 0.6),
    )  # fmt: skip
    assert not read(learns, WATCH)


def test_scatter_from_row_to_row_is_no_fall():
    chance = random.Random(1)
    noisy = [{"step": step, "malformed": 0.0, "exact": chance.gauss(0.5, 0.12), "level": chance.gauss(2.5, 0.4),
              "reward": 1.5} for step in range(1, 100)]  # fmt: skip
    assert not any(read(noisy[:end], WATCH) for end in range(1, 100))


def test_granularity_collapse_is_coarser_answers_at_the_same_reward():
    assert list(read(rows(level=falling(3.0, 2.0), reward=still(1.4)), WATCH)) == ["granularity-collapse"]
    assert not read(rows(level=falling(3.0, 2.0), reward=falling(1.4, 1.0)), WATCH)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"kl": halfway(0.0, 2.0)}, "KL"),
        ({"rationale_words": halfway(40.0, 8.0)}, "40 to 8 words"),
        ({"watch__sft_loss": halfway(0.4, 0.8)}, "0.40 to 0.80"),
    ],
)
def test_forgetting_is_seen_in_the_reference_the_reasons_and_the_trajectories(columns, words):
    assert words in read(rows(**columns), WATCH)["forgetting"]


def test_a_policy_that_earns_as_much_on_blank_images_is_blind_and_one_that_earns_nothing_is_not_called_so():
    assert list(read(rows(watch__probe_reward=still(1.2), watch__blank_reward=still(1.18)), WATCH)) == [
        "image-blindness"
    ]
    assert not read(rows(watch__probe_reward=still(1.2), watch__blank_reward=still(0.9)), WATCH)
    assert not read(rows(watch__probe_reward=still(0.0), watch__blank_reward=still(0.0)), WATCH)


def test_gaps_and_missing_numbers_are_passed_over_and_short_runs_say_nothing():
    hacked = rows(malformed=still(0.0), exact=falling(0.7, 0.3))
    gappy = [
        row for whole in hacked for row in (whole, {"step": whole["step"], "exact": None, "malformed": float("nan")})
    ]
    assert read(gappy, WATCH) == read(hacked, WATCH) != {}
    assert not read(hacked[:5], WATCH)
    assert not read([], WATCH)


def test_a_blank_image_is_as_large_as_the_real_one_and_shows_its_mean_colour():
    image = Image.new("RGB", (6, 4), (200, 0, 40))
    image.paste((0, 100, 40), (0, 0, 3, 4))
    shown = probes.blank(image)
    assert shown.size == (6, 4)
    assert shown.getcolors() == [(24, (100, 50, 40))]


class Timed:
    seconds = 0.0


def test_throughput_counts_the_step_alone_and_the_rewards_part_in_it():
    now = iter([10.0, 14.0, 100.0, 106.0])  # 4 and 6 seconds; what lies between steps is no part of them
    reward = Timed()
    meter = Throughput(reward, clock=lambda: next(now))
    state = TrainerState(num_input_tokens_seen=1000)
    args: Any = SimpleNamespace(train_batch_size=8, gradient_accumulation_steps=2, world_size=3)
    meter.on_train_begin(args, state, TrainerControl())
    for spent in (0.5, 1.5):
        reward.seconds += 7.0  # a probe
        meter.on_step_begin()
        reward.seconds += spent
        meter.on_step_end()
    logs: dict[str, Any] = {"num_tokens": 6000.0}
    meter.on_log(args, state, TrainerControl(), logs=logs)
    assert logs["step_seconds"] == 5.0
    assert logs["samples_per_second"] == pytest.approx(2 * 8 * 2 * 3 / 10)
    assert logs["tokens_per_second"] == pytest.approx(500.0)
    assert (logs["reward_seconds"], logs["reward_share"]) == (pytest.approx(1.0), pytest.approx(0.2))


def test_a_probe_leaves_random_numbers_and_mode_as_they_were():
    model = torch.nn.Dropout().train()

    def drawn() -> tuple[float, float, float]:
        return torch.rand(()).item(), random.random(), float(np.random.rand())

    set_seed(0)
    expected = drawn()
    set_seed(0)
    with probes.undisturbed(model):
        assert not model.training
        drawn()
    assert drawn() == expected
    assert model.training


@pytest.mark.parametrize("kind", [DistributedType.FSDP, DistributedType.DEEPSPEED])
def test_probes_are_refused_where_the_weights_are_spread(monkeypatch, kind):
    spread = SimpleNamespace(distributed_type=kind, deepspeed_plugin=SimpleNamespace(zero_stage=3))
    monkeypatch.setattr(probes, "AcceleratorState", lambda: spread)
    with pytest.raises(ConfigInvalid, match=r"watch\.every = 0"):
        probes.check_whole_weights()


class Chatty(Reward):
    """Pays for long replies: the tiny model of these tests earns nothing, and nothing earned is nothing learned."""

    def __call__(self, prompts: Any, completions: Any, **columns: Any) -> list[float]:
        super().__call__(prompts, completions, **columns)
        return [float(len(completion[0]["content"])) / 10 for completion in completions]


@pytest.fixture(scope="module")
def trained(workshop: Workshop, sft: Path, release: Knowledge) -> Callable[..., Path]:
    """Train the tiny model in this process, with a reward it can earn."""

    def train(name: str, *overrides: str) -> Path:
        given = [
            f"knowledge.path={workshop.snapshot}", f"data.cases={workshop.cases}", f"model.path={sft / 'checkpoint'}",
            "watch.batch=4", *overrides,
        ]  # fmt: skip
        config = load_config(GrpoConfig, CI / "grpo.toml", given)
        run_dir = workshop.folder / name
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(grpo, "Reward", Chatty)
            stage.prepare(config)
            grpo.train(config, grpo.rows(config, release), release, run_dir)
        return run_dir

    return train


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return load_file(run_dir / "checkpoint" / "model.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def logged(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def test_watching_changes_nothing_of_what_is_learned(workshop, sft, trained):
    unwatched = trained("unwatched", "watch.every=0")
    watched = trained(
        "watched", "watch.every=2", "watch.cases=4", f"watch.trajectories={workshop.trajectories}",
        "watch.trajectories_split=sft", "watch.replies=4",
    )  # fmt: skip
    assert not same(weights(unwatched), weights(sft))
    assert same(weights(unwatched), weights(watched))
    seen = [row for row in logged(watched) if "watch/probe_reward" in row]
    assert [row["step"] for row in seen] == [1, 2, 4]
    assert all(row["watch/sft_loss"] > 0 and "watch/blank_reward" in row for row in seen)
    assert not any("watch/probe_reward" in row for row in logged(unwatched))
    assert all(row["step_seconds"] > 0 and row["reward_share"] < 1 for row in logged(watched) if "loss" in row)


def test_a_signal_that_was_to_end_training_ends_it_and_a_restart_trains_no_step_more(trained):
    ends = ("watch.every=0", "watch.window=1", "watch.forgetting.kl=1e-9", 'watch.stop=["forgetting"]')
    run_dir = trained("ended", *ends)
    alarm = stopped(run_dir)
    assert alarm is not None
    assert alarm.signal == "forgetting"
    last = [row for row in logged(run_dir) if "loss" in row][-1]
    assert last["step"] == alarm.step < 4
    assert last["signal/forgetting"] == 1.0
    assert "forgetting" in json.loads((run_dir / "watch.json").read_text())["stopped"]
    before = weights(run_dir)
    trained("ended", *ends)
    assert same(before, weights(run_dir))
    assert alarms(run_dir) == [alarm]


def test_a_run_that_was_killed_after_its_last_step_trains_no_step_too_many(trained):
    run_dir = trained("whole", "watch.every=0", "train.max_steps=2")
    before = weights(run_dir)
    trained("whole", "watch.every=0", "train.max_steps=2")
    assert same(before, weights(run_dir))
    assert [row["step"] for row in logged(run_dir) if "loss" in row] == [1, 2]


def test_a_split_without_cases_to_probe_stops_before_a_model_is_loaded(workshop, sft, release):
    config = load_config(GrpoConfig, CI / "grpo.toml", [
        f"knowledge.path={workshop.snapshot}", f"data.cases={workshop.cases}", "watch.every=1", "watch.split=nowhere",
    ])  # fmt: skip
    with pytest.raises(RecordInvalid, match="nowhere"):
        grpo.rows(config, release)
