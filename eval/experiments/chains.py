"""Finished chain runs (`eval.chain`), read back: scores, training curves, and the release they were made with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kg_service.client import KnowledgeSource, load
from kg_service.core.errors import KnowledgeUnavailable, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl

from ..intervals.seeds import Measured
from ..metrics import is_open, ratios
from ..score import Score
from ..service import serving


@dataclass(frozen=True)
class Finished:
    """The run directory of one finished chain."""

    folder: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """`summary.json`.

        Raises:
            RecordInvalid: the chain has not come to its end.
        """
        try:
            return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordInvalid(
                f"{self.folder} is no finished chain run ({error}); start `eval chain` again"
            ) from error

    @property
    def release(self) -> str:
        return self.summary["release"]

    @property
    def digest(self) -> str:
        return self.summary["digest"]

    @property
    def models(self) -> list[str]:
        """Names of the models, baselines left out, sorted."""
        return list(self.summary["models"])

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines, sorted."""
        return list(self.summary["baselines"])

    def scores(self, name: str) -> list[Score]:
        """The scores of a model or a baseline, by case and sample.

        Raises:
            RecordInvalid: the chain has none of that name.
        """
        found = read_jsonl(self.folder / "scores" / name / "scores.jsonl", Score)
        return sorted(found, key=lambda score: (score.case_id, score.sample))

    def measured(self, name: str, knowledge: Knowledge) -> Measured:
        """The metrics' columns over the open questions about real images, and the group of each row.

        Rows of two models of one run correspond one to one.
        """
        scores = [score for score in self.scores(name) if is_open(score)]
        return ratios(scores, knowledge), [score.group for score in scores]

    def curve(self, stage: str) -> list[dict[str, Any]]:
        """The training log of a stage, empty where it left none."""
        path = self.folder / stage / "metrics.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []

    def knowledge(self) -> Knowledge:
        """The release of the run, from the client's cache, else from the run's own service, started once more.

        Raises:
            KnowledgeUnavailable: that service does not start.
            DigestMismatch: its data folder now gives another release.
        """
        pinned = json.loads((self.folder / "chain" / "service.json").read_text(encoding="utf-8"))
        # Nobody listens on port 9: a pinned digest is taken from the cache, or not at all.
        source = KnowledgeSource(url="http://127.0.0.1:9", release=pinned["release"], digest=pinned["digest"])
        try:
            return load(source)
        except KnowledgeUnavailable:
            with serving(self.folder) as served:
                return load(source.model_copy(update={"url": served.url}))


def one_knowledge(runs: Sequence[Finished]) -> Knowledge:
    """The one release of several runs.

    Raises:
        RecordInvalid: they were made with different releases, and their numbers do not compare.
    """
    digests = {run.digest for run in runs}
    if len(digests) != 1:
        raise RecordInvalid(f"the runs {', '.join(str(run.folder) for run in runs)} were made with different releases")
    return runs[0].knowledge()
