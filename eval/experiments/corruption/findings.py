"""What the copies did to SFT and to RL after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from ...intervals import Difference, paired
from ...intervals.seeds import Measured, gain_over_seeds, over_seeds
from ...metrics import Ratio
from .. import plots
from ..chains import Finished, one_knowledge
from ..experiment import Findings
from ..tables import Cell, Table
from ..verdict import Verdict, Word, by_seed, decide
from .settings import CLEAN, Copy, Settings, copies

METRICS = {"format_rate": "well formed", "reward": "mean reward", "h_f1": "hierarchical F", "exact": "exact"}


def compare(settings: Settings, runs: Sequence[Finished], seeds: Sequence[int]) -> Findings:
    """The verdict, tables and plots over finished chains, one a seed."""
    knowledge = one_knowledge(runs)
    every = copies(settings)
    measured = {name: [run.measured(name, knowledge) for run in runs]
                for copy in every for name in (copy.sft, copy.rl)}  # fmt: skip
    size, rate = settings.sizes[0], max(settings.rates)
    worst = [Copy(kind, rate, size) for kind in settings.kinds]
    clean = Copy(CLEAN, 0.0, size)
    ours = [_beside([measured[copy.rl][at] for copy in worst], settings.metric) for at in range(len(runs))]
    theirs = [_beside([measured[clean.rl][at]] * len(worst), settings.metric) for at in range(len(runs))]
    each = [
        paired(a[0], b[0], a[1], resamples=settings.resamples, seed=seed)[settings.metric]
        for a, b, seed in zip(ours, theirs, seeds, strict=True)
    ]
    total = gain_over_seeds(ours, theirs, settings.metric, resamples=settings.resamples, seed=seeds[0])
    noun = METRICS.get(settings.metric, settings.metric)
    losses = _losses(settings, measured, seeds)
    verdict = Verdict(
        word=decide(each, side="below"),
        claim=f"at a rate of {rate:.0%}, SFT + RL on corrupted rationales ends lower in {noun} than on clean ones, in "
        "every seed",
        statistic=f"difference in {noun} after RL, mean over {len(worst)} kinds and over seeds",
        value=total.value,
        low=total.low,
        high=total.high,
        detectable=total.detectable,
        by_seed=by_seed(seeds, each),
        notes=tuple(_notes(settings, losses)),
    )
    drawn = {
        f"{noun}: {kind}": {
            label: [_line(settings, measured, kind, part, at) for at in range(len(runs))]
            for label, part in (("after SFT", "sft"), ("after SFT + RL", "rl"))
        }
        for kind in settings.kinds
    }
    found = (
        plots.lines("rates", f"{noun.capitalize()} against the share of corrupted rationales", drawn,
                    axes=("share corrupted", noun), note="One line a seed."),
        plots.forest("losses", f"What is lost in {noun} after RL, over all seeds",
                     {copy.label: losses[copy][1] for copy in losses}, axis="difference to clean rationales"),
    )  # fmt: skip
    tables = (_losses_table(settings, losses), _copies_table(settings, measured, runs[0], seeds))
    return Findings(verdict, tables, found, runs[0].release, runs[0].digest)


# What SFT loses, what RL ends below clean RL, and how much of the loss RL made good.
Loss = tuple[Difference, Difference, Difference]


def _losses(settings: Settings, measured: Mapping[str, Sequence[Measured]], seeds: Sequence[int]) -> dict[Copy, Loss]:
    found: dict[Copy, Loss] = {}
    for copy in copies(settings):
        if copy.kind == CLEAN:
            continue
        clean = Copy(CLEAN, 0.0, copy.size)

        def gain(a: Sequence[Measured], b: Sequence[Measured]) -> Difference:
            return gain_over_seeds(a, b, settings.metric, resamples=settings.resamples, seed=seeds[0])

        after_sft = gain(measured[copy.sft], measured[clean.sft])
        after_rl = gain(measured[copy.rl], measured[clean.rl])
        found[copy] = (after_sft, after_rl, gain(measured[copy.rl], measured[copy.sft]))
    return found


def _notes(settings: Settings, losses: Mapping[Copy, Loss]) -> list[str]:
    rate, size = max(settings.rates), settings.sizes[0]
    at_worst = {copy.kind: loss for copy, loss in losses.items() if (copy.rate, copy.size) == (rate, size)}
    hurt = [kind for kind, (_, rl, _) in at_worst.items() if rl.high < 0]
    repaired = [kind for kind, (sft, rl, _) in at_worst.items() if sft.high < 0 <= rl.high]
    harmless = [kind for kind, (sft, rl, _) in at_worst.items() if sft.high >= 0 and rl.high >= 0]
    found = []
    if hurt:
        found.append(f"Still lower after RL: {', '.join(hurt)}.")
    if repaired:
        found.append(f"Lower after SFT, with no difference found after RL: {', '.join(repaired)}.")
    if harmless:
        found.append(f"No loss found: {', '.join(harmless)}.")
    found.append(
        "wrong-diagnosis and wrong-level change the label that SFT learns too, not only its reasoning; the other kinds "
        "leave diagnosis and condition true."
    )
    return found


def _losses_table(settings: Settings, losses: Mapping[Copy, Loss]) -> Table:
    def word(loss: Difference) -> str:
        return {Word.CONFIRMED: "lower", Word.REFUTED: "higher"}.get(decide([loss], side="below"), "open")

    rows = tuple((copy.kind, copy.rate, copy.size or "all", sft, rl, word(rl), gained)
                 for copy, (sft, rl, gained) in losses.items())  # fmt: skip
    columns = ("kind", "rate", "rows", "SFT − clean SFT", "SFT + RL − clean SFT + RL", "reading", "SFT + RL − its SFT")
    title = f"What is lost in {METRICS.get(settings.metric, settings.metric)}, and what RL makes good"
    note = "Over all seeds. The reading is of one row each, without correction for their number."
    return Table("losses", title, columns, rows, note)


def _copies_table(
    settings: Settings, measured: Mapping[str, Sequence[Measured]], run: Finished, seeds: Sequence[int]
) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for copy in copies(settings):
        path = run.folder / copy.rows / "manifest.json"
        made = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": None, "corrupted": 0}
        for label, name in (("SFT", copy.sft), ("SFT + RL", copy.rl)):
            values = [
                over_seeds(measured[name], metric, resamples=settings.resamples, seed=seeds[0]) for metric in METRICS
            ]
            rows.append((copy.kind, copy.rate, made["rows"], made["corrupted"], label, *values))
    columns = ("kind", "rate", "rows", "corrupted", "after", *METRICS.values())
    note = (
        f"Rows and corrupted rows are those of seed {seeds[0]}. A fault fits only some rows, so fewer may be corrupted."
    )
    return Table("copies", "Every copy, over all seeds", columns, tuple(rows), note)


def _line(
    settings: Settings, measured: Mapping[str, Sequence[Measured]], kind: str, part: str, at: int
) -> list[tuple[float, float]]:
    """(rate, metric) of one seed, the clean copy first."""
    size = settings.sizes[0]
    line = [Copy(CLEAN, 0.0, size), *(Copy(kind, rate, size) for rate in sorted(settings.rates))]
    one = [measured[getattr(copy, part)][at : at + 1] for copy in line]
    values = [over_seeds(found, settings.metric, resamples=1, seed=0).value for found in one]
    return [(copy.rate, value) for copy, value in zip(line, values, strict=True)]


def _beside(found: Sequence[Measured], metric: str) -> Measured:
    """One metric of several models as the mean over them, on the same cases."""
    columns = [ratios[metric].columns for ratios, _ in found]
    top, bottom = (np.concatenate([pair[side] for pair in columns], axis=1) for side in (0, 1))
    return {metric: Ratio(top, bottom, share=False)}, found[0][1]
