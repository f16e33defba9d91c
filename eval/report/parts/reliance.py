"""Does it look? The same questions with the real image and with one that cannot help."""

from __future__ import annotations

from ...metrics.reliance import Reliance
from ...plots import dumbbells
from ...prediction import Look
from ...tables import Cell, Table
from ..part import Item, Part, View

_NOTE = (
    "Differences are paired on the same questions. Blank: the mean colour of the real image. Shuffled: another case's. "
    "Partner: that of a case whose gold is a differential of this one's. None: text alone. With shuffled and partner "
    "the gold scored with is another than the one shown, so there looking costs."
)


def part(view: View) -> Part | None:
    found = view.each(lambda extras: extras.reliance)
    if not found:
        return None
    tasks = list(dict.fromkeys(one.task for every in found.values() for one in every))
    plots: list[Item] = []
    for task in tasks:
        rows = {
            view.labels[name]: {Look.REAL.value: one.right} | {look.look.value: look.right for look in one.looks}
            for name, every in found.items()
            for one in every
            if one.task is task
        }
        plots.append(dumbbells(f"reliance-{task}", f"Right answers by what is shown: {task}", rows, axis="share right"))
    return Part("reliance", "Does it look?", "Does it look at the image?", (*plots, _table(view, found)))


def _table(view: View, found: dict[str, tuple[Reliance, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, every in found.items():
        for one in every:
            rows.append(
                (view.labels[name], one.task, Look.REAL.value, one.questions, one.right, None, one.reward, None)
            )
            rows += [
                (view.labels[name], one.task, look.look.value, look.questions, look.right, look.right_gained,
                 look.reward, look.reward_gained)
                for look in one.looks
            ]  # fmt: skip
    columns = ("model", "task", "image", "questions", "right", "real less this, right", "mean reward",
               "real less this, reward")  # fmt: skip
    return Table("reliance", "With the real image and without", columns, tuple(rows), _NOTE)
