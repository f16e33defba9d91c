"""Ablation and corruption: from finished chains to the verdict, and which chains they run."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.chain import plan
from eval.experiments import ablation, corruption
from eval.experiments.chains import Finished, one_knowledge
from eval.experiments.corruption.chain import chain_of
from eval.experiments.corruption.findings import compare
from eval.experiments.experiment import each_seed, identity
from eval.experiments.verdict import Word
from eval.service import Served
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import file_digest

from ..conftest import ROOT
from .finished import cache, chain_run, replies

__all__ = ["cache"]  # a fixture

COUNT = 40
LABELS = {"base": "Base", "sft": "SFT", "grpo_only": "RL only", "sft_grpo": "SFT + RL"}


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def settings() -> ablation.Settings:
    return ablation.Settings(chain=Path("eval/configs/toy.toml"), resamples=300)


def ablated(folder: Path, knowledge: Knowledge, cache: Path, *right: int, formed: int = COUNT) -> Finished:
    """A chain whose base, SFT, RL only and SFT + RL have so many of 40 right; RL only answers `formed` well formed."""
    formats = (0, COUNT, formed, COUNT)
    models = {
        name: replies(knowledge, COUNT, count, whole) for name, count, whole in zip(LABELS, right, formats, strict=True)
    }
    rewards = {"grpo_only": [0.0, 0.0], "sft_grpo": [1.0, 1.5]}
    whole = models | {"majority": replies(knowledge, COUNT, 10)}
    return Finished(chain_run(folder, knowledge, whole, cache=cache, baselines=("majority",), rewards=rewards))


def test_a_gain_over_rl_only_in_every_seed_confirms_and_a_silent_rl_only_is_told(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    runs = [ablated(tmp_path / str(seed), knowledge, cache, 0, 20, 0, 30 + seed, formed=0) for seed in range(2)]
    found = ablation.compare(settings(), runs, [0, 1], LABELS)
    verdict = found.verdict
    assert verdict.word is Word.CONFIRMED
    assert [row.seed for row in verdict.by_seed] == [0, 1]
    assert verdict.value == pytest.approx(sum(row.value for row in verdict.by_seed) / 2)
    assert all(row.low > 0 for row in verdict.by_seed)
    assert "RL only answers in the format 0.0%" in verdict.notes[0]
    assert "SFT + RL − SFT: +0." in verdict.notes[1]


def test_one_seed_without_a_gain_leaves_the_claim_open(tmp_path: Path, knowledge: Knowledge, cache: Path) -> None:
    runs = [ablated(tmp_path / str(seed), knowledge, cache, 0, 20, 20, right) for seed, right in enumerate((35, 20))]
    verdict = ablation.compare(settings(), runs, [0, 1], LABELS).verdict
    assert verdict.word is Word.INCONCLUSIVE
    assert not any("format" in note for note in verdict.notes)


def test_a_loss_in_every_seed_refutes(tmp_path: Path, knowledge: Knowledge, cache: Path) -> None:
    runs = [ablated(tmp_path / "0", knowledge, cache, 0, 20, 38, 20)]
    assert ablation.compare(settings(), runs, [0], LABELS).verdict.word is Word.REFUTED


def test_the_ablation_shows_every_model_baseline_seed_and_the_rewards(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    runs = [ablated(tmp_path / str(seed), knowledge, cache, 0, 20, 10, 30) for seed in range(2)]
    found = ablation.compare(settings(), runs, [0, 1], LABELS)
    models, differences, by_seed = found.tables
    assert [row[0] for row in models.rows] == ["Base", "SFT", "RL only", "SFT + RL", "majority"]
    exact = models.columns.index("exact")
    assert [row[exact].value for row in models.rows] == [0, 0.5, 0.25, 0.75, 0.25]  # type: ignore[union-attr]
    assert len(by_seed.rows) == 2 * len(models.rows)
    assert "smallest detectable" in differences.columns
    assert [plot.name for plot in found.plots] == ["gains", "models", "reward"]


def test_runs_of_two_releases_are_not_compared(tmp_path: Path, knowledge: Knowledge, cache: Path) -> None:
    runs = [ablated(tmp_path / str(seed), knowledge, cache, 0, 20, 10, 30) for seed in range(2)]
    path = runs[1].folder / "summary.json"
    path.write_text(path.read_text().replace("sha256:", "sha256:0"))
    with pytest.raises(RecordInvalid, match="different releases"):
        one_knowledge(runs)


def test_an_unfinished_chain_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordInvalid, match="no finished chain run"):
        _ = Finished(tmp_path).summary


def test_results_are_compared_otherwise_without_running_anything_again(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    asked = settings()
    chain = asked.template()
    mark = identity(chain.model_copy(update={"workers": 1}), *(file_digest(s.config) for s in chain.stages if s.config))
    each_seed(tmp_path, [0], mark, lambda seed, folder: None)
    ablated(tmp_path / "seed-0", knowledge, cache, 0, 20, 10, 30)
    for changed in ({"metric": "exact"}, {"resamples": 50}, {"workers": 1}):
        assert ablation.run(asked.model_copy(update=changed), tmp_path, [0]).verdict.word is Word.CONFIRMED
    with pytest.raises(ConfigInvalid, match="other settings"):
        ablation.run(asked.model_copy(update={"overrides": ("limit=3",)}), tmp_path, [0])


def test_a_chain_without_the_models_of_the_ablation_is_refused(tmp_path: Path) -> None:
    wanted = ablation.Settings(chain=Path("eval/configs/toy.toml"), names=ablation.Names(sft="tuned"))
    with pytest.raises(ConfigInvalid, match="no model tuned"):
        ablation.run(wanted, tmp_path, [0])


def corrupting(**more: object) -> corruption.Settings:
    given: dict[str, object] = {"chain": "eval/configs/toy.toml", "kinds": ("wrong-features", "truncated"),
                                "rates": (0.5, 1.0), "resamples": 300}  # fmt: skip
    return corruption.Settings.model_validate(given | more)


def test_every_copy_has_its_own_sft_and_rl_on_one_shared_base() -> None:
    chain = chain_of(corrupting(rl_set=("train.max_steps=3",)))
    stages = {stage.name: stage for stage in chain.stages}
    assert [name for name in stages if not name.startswith(("rows", "sft", "rl"))] == ["cases", "base", "generate"]
    assert len([name for name in stages if name.startswith("rl_")]) == 5
    assert "data.trajectories={generate}/trajectories.jsonl" in stages["sft_clean"].set
    assert "data.trajectories={rows_truncated_1000}/trajectories.jsonl" in stages["sft_truncated_1000"].set
    own = stages["rl_truncated_1000"].set
    assert "model.adapter={sft_truncated_1000}/adapter" in own
    assert "model.path={base}/checkpoint" in own
    assert own[-1] == "train.max_steps=3"
    assert not any("trajectories" in text for text in own)  # RL sees cases alone, with their true golds
    assert [model.name for model in chain.models][:3] == ["sft_clean", "rl_clean", "sft_wrong_features_0500"]


def test_a_copy_is_made_once_its_rows_are_written_and_before_its_sft() -> None:
    planned = {stage.name: stage for stage in plan(chain_of(corrupting()), Path("run"), 4, Served("", "", ""))}
    copy = planned["rows_truncated_0500"]
    words = "synth corrupt run/generate --out run/rows_truncated_0500 --kind truncated --rate 0.5 --size 0 --seed 4"
    assert " ".join(copy.command) == words
    assert copy.needs == ("generate",)
    assert "rows_truncated_0500" in planned["sft_truncated_0500"].needs


def test_a_smaller_size_is_compared_with_clean_rows_of_that_size() -> None:
    stages = {stage.name: stage for stage in chain_of(corrupting(sizes=(0, 50))).stages}
    assert stages["rows_clean_50"].arguments[5:9] == ("--rate", "0.0", "--size", "50")
    assert "data.trajectories={rows_clean_50}/trajectories.jsonl" in stages["sft_clean_50"].set


@pytest.mark.parametrize("more", [{"rates": (0.0,)}, {"stages": {"sft": "tuning"}}])
def test_copies_that_cannot_be_made_are_refused(more: dict[str, object]) -> None:
    with pytest.raises(ConfigInvalid):
        chain_of(corrupting(**more))


def corrupted(folder: Path, knowledge: Knowledge, cache: Path, right: dict[str, int]) -> Finished:
    return Finished(
        chain_run(folder, knowledge, {n: replies(knowledge, COUNT, k) for n, k in right.items()}, cache=cache)
    )


def test_the_verdict_is_about_what_rl_ends_with_at_the_highest_rate(
    tmp_path: Path, knowledge: Knowledge, cache: Path
) -> None:
    """`truncated` hurts SFT and RL, `wrong-features` SFT alone: RL repairs it."""
    asked = corrupting(metric="exact")
    right = {
        "sft_clean": 24, "rl_clean": 36, "sft_wrong_features_0500": 20, "rl_wrong_features_0500": 36,
        "sft_wrong_features_1000": 10, "rl_wrong_features_1000": 36, "sft_truncated_0500": 12, "rl_truncated_0500": 24,
        "sft_truncated_1000": 0, "rl_truncated_1000": 4,
    }  # fmt: skip
    found = compare(asked, [corrupted(tmp_path / "a", knowledge, cache, right)], [0])
    assert found.verdict.word is Word.CONFIRMED
    assert found.verdict.value == pytest.approx((0 - 32 / 40) / 2)  # the mean over the two kinds
    assert "At 100%: still lower after RL: truncated." in found.verdict.notes
    assert "At 100%: lower after SFT, with no difference found after RL: wrong-features." in found.verdict.notes
    losses, table = found.tables
    readings = {(row[0], row[1]): row[5] for row in losses.rows}
    assert readings == {("wrong-features", 0.5): "open", ("wrong-features", 1.0): "open",
                        ("truncated", 0.5): "lower", ("truncated", 1.0): "lower"}  # fmt: skip
    assert len(table.rows) == len(right)
    harmless = {name: (24 if name.startswith("sft") else 36) for name in right}
    found = compare(asked, [corrupted(tmp_path / "b", knowledge, cache, harmless)], [0])
    assert found.verdict.word is Word.INCONCLUSIVE
    assert "At 100%: no loss found: wrong-features, truncated." in found.verdict.notes
