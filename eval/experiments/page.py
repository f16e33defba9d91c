"""The report of an experiment: one HTML file, the verdict first."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ..intervals import Difference, Interval
from ..tables import Cell, number, shown
from .experiment import Findings
from .verdict import signed

TEMPLATES = Path(__file__).parents[1] / "templates"


def page(findings: Findings, experiment: str, preset: str, manifest: dict[str, Any]) -> str:
    """The HTML page. It asks the network for nothing, and is the same for the same findings."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"shown": shown, "number": number, "signed": signed}
    environment.tests["spread"] = _is_spread
    environment.tests["quantity"] = _is_quantity
    return environment.get_template("experiment.html.j2").render(
        findings=findings,
        verdict=findings.verdict,
        experiment=experiment,
        preset=preset,
        manifest=manifest,
    )


def _is_spread(cell: Cell) -> bool:
    return isinstance(cell, Interval | Difference) and not math.isnan(cell.value)


def _is_quantity(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int | float | Interval | Difference) and not isinstance(cell, bool))
