"""The configuration of a report."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from kg_service.client import KnowledgeSource


class ReportConfig(BaseModel):
    """`python -m eval report`.

    `runs` and `baselines` are score run directories; `pairs` are (a, b) for "a minus b"; `curves` maps a name to a
    `metrics.jsonl`; `labels` maps run names to what people read; `probes` names the baselines that are classifiers on a
    model's own encoder. `browse` is how many cases the report shows. `overlap` is an `overlap.json`; without it the one
    that a score run wrote is shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = "Evaluation"
    cases: Path
    runs: tuple[Path, ...] = Field(min_length=1)
    baselines: tuple[Path, ...] = ()
    probes: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    labels: dict[str, str] = {}
    curves: dict[str, Path] = {}
    overlap: Path | None = None
    primary: str = "reward"
    browse: int = Field(default=36, ge=0)
    resamples: int = 2000
    seed: int = 0
    across_releases: bool = False
    knowledge: KnowledgeSource
