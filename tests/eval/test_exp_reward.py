"""The reward experiment: the tables come from the project's reward, and the switch lies where theory puts it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eval import experiments
from eval.experiments.chains import Finished
from eval.experiments.reward import Trained, trained
from eval.experiments.reward.policy import Schedule, train
from eval.experiments.reward.reading import verdict
from eval.experiments.reward.shapes import replies, start, table
from eval.experiments.reward.threshold import Switch, crossing, line, switch, thresholds
from eval.experiments.reward.world import drawn, hierarchy
from eval.experiments.verdict import Word
from eval.intervals import Interval
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, SAFE, score

from .finished import cache, chain_run
from .rows import reply, snapshot

__all__ = ["cache"]

TREE = hierarchy((2, 2, 2), ragged=True, mixed=True)
WORLD = drawn(TREE, 6, np.random.default_rng(0))
OFFERED = replies(TREE)


def row(concept: str) -> int:
    return OFFERED.concepts.index(concept)


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_the_paper_s_reward_asks_for_one_less_than_the_depth_over_the_depth(depth: int) -> None:
    assert thresholds(line(depth), PAPER)[0].value == pytest.approx((depth - 1) / depth)
    assert thresholds(line(depth), SAFE)[0].value < (depth - 1) / depth  # a wrong sibling is a near miss


def test_an_only_child_needs_no_certainty() -> None:
    assert thresholds(hierarchy((1, 1)), PAPER)[0].value == 0


def test_odds_are_odds_and_a_group_covers_its_leaves() -> None:
    assert WORLD.odds.sum(axis=1) == pytest.approx(np.ones(6))
    assert WORLD.covers.sum(axis=1).max() == len(WORLD.leaves) - len(TREE.taxonomy.leaves("c-1"))


def test_the_shapes_are_the_project_s_reward_and_relabel_its_granularity_alone() -> None:
    paper, flat, exact = (table(WORLD, OFFERED, shape) for shape in ("paper", "flat-path", "exact-only"))
    for at, text in enumerate(OFFERED.texts):
        for column, leaf in enumerate(WORLD.leaves):
            assert paper[at, column] == score(text, leaf, TREE, PAPER).total
    leaf = WORLD.leaves.index("c-0-0-1")
    top, own = row("c-0"), row("c-0-0-1")
    assert paper[own, leaf] == flat[own, leaf] == exact[own, leaf]
    assert flat[top, leaf] - paper[top, leaf] == pytest.approx(0.75 * 2 / 3)
    assert paper[top, leaf] - exact[top, leaf] == pytest.approx(0.75 / 3)


def test_only_a_prompt_that_allows_it_lets_abstaining_come_up() -> None:
    chances = {prompt: np.exp(start(OFFERED, TREE, prompt)) for prompt in ("specific", "neutral", "may-defer")}
    silent = np.array([concept is None for concept in OFFERED.concepts])
    assert [chances[p][silent].sum() for p in chances] == pytest.approx([0, 0, 0.1])
    assert [chances[p].sum() for p in chances] == pytest.approx([1, 1, 1])
    assert chances["specific"][row("c-0-0-0")] > chances["specific"][row("c-0")]


@pytest.mark.parametrize("depth", [2, 4])
def test_the_policy_switches_at_the_threshold_and_dividing_by_the_spread_moves_it_towards_one_half(depth: int) -> None:
    def at(scale: str, rate: float) -> float:
        schedule = Schedule(scale, samples=8, steps=1500, rate=rate, beta=0.04)  # type: ignore[arg-type]
        tried = [0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]
        rng = np.random.default_rng(1)
        return switch("paper", depth, schedule, chances=tried, repeats=8, resamples=20, rng=rng).found.value

    theory = (depth - 1) / depth
    assert at("none", 0.2) == pytest.approx(theory, abs=0.05)
    # At depth 2 both are one half; deeper, dividing moves it more than half of the way there.
    assert 0.45 < at("group", 0.1) < max(0.55, (0.5 + theory) / 2)


def test_the_same_seed_trains_the_same_policy() -> None:
    schedule = Schedule("group", samples=4, steps=30, rate=0.1, beta=0.04)
    how = table(WORLD, OFFERED, "safe"), WORLD.odds, start(OFFERED, TREE, "neutral"), schedule
    first, again, other = (train(*how, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("values", "expected"), [([-1, -1, 1, 1], 2.5), ([1, 1, 1, 1], 1), ([-1, -1, -1, -1], 4), ([-1, 1, -3, 1], 3.75)]
)
def test_a_crossing_is_the_last_one_or_the_nearer_end(values: list[float], expected: float) -> None:
    assert crossing(np.arange(1.0, 5.0), np.array(values, dtype=float)) == expected


@pytest.mark.parametrize(
    ("deviations", "word"),
    [
        ([[0.0, 0.01], [0.005, -0.01]], Word.CONFIRMED),
        ([[0.0, 0.01], [0.0, 0.018]], Word.INCONCLUSIVE),  # an interval leaves the tolerance
        ([[0.0, 0.1], [0.0, 0.1]], Word.REFUTED),
        ([[0.0, 0.1], [0.0, 0.0]], Word.INCONCLUSIVE),
    ],
)
def test_the_verdict_asks_every_depth_of_every_seed(deviations: list[list[float]], word: Word) -> None:
    def one(depth: int, off: float) -> Switch:
        theory = (depth - 1) / depth
        at = Interval(theory + off, theory + off - 0.005, theory + off + 0.005, 16)
        return Switch("paper", depth, "none", theory, at, (0.3, 0.9), (0.0, 1.0))

    rows = [[one(depth, off) for depth, off in enumerate(seed, start=2)] for seed in deviations]
    found = verdict(rows, [0, 1], tolerance=0.02)
    assert found.word is word
    assert abs(found.value) == pytest.approx(max(abs(off) for seed in deviations for off in seed))


def test_the_door_leaves_a_verdict_tables_plots_and_a_report(tmp_path: Path, knowledge: Knowledge) -> None:
    overrides = [
        f"knowledge.path={snapshot(tmp_path, knowledge)}", "training.steps=20", "resamples=20", "grid.images=4",
        'grid.shapes=["paper", "safe"]', 'grid.prompts=["neutral"]', "grid.weights=[[0.75, 0.25]]",
        "switches.depths=[2]", "switches.points=3", "switches.repeats=2",
    ]  # fmt: skip
    left = {}
    for run_dir in (tmp_path / "a", tmp_path / "b"):
        assert experiments.run("reward", "toy-cpu", 2, run_dir, overrides, False) == 0
        files = [*run_dir.glob("tables/*"), *run_dir.glob("plots/*"), run_dir / "verdict.json"]
        left[run_dir.name] = {file.name: file.read_bytes() for file in files}
        assert (run_dir / "report.html").is_file()
    assert left["a"] == left["b"]
    assert {"grid.csv", "grid.md", "switches.csv", "release.csv", "switches.svg", "trade.svg"} <= left["a"].keys()


def test_real_training_is_shown_by_what_it_answers_and_against_the_paper_s_reward(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    deep = ["superficial spreading melanoma", "junctional nevus", "psoriasis", "basal cell carcinoma"] * 2
    coarse = ["melanoma", "melanocytic nevus", "psoriasis", "neoplasm"] * 2
    models = {"paper": [reply(name) for name in deep], "safe": [reply(name) for name in coarse]}
    run = chain_run(tmp_path / "run", knowledge, models, cache=cache)
    found = trained.table(Trained(chain=Path("any.toml"), resamples=50), [Finished(run)], [0])
    rows = {row[:2]: dict(zip(found.columns[2:], row[2:], strict=True)) for row in found.rows}
    value = {name: [rows[name][column].value  # pyright: ignore
                    for column in ("exact or finer", "right at some level", "level named")]
             for name in rows}  # fmt: skip
    assert value["paper", ""] == [1, 1, (4 + 4 + 2 + 3) / 4]
    assert value["safe", ""] == [0.25, 1, (3 + 3 + 2 + 1) / 4]
    assert value["safe", "less paper"] == [-0.75, 0, -1]
