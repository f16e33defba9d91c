"""Textbook passages: a JSONL file of `Passage` rows, each about the disease that its headings name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl

from ..reading import Reader
from . import roles


def read(path: Path, knowledge: Knowledge) -> dict[str, tuple[Passage, ...]]:
    """Concept id -> passages about it, in the order of the file.

    Raises:
        RecordInvalid: the file is missing or a line is not a passage.
    """
    return by_concept(read_jsonl(path, Passage), Reader(knowledge))


def by_concept(passages: Iterable[Passage], reader: Reader) -> dict[str, tuple[Passage, ...]]:
    """Passages whose headings name a disease, by that disease. The others cannot be cited for anything."""
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        if concept := about(passage, reader):
            found.setdefault(concept, []).append(passage)
    return {concept: tuple(held) for concept, held in found.items()}


def about(passage: Passage, reader: Reader) -> str:
    """The disease of the innermost heading that names exactly one, or "".

    A caption's own words come before its headings, since plates stand where there is room. A heading that weighs
    diseases ("How is the ulcer to be distinguished from syphilis?") may name only the other one, so it is asked last.
    """
    path = passage.path or (passage.heading,)
    weighing = [heading for heading in reversed(path) if roles.of_heading(heading) == roles.DIFFERENTIAL]
    plain = [heading for heading in reversed(path) if heading not in weighing]
    own = (passage.text,) if passage.role == roles.CAPTION else ()
    for heading in (*own, *plain, *weighing):
        named = sorted(id_ for id_ in reader.named(heading) if id_ in reader.knowledge.concepts)
        if len(named) == 1:
            return named[0]
    return ""
