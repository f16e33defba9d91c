"""Textbook passages: a JSONL file of `Passage` rows, each about the disease that its headings name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl

from . import roles
from .glossary import Glossary
from .quoting import REPORT, caps, rationed


def path_of(named: str, run_dir: Path) -> Path:
    """The file of passages that a configuration names; where it names none, that of the run directory."""
    return Path(named) if named else run_dir / "passages.jsonl"


def by_book(passages: Iterable[Passage]) -> list[list[Passage]]:
    """The passages of each book, books and passages in the order in which they come."""
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.source, []).append(passage)
    return list(found.values())


def read(path: Path, knowledge: Knowledge) -> dict[str, tuple[Passage, ...]]:
    """Concept id -> passages about it, in the order of the file. Beside the report of the textbooks' run, each book is
    quoted within its share.

    Raises:
        RecordInvalid: the file is missing, or a line is not a passage.
    """
    passages = list(read_jsonl(path, Passage))
    if (path.parent / REPORT).is_file():
        passages = rationed(passages, caps(path.parent))
    return by_concept(passages, knowledge)


def by_concept(passages: Iterable[Passage], knowledge: Knowledge) -> dict[str, tuple[Passage, ...]]:
    """Passages about a disease, by that disease and marked with it. The others cannot be cited for anything."""
    found: dict[str, list[Passage]] = {}
    for book in by_book(passages):
        glossary = Glossary(knowledge, book)
        for passage in book:
            if concept := about(passage, glossary):
                found.setdefault(concept, []).append(replace(passage, about=concept))
    return {concept: tuple(held) for concept, held in found.items()}


def about(passage: Passage, glossary: Glossary) -> str:
    """The disease that a passage is about in the book of the glossary, or "".

    A caption's own words come before its headings, since plates stand where there is room.
    """
    if passage.role == roles.CAPTION:
        named = {mention.id for mention in glossary.mentions(passage.text)}
        if len(named) == 1:
            return named.pop()
    return glossary.about(passage.headings)
