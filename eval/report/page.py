"""The HTML page, from its parts. It asks the network for nothing and holds no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..intervals import Difference, Interval
from ..outcome import Outcome
from ..tables import Cell, number, shown
from .browser import Card
from .part import Part, View
from .parts.outcomes import COLOURS
from .words import caveats, verdicts

TEMPLATES = Path(__file__).parents[1] / "templates"


def page(title: str, view: View, parts: Sequence[Part], cards: Sequence[Card]) -> str:
    """
    Args:
        cards: the case browser, left out where there is none.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"shown": shown, "number": number}
    environment.tests |= {"spread": _is_spread, "quantity": _is_quantity} | {
        name: lambda item, name=name: type(item).__name__.lower() == name for name in ("plot", "table", "facts")
    }
    kinds = [outcome.value for outcome in Outcome]
    counted = {kind: sum(kind in card.kinds for card in cards) for kind in ("missed", *kinds)}
    return environment.get_template("report.html.j2").render(
        title=title,
        verdicts=verdicts(view),
        caveats=caveats(view),
        about=_about(view),
        parts=parts,
        cards=cards,
        kinds={kind: number for kind, number in counted.items() if number},
        last=view.labels[view.last],
        baselines={view.labels[name] for name in view.comparison.baselines},
        colours={outcome.value: colour for outcome, colour in COLOURS.items()},
    )


def _about(view: View) -> str:
    first = next(iter(view.comparison.runs.values()))
    replies, cases = len(first.scores), len({score.case_id for score in first.scores})
    release = first.manifest["release"] or first.manifest["digest"][:19]
    groups = len({score.group for score in first.scores})
    return (
        f"{replies} replies a model about {cases} cases of {groups} independent patients or lesions. Release {release}. "
        "Intervals are 95 %, from resampling patients or lesions."
    )


def _is_spread(cell: Any) -> bool:
    return isinstance(cell, Interval | Difference) and cell.value == cell.value


def _is_quantity(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int | float | Interval | Difference) and not isinstance(cell, bool))
