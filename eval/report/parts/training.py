"""The training logs of the models that have one."""

from __future__ import annotations

from typing import Any

from ...drawing import SERIES, Plot, drawing
from ..part import Part, View

_WANTED = {
    "loss": "loss",
    "reward": "mean reward",
    "frac_reward_zero_std": "groups without a signal",
    "completions/mean_length": "tokens a reply",
}


def part(view: View) -> Part | None:
    shown = {
        key: title for key, title in _WANTED.items() if any(key in row for log in view.logs.values() for row in log)
    }
    if not shown:
        return None
    with drawing("curves", 3.6 * len(shown), 2.5, ncols=len(shown), squeeze=False) as (figure, axes, result):
        handles: dict[str, Any] = {}
        for panel, (key, title) in zip(axes[0], shown.items(), strict=True):
            for place, (name, log) in enumerate(view.logs.items()):
                points = [(row.get("step", at), row[key]) for at, row in enumerate(log) if key in row]
                if points:
                    (line,) = panel.plot(*zip(*points, strict=True), color=SERIES[place % len(SERIES)], linewidth=1.5)
                    handles[view.labels.get(name, name)] = line
            panel.set_title(title, fontsize=10, loc="left")
            panel.set_xlabel("step")
        figure.subplots_adjust(wspace=0.3)
        figure.legend(
            handles.values(), handles.keys(), loc="lower center", ncols=len(handles), bbox_to_anchor=(0.5, -0.17)
        )
    return Part("training", "Training", "Training", (Plot("curves", "Training curves", result[0]),))
