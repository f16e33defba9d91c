"""Ablation: what SFT gives, what RL gives, and what both together do, over seeds.

Each seed is one whole chain (`eval.chain`): cases, trajectories, base, SFT, RL from the base, RL from SFT, predictions.
The claim is the method's own (arXiv 2511.14900, ablation table, there with one seed and no intervals).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ..intervals import Difference, Interval, bootstrap, paired
from ..intervals.seeds import Measured, gain_over_seeds, over_seeds
from . import plots
from .chains import Finished, one_knowledge
from .experiment import Findings, Plot
from .running import ChainSettings, check_models, run_chains, stage_commands
from .tables import Cell, Table
from .verdict import Verdict, by_seed, decide

METRICS = {
    "format_rate": "well formed",
    "reward": "mean reward",
    "h_f1": "hierarchical F",
    "exact": "exact",
    "balanced_accuracy": "balanced accuracy",
    "severity": "severity of mistakes",
    "malignancy_sensitivity": "malignant: sensitivity",
    "malignancy_specificity": "malignant: specificity",
}
SILENT = 0.05  # a model whose replies are less often well formed has not found the answer's format


class Names(BaseModel):
    """Which model of the chain plays which part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = "base"
    sft: str = "sft"
    rl_only: str = "grpo_only"
    sft_rl: str = "sft_grpo"


class Settings(ChainSettings):
    """The chain has at least the models of `names`."""

    names: Names = Names()


def commands(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    """Every stage of every seed."""
    return stage_commands(settings.template(), run_dir, seeds)


def run(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> Findings:
    """Run the chains that are not finished, and compare."""
    chain = settings.template()
    check_models(chain, list(settings.names.model_dump().values()))
    labels = {model.name: model.label or model.name for model in chain.models}
    return compare(settings, run_chains(settings, chain, run_dir, seeds), seeds, labels)


def compare(settings: Settings, runs: Sequence[Finished], seeds: Sequence[int], labels: Mapping[str, str]) -> Findings:
    """The verdict, tables and plots over finished chains, one a seed."""
    knowledge = one_knowledge(runs)
    played = list(settings.names.model_dump().values())
    models = dict.fromkeys((*played, *runs[0].models, *runs[0].baselines))
    measured = {name: [run.measured(name, knowledge) for run in runs] for name in models}
    names = settings.names
    pairs = ((names.sft_rl, names.rl_only), (names.sft_rl, names.sft), (names.sft, names.base))
    gains = {
        pair: [_gain(measured[pair[0]][at], measured[pair[1]][at], settings, seed) for at, seed in enumerate(seeds)]
        for pair in pairs
    }
    pooled = {
        pair: {
            metric: gain_over_seeds(
                measured[pair[0]], measured[pair[1]], metric, resamples=settings.resamples, seed=seeds[0]
            )
            for metric in METRICS
        }
        for pair in pairs
    }
    main = pairs[0]
    each = [found[settings.metric] for found in gains[main]]
    total = pooled[main][settings.metric]
    noun = METRICS[settings.metric]
    verdict = Verdict(
        word=decide(each),
        claim=f"{labels[main[0]]} gains over {labels[main[1]]} in {noun}, in every seed",
        statistic=f"gain in {noun}, mean over seeds",
        value=total.value,
        low=total.low,
        high=total.high,
        detectable=total.detectable,
        by_seed=by_seed(seeds, each),
        notes=tuple(notes(settings, measured, pooled, labels)),
    )
    tables = (
        _by_model(measured, settings, seeds, labels),
        _differences(gains, pooled, seeds, labels),
        _by_seed(measured, settings, seeds, labels),
    )
    return Findings(verdict, tables, _plots(settings, runs, seeds, measured, gains, pooled, labels),
                    runs[0].release, runs[0].digest)  # fmt: skip


def notes(
    settings: Settings,
    measured: Mapping[str, Sequence[Measured]],
    pooled: Mapping[tuple[str, str], Mapping[str, Difference]],
    labels: Mapping[str, str],
) -> list[str]:
    """What the verdict must not be taken for, derived from the numbers."""
    names, found = settings.names, []
    alone = over_seeds(measured[names.rl_only], "format_rate", resamples=1, seed=0).value
    if alone < SILENT:
        found.append(
            f"{labels[names.rl_only]} answers in the format {alone:.1%} of the time. This base never writes it by "
            "chance, so no reply earns anything and there is nothing to learn from: its zero says that, and not what "
            f"RL without SFT does to a model that finds the format. What RL adds is {labels[names.sft_rl]} − "
            f"{labels[names.sft]}."
        )
    own = pooled[names.sft_rl, names.sft]
    gain = own[settings.metric]
    reading = {"higher": "a gain", "lower": "a loss", "open": "no difference found"}[gain.verdict]
    found.append(
        f"{labels[names.sft_rl]} − {labels[names.sft]}: {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] in "
        f"{METRICS[settings.metric]}, {reading}."
    )
    if own["exact"].low > 0 and own["exact"].value > 2 * abs(own[settings.metric].value):
        found.append(
            f"Exact answers rise by {own['exact'].value:+.3f}, {METRICS[settings.metric]} by less than half of that: "
            "most of what RL adds is commitment to the specific disease, not better sight."
        )
    return found


def _gain(a: Measured, b: Measured, settings: Settings, seed: int) -> dict[str, Difference]:
    columns = ({metric: found[metric] for metric in METRICS} for found in (a[0], b[0]))
    return paired(*columns, a[1], resamples=settings.resamples, seed=seed)


def _by_model(
    measured: Mapping[str, Sequence[Measured]], settings: Settings, seeds: Sequence[int], labels: Mapping[str, str]
) -> Table:
    rows = tuple(
        (labels.get(name, name),
         *(over_seeds(found, metric, resamples=settings.resamples, seed=seeds[0]) for metric in METRICS))
        for name, found in measured.items()
    )  # fmt: skip
    note = "Means over seeds. Intervals are 95 %: seeds are resampled, and within each seed patients or lesions."
    return Table("models", "Models, over all seeds", ("model", *METRICS.values()), rows, note)


def _by_seed(
    measured: Mapping[str, Sequence[Measured]], settings: Settings, seeds: Sequence[int], labels: Mapping[str, str]
) -> Table:
    def cells(found: Measured, seed: int) -> list[Interval]:
        columns = {metric: found[0][metric] for metric in METRICS}
        return list(bootstrap(columns, found[1], resamples=settings.resamples, seed=seed).values())

    rows = tuple(
        (labels.get(name, name), seed, *cells(found[at], seed))
        for name, found in measured.items()
        for at, seed in enumerate(seeds)
    )
    return Table("models-by-seed", "Models, seed by seed", ("model", "seed", *METRICS.values()), rows)


def _differences(
    gains: Mapping[tuple[str, str], Sequence[Mapping[str, Difference]]],
    pooled: Mapping[tuple[str, str], Mapping[str, Difference]],
    seeds: Sequence[int],
    labels: Mapping[str, str],
) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"{labels[a]} − {labels[b]}", METRICS[metric], *(found[metric] for found in gains[a, b]),
         pooled[a, b][metric], pooled[a, b][metric].detectable)
        for a, b in gains
        for metric in METRICS
    ]  # fmt: skip
    columns = ("pair", "metric", *(f"seed {seed}" for seed in seeds), "all seeds", "smallest detectable")
    note = "Paired: within a seed both models answer the same cases and are resampled together."
    return Table("differences", "Differences", columns, tuple(rows), note)


def _plots(
    settings: Settings,
    runs: Sequence[Finished],
    seeds: Sequence[int],
    measured: Mapping[str, Sequence[Measured]],
    gains: Mapping[tuple[str, str], Sequence[Mapping[str, Difference]]],
    pooled: Mapping[tuple[str, str], Mapping[str, Difference]],
    labels: Mapping[str, str],
) -> tuple[Plot, ...]:
    rows: dict[str, Difference] = {}
    for a, b in gains:
        pair = f"{labels[a]} − {labels[b]}"
        rows |= {f"{pair}, seed {seed}": gains[a, b][at][settings.metric] for at, seed in enumerate(seeds)}
        if len(seeds) > 1:
            rows[f"{pair}, all seeds"] = pooled[a, b][settings.metric]
    noun = METRICS[settings.metric]
    shown = ("h_f1", "exact", "format_rate")
    groups = {
        labels.get(name, name): [over_seeds(found, m, resamples=settings.resamples, seed=seeds[0]) for m in shown]
        for name, found in measured.items()
    }
    curves = {
        labels[name]: [[(row["step"], row["reward"]) for row in run.curve(name) if "reward" in row] for run in runs]
        for name in (settings.names.rl_only, settings.names.sft_rl)
    }
    found = [
        plots.forest("gains", f"Gain in {noun}", rows, axis="difference"),
        plots.bars("models", "Models over all seeds", groups, [METRICS[m] for m in shown], axis="share"),
    ]
    if any(points for series in curves.values() for points in series):
        note = "One line a seed; TRL's own mean over the completions of a step."
        found.append(
            plots.lines("reward", "Reward while training", {"": curves}, axes=("step", "mean reward"), note=note)
        )
    return tuple(found)
