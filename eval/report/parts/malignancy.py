"""Are malignant lesions found, and others left alone? And which were missed."""

from __future__ import annotations

from kg_service.core.concept import Condition

from ...drawing import FAINT, SERIES, Plot, drawing, mark
from ...metrics.condition import Conditions
from ...score import Score
from ...tables import Cell, Table
from ..part import Fold, Item, Part, View

_NOTE = (
    "By the condition tag of open answers. A malformed reply is wrong on either side: nobody can act on it. AUC ranks "
    "cases by the share of their samples that say malignant; with one sample it is the mean of sensitivity and "
    "specificity."
)


def missed(score: Score) -> bool:
    """Malignant, and not called so."""
    return score.truth is Condition.MALIGNANT and score.answered is not Condition.MALIGNANT


def part(view: View) -> Part | None:
    known = [name for name in view.answering if any(score.truth for score in view.comparison.runs[name].opened)]
    if not known:
        return None
    tables = [_table(view, known)]
    folds: list[Item] = []
    if (lost := _missed(view)).rows:
        folds.append(Fold(f"Missed malignant lesions of {view.labels[view.last]}: {len(lost.rows)}", (lost,)))
    if found := view.comparison.extras[view.last].conditions:
        folds.append(Fold(f"Conditions of {view.labels[view.last]}", (_confusion(found, "conditions"),)))
    asked = view.each(lambda extras: extras.condition_questions)
    if asked:
        rows = tuple((view.labels[name], one.replies, one.accuracy, one.macro_f1) for name, one in asked.items())
        columns = ("model", "questions", "accuracy", "macro F1")
        tables.append(Table("condition-questions", "Asked for the condition alone", columns, rows))
    items = (_scatter(view, known), *tables, *folds)
    return Part("malignancy", "Malignancy", "Malignant lesions", items)


def _table(view: View, names: list[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        scores, metrics, extras = (
            view.comparison.runs[name].opened, view.comparison.metrics[name], view.comparison.extras[name]
        )  # fmt: skip
        malignant = [score for score in scores if score.truth is Condition.MALIGNANT]
        called = sum(score.answered is Condition.MALIGNANT for score in malignant)
        rows.append(
            (
                view.labels[name],
                f"{called} of {len(malignant)}",
                metrics["malignancy_sensitivity"],
                metrics["malignancy_specificity"],
                extras.malignancy.auc if extras.malignancy else None,
                metrics["condition_accuracy"],
                extras.conditions.macro_f1 if extras.conditions else None,
            )
        )
    columns = ("model", "malignant replies, called so", "sensitivity", "specificity", "AUC", "condition right",
               "conditions, macro F1")  # fmt: skip
    return Table("malignancy", "Malignant lesions", columns, tuple(rows), _NOTE)


def _missed(view: View) -> Table:
    run = view.comparison.runs[view.last]
    rows = tuple(
        (
            score.case_id,
            view.concept(score.gold),
            view.concept(score.predicted) or score.outcome.value,
            score.answered.value if score.answered else "nothing",
        )
        for score in run.opened
        if missed(score) and score.sample == 0
    )
    return Table("missed", "Missed malignant lesions", ("case", "gold", "answered", "condition said"), rows,
                 "By the first reply to each case.")  # fmt: skip


def _confusion(found: Conditions, name: str) -> Table:
    columns = ("condition", *(f"said {one.value}" for one in found.conditions), "malformed")
    rows = tuple((one.value, *counts) for one, counts in zip(found.conditions, found.confusion, strict=True))
    return Table(name, "Conditions: truth by what was said", columns, rows)


def _scatter(view: View, names: list[str]) -> Plot:
    with drawing("malignancy", 4.6, 3.6) as (_, axes, result):
        axes.plot([0, 1], [1, 0], color=FAINT, linewidth=1.4)
        for place, name in enumerate(names):
            metrics = view.comparison.metrics[name]
            x, y = metrics["malignancy_specificity"], metrics["malignancy_sensitivity"]
            colour = SERIES[place % len(SERIES)]
            axes.plot([x.low, x.high], [y.value, y.value], color=colour, linewidth=1.4)
            axes.plot([x.value, x.value], [y.low, y.high], color=colour, linewidth=1.4)
            axes.plot(x.value, y.value, linestyle="none", markersize=7, label=view.labels[name], **mark(place))
        axes.set_xlim(-0.04, 1.04)
        axes.set_ylim(-0.04, 1.04)
        axes.set_xlabel("specificity")
        axes.set_ylabel("sensitivity")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    note = (
        "Upper right is better; on the line is what a coin reaches, whatever its bias. A model that writes no "
        "well-formed reply sits at the lower left."
    )
    return Plot("malignancy", "Sensitivity and specificity for malignant lesions", result[0], note)
