"""What every row is made with: the release, the writer, the textbooks, and the rows beside it."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg_service.core.answer import instruction
from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Passage
from kg_service.job import file_digest, write_text

from .. import facts, textbook
from ..chance import number
from ..checks import Corpus
from ..reading import Reader
from ..settings import SynthConfig, Write
from ..writers import OfflineWriter, Writer

PROMPT = facts.digest_of_text(instruction())


@dataclass(frozen=True)
class Workshop:
    """What every row is made with. `folder` is where the paths of images start."""

    knowledge: Knowledge
    reader: Reader
    writer: Writer
    passages: Mapping[str, Sequence[Passage]]
    corpus: Corpus
    familiar: frozenset[str]
    shelf: facts.Shelf
    settings: Write
    seed: int
    folder: Path


def workshop(
    config: SynthConfig,
    knowledge: Knowledge,
    cases: Sequence[Case],
    digests: Mapping[str, str],
    *,
    folder: Path = Path(),
    model: Path | None = None,
) -> Workshop:
    """Set up for one run.

    Args:
        cases: those of all splits.
        digests: case id -> digest of its image.
        folder: where the paths of images start.
        model: the folder of a model's answers. Without it the offline writer is taken whatever the configuration says:
            for those who only read.
    """
    reader, settings = Reader(knowledge), config.write
    passages = textbook.read(Path(settings.passages), knowledge) if settings.passages else {}
    return Workshop(
        knowledge=knowledge,
        reader=reader,
        writer=hire(config, knowledge, reader, passages, model),
        passages=passages,
        corpus=corpus(config, cases, digests),
        familiar=frozenset(case.gold for case in cases) if settings.familiar else frozenset(),
        shelf=facts.Shelf(knowledge),
        settings=settings,
        seed=config.seed,
        folder=folder,
    )


def hire(
    config: SynthConfig,
    knowledge: Knowledge,
    reader: Reader,
    passages: Mapping[str, Sequence[Passage]],
    model: Path | None,
) -> Writer:
    """The writer that the configuration names."""
    if config.write.writer == "model" and model is not None:
        from ..writers.model import ModelWriter

        return ModelWriter(knowledge, config.model, model, config.write.style, reader, passages)
    return OfflineWriter(knowledge, config.write.style, reader, config.seed)


def corpus(config: SynthConfig, cases: Sequence[Case], digests: Mapping[str, str]) -> Corpus:
    """No row yet, and the groups that must stay out."""
    held_out = [case for case in cases if case.split in config.write.held_out]
    return Corpus(held_out, digests, everywhere=config.write.style == "full")


def cases_path(config: SynthConfig, run_dir: Path) -> Path:
    return Path(config.write.cases) if config.write.cases else run_dir / "cases.jsonl"


def image_digests(cases: Sequence[Case], folder: Path, remembered: Path | None = None) -> dict[str, str]:
    """Case id -> sha256 of its image file.

    Args:
        remembered: a file that keeps digests between runs. A file of another size or time is read anew.

    Raises:
        ImageUnreadable: a file is missing.
    """
    kept: dict[str, list[str | int]] = {}
    if remembered is not None and remembered.is_file():
        kept = json.loads(remembered.read_text())
    found: dict[str, str] = {}
    fresh = False
    for case in cases:
        path = folder / case.image
        try:
            state = path.stat()
            known = kept.get(case.image, [])
            if known[1:] != [state.st_size, state.st_mtime_ns]:
                known = kept[case.image] = [file_digest(path), state.st_size, state.st_mtime_ns]
                fresh = True
        except OSError as error:
            raise ImageUnreadable(f"{path} (case {case.id}) cannot be read: {error.strerror}") from error
        found[case.id] = str(known[0])
    if remembered is not None and fresh:
        write_text(remembered, json.dumps(kept))
    return found


def pack_of(shop: Workshop, case: Case, turn: int) -> FactPack:
    """The facts of a case in one round."""
    chance = random.Random(number(shop.seed, f"facts/{case.source}/{case.id}/{turn}"))
    return facts.build(case, shop.knowledge, chance, shop.passages, shop.familiar, shop.shelf)
