"""The HTML page, from its parts. It asks the network for nothing and holds no script."""

from __future__ import annotations

from collections.abc import Sequence

from ..outcome import Outcome
from ..rendering import template
from .browser import Card
from .part import Part, View
from .parts.outcomes import COLOURS
from .words import caveats, verdicts


def page(title: str, view: View, parts: Sequence[Part], cards: Sequence[Card]) -> str:
    """
    Args:
        cards: the case browser, left out where there is none.
    """
    kinds = [outcome.value for outcome in Outcome]
    counted = {kind: sum(kind in card.kinds for card in cards) for kind in ("missed", *kinds)}
    return template("report.html.j2").render(
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
        f"{replies} replies a model about {cases} cases of {groups} independent patients or lesions. Release "
        f"{release}. Intervals are 95 %, from resampling patients or lesions."
    )
