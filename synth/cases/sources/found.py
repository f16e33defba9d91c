"""Rows of several sources -> those that name one concept, each with what it means and where its image is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg_service.core.errors import GoldUnresolved, RecordInvalid
from kg_service.core.knowledge import Knowledge

from ..prints import MISSING
from . import CROSSWALKS, READERS, SHARED
from .meaning import Unknown, golds
from .row import Row
from .settings import Source


@dataclass(frozen=True, slots=True)
class Found:
    """A row with the number of its source, the concept its label means, and where its image is or will be."""

    row: Row
    source: Source
    place: int
    gold: str
    image: Path

    @property
    def group(self) -> str:
        """The patient, lesion or image, under a name that datasets with common lesions share."""
        return f"{SHARED.get(self.source.name, self.source.called)}/{self.row.group}"


def find_rows(
    sources: Sequence[Source], knowledge: Knowledge, run_dir: Path, skipped: Counter[str]
) -> tuple[list[Found], list[Unknown]]:
    """The usable rows of all sources, in order, and the labels that their source allows to name no single concept.

    Args:
        skipped: counts here why rows are left out.

    Raises:
        GoldUnresolved: every label that must name one concept and does not, with the rows that carry it.
        RecordInvalid, ConfigInvalid: files that are not the dataset's, a row that stands twice.
    """
    rows = [_rows(source, skipped) for source in sources]
    meant, unknown = _meanings(rows, sources, knowledge)
    return _found(rows, sources, meant, run_dir, skipped), unknown


def _rows(source: Source, skipped: Counter[str]) -> list[Row]:
    """The rows of one source to which the dataset gives a diagnosis.

    Raises:
        RecordInvalid: the dataset has no rows, or one stands twice.
    """
    rows = list(READERS[source.name](source))
    if not rows:
        raise RecordInvalid(f"{source.called} in {source.folder} has no rows; fetch it again")
    twice = [id_ for id_, count in Counter(row.id for row in rows).items() if count > 1]
    if twice:
        raise RecordInvalid(
            f"{len(twice)} ids stand twice in {source.called}: {', '.join(twice[:5])}. The metadata repeats rows, or "
            "two images bear one name; remove the repeated rows"
        )
    skipped.update(row.left_out for row in rows if row.left_out)
    return [row for row in rows if not row.left_out]


def _crosswalk(row: Row, source: Source) -> str:
    return source.dataset or row.dataset or CROSSWALKS.get(source.name, source.name)


def _meanings(
    rows: Sequence[list[Row]], sources: Sequence[Source], knowledge: Knowledge
) -> tuple[dict[tuple[str, str], str], list[Unknown]]:
    """(dataset, label) -> concept, and the labels that their source allows to name none.

    Raises:
        GoldUnresolved: every other label that names no single concept, with the rows that carry it.
    """
    meant: dict[tuple[str, str], str] = {}
    allowed: list[Unknown] = []
    problems: list[str] = []
    for source, mine in zip(sources, rows, strict=True):
        known, unknown = golds([(row.id, _crosswalk(row, source), row.label) for row in mine], knowledge)
        meant |= known
        if source.unresolved == "skip":
            allowed += unknown
        else:
            problems += [f"{source.called}: {one}" if len(sources) > 1 else str(one) for one in unknown]
    if problems:
        names = ", ".join(source.called for source in sources)
        raise GoldUnresolved(
            f"{len(problems)} labels of {names} name no single concept of release {knowledge.release or 'draft'}; "
            'nothing was written. Set unresolved = "skip" to leave such rows out:',
            tuple(problems),
        )
    return meant, allowed


def _found(
    rows: Sequence[list[Row]],
    sources: Sequence[Source],
    meant: dict[tuple[str, str], str],
    run_dir: Path,
    skipped: Counter[str],
) -> list[Found]:
    """The rows that have a gold and, where missing images are skipped, an image; at most `limit` of each source."""
    found: list[Found] = []
    for place, (source, mine) in enumerate(zip(sources, rows, strict=True)):
        kept = 0
        for row in mine:
            gold = meant.get((_crosswalk(row, source), row.label), "")
            image = run_dir / "images" / row.image if row.pixels else row.image.resolve()
            if not gold:
                skipped["its label names no single concept"] += 1
            elif source.skip_unreadable and not row.pixels and not image.is_file():
                skipped[MISSING] += 1
            elif not source.limit or kept < source.limit:
                found.append(Found(row, source, place, gold, image))
                kept += 1
    return found
