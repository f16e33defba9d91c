"""What was made from the knowledge, for people to see: the images of cases, and what a model is taught with.

Both are files that the jobs write (`cases.jsonl`, `trajectories.jsonl`). They are read once, when the service starts.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from ..core.case import Case
from ..core.errors import ConfigInvalid
from ..core.trajectory import Trajectory
from ..job import read_jsonl
from ..settings import Settings

Record = TypeVar("Record", Case, Trajectory)

# What a browser is given: pictures that hold no script.
MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A case, and where its image is to be had."""

    case: Case
    url: str


class Material:
    """Read-only, so safe to share between threads.

    Args:
        cases, trajectories: files, or run folders that hold one each. Where two hold a case of the same source and id,
            the first one counts.

    Raises:
        ConfigInvalid: there is no such file.
        RecordInvalid: a line of one is not what it should be.
    """

    def __init__(self, cases: Collection[Path] = (), trajectories: Collection[Path] = ()) -> None:
        self._images: dict[str, Path] = {}
        by_gold: dict[str, dict[str, Shown]] = defaultdict(dict)
        for folder, case in _read(cases, "cases.jsonl", Case):
            name = f"{case.source}/{case.id}"
            if name not in self._images:
                self._images[name] = folder / case.image  # an absolute path stays one
                by_gold[case.gold][name] = Shown(case, _url(name))
        self._by_gold = {gold: _one_of_each_group(found.values()) for gold, found in by_gold.items()}
        told: dict[tuple[str, str], list[Trajectory]] = defaultdict(list)
        for folder, row in _read(trajectories, "trajectories.jsonl", Trajectory):
            self._images.setdefault(_case_name(row), folder / row.image)
            for other in row.distractors:
                told[_pair(row.gold, other.concept)].append(row)
        self._told = {pair: tuple(rows) for pair, rows in told.items()}
        self.has_cases = bool(cases)
        self.has_trajectories = bool(trajectories)

    @classmethod
    def of(cls, settings: Settings) -> Material:
        """
        Raises:
            ConfigInvalid, RecordInvalid: as the class.
        """
        return cls(_paths(settings.cases), _paths(settings.trajectories))

    def cases(self, concepts: Collection[str], limit: int) -> tuple[Shown, ...]:
        """Examples of some concepts: each concept in turn, and other patients before the same one again."""
        rows = [self._by_gold[concept] for concept in sorted(concepts) if concept in self._by_gold]
        found: list[Shown] = []
        for turn in range(max(map(len, rows), default=0)):
            found += [row[turn] for row in rows if turn < len(row)]
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def count(self, concepts: Collection[str]) -> int:
        """How many cases there are of some concepts."""
        return sum(len(self._by_gold.get(concept, ())) for concept in concepts)

    def trajectories(self, a: str, b: str) -> tuple[Trajectory, ...]:
        """Those that weigh one of the two against the other, in the order of their files."""
        return self._told.get(_pair(a, b), ())

    def image(self, source: str, case: str) -> Path | None:
        """The file of a case's image. None where no file that was read names this case, or it is no picture."""
        found = self._images.get(f"{source}/{case}")
        return found if found is not None and found.suffix.lower() in MEDIA_TYPES and found.is_file() else None

    def image_url(self, row: Trajectory) -> str:
        """The address of the image that a trajectory is about."""
        return _url(_case_name(row))


def _read(paths: Collection[Path], name: str, kind: type[Record]) -> Iterator[tuple[Path, Record]]:
    for path in paths:
        file = path / name if path.is_dir() else path
        if not file.is_file():
            raise ConfigInvalid(f"there is no {name} at {path}; name the file or the folder of the run that wrote it")
        for row in read_jsonl(file, kind):
            yield file.parent, row


def _one_of_each_group(found: Collection[Shown]) -> tuple[Shown, ...]:
    """The first image of every patient or lesion, then the second, and so on."""
    turns: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, Shown]] = []
    for shown in found:
        ranked.append((turns[shown.case.group], shown))
        turns[shown.case.group] += 1
    return tuple(shown for _, shown in sorted(ranked, key=lambda pair: pair[0]))


def _case_name(row: Trajectory) -> str:
    """A trajectory is called source/case/turn/kind, a case source/id."""
    return row.id.rsplit("/", 2)[0]


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _url(name: str) -> str:
    return f"/cases/{quote(name)}"


def _paths(setting: str) -> list[Path]:
    return [Path(part) for part in setting.split(os.pathsep) if part.strip()]
