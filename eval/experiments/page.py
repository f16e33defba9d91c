"""The report of an experiment: one HTML file, the verdict first."""

from __future__ import annotations

from typing import Any

from ..rendering import template
from .experiment import Findings
from .verdict import signed


def page(findings: Findings, experiment: str, preset: str, manifest: dict[str, Any]) -> str:
    """The HTML page. It asks the network for nothing, and is the same for the same findings."""
    return template("experiment.html.j2", signed=signed).render(
        findings=findings,
        verdict=findings.verdict,
        experiment=experiment,
        preset=preset,
        manifest=manifest,
    )
