"""The sheets of a workbook and their columns: the one list that writing and reading go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.concept import REVIEWED, UNREVIEWED, Condition, Polarity, Strength
from .cells import COLUMNS

REMOVE = "remove"

CONCEPTS, FEATURES, DIFFERENTIALS, CROSSWALK = "Concepts", "Features", "Differentials", "Crosswalk"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its width in characters, and the words to choose from where only those are allowed."""

    name: str
    width: int = 24
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet and its columns; without the `needed` ones a row says nothing."""

    name: str
    columns: tuple[Column, ...]
    needed: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _columns(names: Sequence[str], **more: Column) -> tuple[Column, ...]:
    return tuple(more.get(name, Column(name)) for name in names)


_REMOVE = Column(REMOVE, 10, (REMOVE,))

SHEETS = (
    Sheet(
        CONCEPTS,
        _columns(
            COLUMNS,
            id=Column("id", 32),
            prefLabel=Column("prefLabel", 36),
            condition=Column("condition", 22, tuple(Condition)),
            altLabels=Column("altLabels", 48),
            definition=Column("definition", 60),
            exactMatch=Column("exactMatch", 40),
        ),
        (),
    ),
    Sheet(
        FEATURES,
        (
            Column("concept", 32),
            Column("feature", 32),
            Column("polarity", 16, tuple(Polarity)),
            _REMOVE,
        ),
        ("concept", "feature", "polarity"),
    ),
    Sheet(
        DIFFERENTIALS,
        (
            Column("a", 32),
            Column("b", 32),
            Column("strength", 12, tuple(Strength)),
            Column("features", 48),
            Column("source", 32),
            Column("reviewStatus", 14, (REVIEWED, UNREVIEWED)),
            _REMOVE,
        ),
        ("a", "b"),
    ),
    Sheet(
        CROSSWALK,
        (Column("dataset", 16), Column("label", 36), Column("concepts", 48), _REMOVE),
        ("dataset", "label"),
    ),
)
