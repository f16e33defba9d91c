"""What evaluation data share with training data: exact facts, counted and listed.

Five things tie an evaluation case to a training case: the same image bytes; the same patient or lesion of one dataset;
the same image number of the ISIC archive, under which several datasets publish the same picture (ISIC 2018 task 3 is
HAM10000, ISIC 2019 holds HAM10000 and BCN20000); and the same `twin`, the name that `synth cases` gives to
near-duplicates where it read both in one run. Near-duplicates in files that were written apart are not looked for
here: read all datasets in one `synth cases` run to find them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg_service.core.case import Case

from .prediction import picture_of

Cases = tuple[Sequence[Case], Path]

# "ISIC_0024306", with what some mirrors append ("_downsampled").
_ARCHIVE = re.compile(r"isic_(\d{7})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tie:
    """One fact that ties an evaluation case to a training case (the first of several that it would name)."""

    kind: str
    what: str
    train: str
    test: str
    sources: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Overlap:
    """`train` and `test` count cases; `tied` those of test that any tie touches."""

    train: int
    test: int
    tied: int
    ties: tuple[Tie, ...]

    def as_json(self) -> dict[str, Any]:
        """With a table by pair of sources: how many evaluation cases each kind of tie touches."""
        pairs: dict[tuple[str, str], list[Tie]] = defaultdict(list)
        for tie in self.ties:
            pairs[tie.sources].append(tie)
        table = [
            {
                "train_source": train,
                "test_source": test,
                "cases": len({tie.test for tie in ties}),
                **dict(sorted(Counter(tie.kind for tie in ties).items())),
            }
            for (train, test), ties in sorted(pairs.items())
        ]
        return {
            "train": self.train,
            "test": self.test,
            "tied": self.tied,
            "table": table,
            "ties": [asdict(tie) for tie in self.ties],
        }


def overlap(train: Cases, test: Cases) -> Overlap:
    """What two sets of cases share. One tie for each evaluation case, kind and training source.

    Args:
        train, test: cases, and the folder that their image paths start from.

    Raises:
        ImageUnreadable: an image file is missing.
    """
    known: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in train[0]:
        for fact in facts(case, train[1]):
            known[fact].append(case)
    ties: dict[tuple[str, str, str], Tie] = {}
    for case in test[0]:
        for kind, what in facts(case, test[1]):
            for other in known.get((kind, what), ()):
                tie = Tie(kind, what, other.id, case.id, (other.source, case.source))
                ties.setdefault((case.id, kind, other.source), tie)
    found = tuple(ties.values())
    return Overlap(len(train[0]), len(test[0]), len({tie.test for tie in found}), found)


def facts(case: Case, folder: Path) -> Iterator[tuple[str, str]]:
    """(kind, value) of everything that a case could share with another."""
    path, digest = picture_of(case, folder)
    yield "image", digest
    if case.patient:
        yield "patient", f"{case.source}/{case.patient}"
    if case.lesion:
        yield "lesion", f"{case.source}/{case.lesion}"
    if number := _ARCHIVE.search(Path(path).stem) or _ARCHIVE.search(case.id):
        yield "isic-archive", f"ISIC_{number[1]}"
    if case.twin:
        yield "twin", case.twin
