"""Textbook passages: a JSONL file of `Passage` rows, each about the disease that its heading names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl

from ..reading import Reader


def read(path: Path, knowledge: Knowledge) -> dict[str, tuple[Passage, ...]]:
    """Concept id -> passages about it, in the order of the file.

    Raises:
        RecordInvalid: the file is missing or a line is not a passage.
    """
    return by_concept(read_jsonl(path, Passage), Reader(knowledge))


def by_concept(passages: Iterable[Passage], reader: Reader) -> dict[str, tuple[Passage, ...]]:
    """Passages whose heading names exactly one disease, by that disease. The others cannot be cited for anything."""
    found: dict[str, tuple[Passage, ...]] = {}
    for passage in passages:
        about = [id_ for id_ in reader.named(passage.heading) if id_ in reader.knowledge.concepts]
        if len(about) == 1:
            found[about[0]] = (*found.get(about[0], ()), passage)
    return found
