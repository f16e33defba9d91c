"""What the models of an ablation reached, and what that must not be taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ... import plots
from ...drawing import Plot
from ...headline import METRICS
from ...intervals import Difference
from ...intervals.seeds import Study
from ...tables import Table
from ..chains import Finished, one_knowledge
from ..experiment import Findings
from ..verdict import Verdict, by_seed, decide
from .settings import Settings

SILENT = 0.05  # a model whose replies are less often well formed has not found the answer's format
DRAWN = ("h_f1", "exact", "format_rate")


def compare(settings: Settings, runs: Sequence[Finished], seeds: Sequence[int], labels: Mapping[str, str]) -> Findings:
    """The verdict, tables and plots over finished chains, one a seed.

    Args:
        labels: what people call the models.
    """
    knowledge = one_knowledge(runs)
    models = dict.fromkeys((*settings.names.all, *runs[0].models, *runs[0].baselines))
    measured = {name: [run.measured(name, knowledge) for run in runs] for name in models}
    study = Study(measured, list(METRICS), seeds=seeds, resamples=settings.resamples)
    names, noun = settings.names, METRICS[settings.metric]
    pairs = ((names.sft_rl, names.rl_only), (names.sft_rl, names.sft), (names.sft, names.base))
    each, total = study.gains(pairs[:1], settings.metric), study.gain(pairs[:1], settings.metric)
    verdict = Verdict(
        word=decide(each),
        claim=f"{labels[names.sft_rl]} gains over {labels[names.rl_only]} in {noun}, in every seed",
        statistic=f"gain in {noun}, mean over seeds",
        value=total.value,
        low=total.low,
        high=total.high,
        detectable=total.detectable,
        by_seed=by_seed(seeds, each),
        notes=tuple(notes(settings, study, labels)),
    )
    tables = (by_model(study, labels), differences(study, pairs, labels), by_model_and_seed(study, labels))
    drawn = [forest(settings, study, pairs, labels), bars(study, labels), *curves(settings, runs, labels)]
    return Findings(verdict, tables, tuple(drawn), runs[0].release, runs[0].digest)


def notes(settings: Settings, study: Study, labels: Mapping[str, str]) -> list[str]:
    """What the verdict must not be taken for, derived from the numbers."""
    names, noun, found = settings.names, METRICS[settings.metric], []
    rl_only, sft, both = (labels[name] for name in (names.rl_only, names.sft, names.sft_rl))
    formed = study.value(names.rl_only, "format_rate").value
    if formed < SILENT:
        found.append(
            f"{rl_only} answers in the format {formed:.1%} of the time. This base never writes it by chance, so no "
            "reply earns anything and there is nothing to learn from: its zero says that, and not what RL without SFT "
            f"does to a model that finds the format. What RL adds is {both} − {sft}."
        )
    own = [(names.sft_rl, names.sft)]
    gain, exact = study.gain(own, settings.metric), study.gain(own, "exact")
    reading = {"higher": "a gain", "lower": "a loss", "open": "no difference found"}[gain.verdict]
    found.append(f"{both} − {sft}: {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] in {noun}, {reading}.")
    if exact.low > 0 and exact.value > 2 * abs(gain.value):
        found.append(
            f"Exact answers rise by {exact.value:+.3f}, {noun} by less than half of that: most of what RL adds is "
            "commitment to the specific disease, not better sight."
        )
    return found


def by_model(study: Study, labels: Mapping[str, str]) -> Table:
    rows = tuple((labels.get(name, name), *(study.value(name, m) for m in METRICS)) for name in study.models)
    note = "Means over seeds. Intervals are 95 %: seeds are resampled, and within each seed patients or lesions."
    return Table("models", "Models, over all seeds", ("model", *METRICS.values()), rows, note)


def by_model_and_seed(study: Study, labels: Mapping[str, str]) -> Table:
    rows = []
    for name in study.models:
        columns = [study.values(name, metric) for metric in METRICS]
        rows += [(labels.get(name, name), seed, *row) for seed, *row in zip(study.seeds, *columns, strict=True)]
    return Table("models-by-seed", "Models, seed by seed", ("model", "seed", *METRICS.values()), tuple(rows))


def differences(study: Study, pairs: Sequence[tuple[str, str]], labels: Mapping[str, str]) -> Table:
    rows = []
    for a, b in pairs:
        for metric, noun in METRICS.items():
            total = study.gain([(a, b)], metric)
            each = study.gains([(a, b)], metric)
            rows.append((f"{labels[a]} − {labels[b]}", noun, *each, total, total.detectable))
    columns = ("pair", "metric", *(f"seed {seed}" for seed in study.seeds), "all seeds", "smallest detectable")
    note = "Paired: within a seed both models answer the same cases and are resampled together."
    return Table("differences", "Differences", columns, tuple(rows), note)


def forest(settings: Settings, study: Study, pairs: Sequence[tuple[str, str]], labels: Mapping[str, str]) -> Plot:
    rows: dict[str, Difference] = {}
    for a, b in pairs:
        named = f"{labels[a]} − {labels[b]}"
        each = study.gains([(a, b)], settings.metric)
        rows |= {f"{named}, seed {seed}": found for seed, found in zip(study.seeds, each, strict=True)}
        if len(study.seeds) > 1:
            rows[f"{named}, all seeds"] = study.gain([(a, b)], settings.metric)
    return plots.forest("gains", f"Gain in {METRICS[settings.metric]}", rows, axis="difference")


def bars(study: Study, labels: Mapping[str, str]) -> Plot:
    groups = {labels.get(name, name): [study.value(name, metric) for metric in DRAWN] for name in study.models}
    return plots.bars("models", "Models over all seeds", groups, [METRICS[m] for m in DRAWN], axis="share")


def curves(settings: Settings, runs: Sequence[Finished], labels: Mapping[str, str]) -> list[Plot]:
    """The reward while training, empty where no log was left."""
    series = {
        labels[name]: [[(row["step"], row["reward"]) for row in run.curve(name) if "reward" in row] for run in runs]
        for name in (settings.names.rl_only, settings.names.sft_rl)
    }
    if not any(points for lines in series.values() for points in lines):
        return []
    note = "One line a seed; TRL's own mean over the completions of a step."
    return [plots.lines("reward", "Reward while training", {"": series}, axes=("step", "mean reward"), note=note)]
