"""What the copies did to SFT and to RL after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ... import plots
from ...drawing import Plot
from ...headline import METRICS
from ...intervals import Difference
from ...intervals.seeds import Study
from ...tables import Cell, Table
from ..chains import Finished, one_knowledge
from ..experiment import Findings
from ..verdict import Verdict, Word, by_seed, decide
from .settings import CLEAN, Copy, Settings, copies

SILENT = 0.05  # a model whose replies are less often well formed has not learned the answer's format
SHOWN = ("format_rate", "reward", "h_f1", "exact")


@dataclass(frozen=True, slots=True)
class Loss:
    """What one copy costs: SFT and RL against those on clean rationales, and RL against its own SFT."""

    sft: Difference
    rl: Difference
    regained: Difference


def compare(settings: Settings, runs: Sequence[Finished], seeds: Sequence[int]) -> Findings:
    """The verdict, tables and plots over finished chains, one a seed."""
    knowledge, every = one_knowledge(runs), copies(settings)
    measured = {name: [run.measured(name, knowledge) for run in runs] for c in every for name in (c.sft, c.rl)}
    metrics = list(dict.fromkeys((settings.metric, *SHOWN)))
    study = Study(measured, metrics, seeds=seeds, resamples=settings.resamples)
    clean, rate, noun = settings.clean(settings.sizes[0]), max(settings.rates), METRICS[settings.metric]
    worst = [(Copy(kind, rate, clean.size).rl, clean.rl) for kind in settings.kinds]
    each, total = study.gains(worst, settings.metric), study.gain(worst, settings.metric)
    found = losses(settings, study)
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
        notes=tuple(notes(settings, study, found)),
    )
    rows = {copy.label: loss.rl for copy, loss in found.items()}
    forest = plots.forest("losses", f"What is lost in {noun} after RL", rows, axis="difference to clean rationales",
                          note="Over all seeds.")  # fmt: skip
    tables = (losses_table(settings, found), copies_table(settings, study, runs[0]))
    return Findings(verdict, tables, (rates(settings, study), forest), runs[0].release, runs[0].digest)


def losses(settings: Settings, study: Study) -> dict[Copy, Loss]:
    """Every corrupted copy's loss over all seeds."""
    found = {}
    for copy in copies(settings):
        if copy.kind != CLEAN:
            clean = settings.clean(copy.size)
            pairs = ((copy.sft, clean.sft), (copy.rl, clean.rl), (copy.rl, copy.sft))
            found[copy] = Loss(*(study.gain([pair], settings.metric) for pair in pairs))
    return found


def notes(settings: Settings, study: Study, found: Mapping[Copy, Loss]) -> list[str]:
    """Which kinds did what at the highest rate."""
    rate, size = max(settings.rates), settings.sizes[0]
    worst = {copy.kind: loss for copy, loss in found.items() if (copy.rate, copy.size) == (rate, size)}
    groups = {
        "still lower after RL": [kind for kind, loss in worst.items() if loss.rl.high < 0],
        "lower after SFT, with no difference found after RL": [
            kind for kind, loss in worst.items() if loss.sft.high < 0 <= loss.rl.high
        ],
        "no loss found": [kind for kind, loss in worst.items() if loss.sft.high >= 0 and loss.rl.high >= 0],
    }
    mute = [k for k in settings.kinds if study.value(Copy(k, rate, size).sft, "format_rate").value < SILENT]
    told = f"After SFT on {', '.join(mute)} hardly a reply is well formed: RL had no reward to learn from."
    return [
        *([told] if mute else []),
        *(f"At {rate:.0%}: {what}: {', '.join(kinds)}." for what, kinds in groups.items() if kinds),
        "wrong-diagnosis and wrong-level change the label that SFT learns too, and truncated the format; the other "
        "kinds leave diagnosis, condition and format as they were.",
    ]


def losses_table(settings: Settings, found: Mapping[Copy, Loss]) -> Table:
    def reading(loss: Difference) -> str:
        return {Word.CONFIRMED: "lower", Word.REFUTED: "higher"}.get(decide([loss], side="below"), "open")

    rows = tuple(
        (copy.kind, copy.rate, copy.size or "all", loss.sft, loss.rl, reading(loss.rl), loss.regained)
        for copy, loss in found.items()
    )
    columns = ("kind", "rate", "rows", "SFT − clean SFT", "SFT + RL − clean SFT + RL", "reading", "SFT + RL − its SFT")
    title = f"What is lost in {METRICS[settings.metric]}, and what RL makes good"
    note = "Over all seeds. The reading is of one row each, without correction for their number."
    return Table("losses", title, columns, rows, note)


def copies_table(settings: Settings, study: Study, run: Finished) -> Table:
    """Every copy after SFT and after RL, with how many of its rows are corrupted."""
    rows: list[tuple[Cell, ...]] = []
    for copy in copies(settings):
        path = run.folder / copy.rows / "manifest.json"
        made = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": "all", "corrupted": 0}
        for label, name in (("SFT", copy.sft), ("SFT + RL", copy.rl)):
            values = [study.value(name, metric) for metric in SHOWN]
            rows.append((copy.kind, copy.rate, made["rows"], made["corrupted"], label, *values))
    columns = ("kind", "rate", "rows", "corrupted", "after", *(METRICS[metric] for metric in SHOWN))
    note = f"Rows and corrupted rows are those of seed {study.seeds[0]}; a fault fits only some rows."
    return Table("copies", "Every copy, over all seeds", columns, tuple(rows), note)


def rates(settings: Settings, study: Study) -> Plot:
    """The metric against the rate, one panel a kind, one line a seed."""
    clean, noun = settings.clean(settings.sizes[0]), METRICS[settings.metric]

    def lines(kind: str, part: str) -> list[list[tuple[float, float]]]:
        line = [clean, *(Copy(kind, rate, clean.size) for rate in sorted(settings.rates))]
        values = [study.values(getattr(copy, part), settings.metric) for copy in line]
        return [[(c.rate, v[at].value) for c, v in zip(line, values, strict=True)] for at in range(len(study.seeds))]

    panels = {kind: {"after SFT": lines(kind, "sft"), "after SFT + RL": lines(kind, "rl")} for kind in settings.kinds}
    title = f"{noun[0].upper()}{noun[1:]} against the share of corrupted rationales"
    return plots.lines("rates", title, panels, axes=("share corrupted", noun), note="One line a seed.")
