"""Score runs as a report reads them, and whether they may stand side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.job import read_jsonl

from ..metrics import is_open
from ..prediction import Place, Prediction, place_of
from ..score import Score


@dataclass(frozen=True)
class Run:
    """One model's finished score run: scores in the order of their places, predictions by them.

    `overlap` and `official` are what the score job left beside them, None where it did not.
    """

    name: str
    manifest: dict[str, Any]
    scores: tuple[Score, ...]
    predictions: Mapping[Place, Prediction]
    overlap: dict[str, Any] | None = None
    official: dict[str, Any] | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(place_of(score) for score in self.scores)

    @property
    def opened(self) -> list[Score]:
        """The answers to the open question about the real image, which most metrics are about."""
        return [score for score in self.scores if is_open(score)]


def read_run(folder: Path) -> Run:
    """A score run directory.

    Raises:
        RecordInvalid: it is unfinished, or its predictions have gone.
    """
    manifest = _json(folder / "manifest.json")
    if manifest is None:
        raise RecordInvalid(f"{folder} is no finished score run; run `python -m eval score` first")
    scores = tuple(sorted(read_jsonl(folder / "scores.jsonl", Score), key=place_of))
    predictions = {place_of(row): row for row in read_jsonl(Path(manifest["config"]["predictions"]), Prediction)}
    beside = (_json(folder / f"{name}.json") for name in ("overlap", "official"))
    return Run(manifest["model"], manifest, scores, predictions, *beside)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RecordInvalid(f"{path} is broken ({error}); run `python -m eval score` again") from error


def check_comparable(runs: Sequence[Run], *, across_releases: bool = False) -> None:
    """Refuse to set side by side what was measured with different rulers.

    Raises:
        ConfigInvalid: two runs have one name, another reward, other questions, or (unless told) another release.
    """
    first, *others = runs
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        raise ConfigInvalid(f"two runs have one name ({', '.join(names)}); predict them under different names")
    for run in others:
        for key, what in (("digest", "release"), ("spec_digest", "reward specification")):
            if run.manifest[key] != first.manifest[key] and not (key == "digest" and across_releases):
                allow = "" if key == "spec_digest" else " To compare all the same, set across_releases=true."
                raise ConfigInvalid(
                    f"{first.name} and {run.name} were scored with a different {what} ({first.manifest[key][:19]}… and "
                    f"{run.manifest[key][:19]}…), so their numbers do not compare. Score both again with one.{allow}"
                )
        if run.places != first.places:
            raise ConfigInvalid(
                f"{first.name} ({len(first.scores)} rows) and {run.name} ({len(run.scores)} rows) were not asked about "
                "the same cases; predict both on the same cases file, splits and questions, with the same seed"
            )
