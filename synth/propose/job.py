"""`python -m synth propose`: passages -> mentions.jsonl, candidates.jsonl, proposals.jsonl, and proposals sent."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from kg_service.client import load
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl, write_json, write_jsonl, write_manifest

from ..textbook import passages as textbook
from ..textbook.glossary import Glossary
from . import asking, rules, sending, standing
from .candidate import Candidate, Kind, Linked, Standing
from .offers import Offer, Refusal, offers
from .settings import ProposeConfig

LONGEST = 20_000  # characters of a passage that is read


def make(config: ProposeConfig, knowledge: Knowledge, run_dir: Path, *, send: str = "") -> dict[str, Any]:
    """Read the passages, write what they say and the release might hold, and offer it where a service is named.

    Args:
        send: the address of a knowledge service; empty sends nothing.

    Returns:
        Counts: passages, mentions, candidates by kind and standing, proposals, and what became of those sent.

    Raises:
        RecordInvalid: no passages, or a line is none.
        ConfigInvalid: proposals shall be sent and there is no token.
        KnowledgeUnavailable, Unauthenticated, Forbidden: the service takes none; a later run goes on.
    """
    bearer = sending.token(config.token_env) if send else ""
    path = textbook.path_of(config.passages, run_dir)
    found = rules.Found()
    linked: list[Linked] = []
    asked: list[Candidate] = []
    fared: Counter[str] = Counter()
    books = by_book(read_jsonl(path, Passage))
    for passages in tqdm(books, desc="books", file=sys.stderr, disable=None):
        glossary = Glossary(knowledge, passages)
        linked += rules.link(passages, glossary)
        rules.read(passages, glossary, found)
        if config.model.name:
            said, how = asking.read(config.model, run_dir / "model", passages, glossary)
            asked += [asking.by_model(each, config.model.name) for each in standing.candidates(said, knowledge)]
            fared += how
    held = standing.merged([*standing.candidates(found, knowledge), *asked])
    made, refused = offers(held, knowledge, config.floors.confidence)
    write_jsonl(run_dir / "mentions.jsonl", linked)
    write_jsonl(run_dir / "candidates.jsonl", held)
    write_jsonl(run_dir / "proposals.jsonl", [_row(offer) for offer in made])
    report = summary(books, linked, held, made, refused)
    if config.model.name:
        report["model"] = dict(sorted(fared.items()))
    write_json(run_dir / "propose-report.json", report)
    write_manifest(
        run_dir, job="synth propose", config=config, release=knowledge.release, digest=knowledge.digest, inputs=[path]
    )
    if send:
        report |= {"sent": sending.send(made, send, bearer, run_dir / "sent.jsonl")}
    return report


def expected(config: ProposeConfig, run_dir: Path) -> list[str]:
    """What `make` would do, for a dry run: passages, and the calls, tokens and cost of a model where one is named."""
    path = textbook.path_of(config.passages, run_dir)
    if not path.is_file():
        return [f"{path} does not exist yet; run `python -m synth textbook` first"]
    books = by_book(read_jsonl(path, Passage))
    lines = [f"{sum(map(len, books))} passages of {len(books)} books in {path}, read by rules"]
    if config.model.name:
        knowledge = load(config.knowledge)
        for book in books:
            found = asking.estimate(config.model, run_dir / "model", book, Glossary(knowledge, book))
            lines.append(
                f"{book[0].source}, read by {config.model.name}: {found.calls} calls, about {found.tokens} tokens, "
                f"cost {found.cost:.2f}"
            )
    return [*lines, f"offered from a confidence of {config.floors.confidence:g} on; sent only with --send URL"]


def by_book(passages: Iterable[Passage]) -> list[list[Passage]]:
    """The passages of each book that can be read.

    Captions say nothing of their own. What is longer than any paragraph is a file gone wrong, or a list of thousands of
    names of which every two would make a pair: it is not read.
    """
    fit = (passage for passage in passages if passage.role != "caption" and len(passage.text) <= LONGEST)
    return textbook.by_book(fit)


def summary(
    books: list[list[Passage]], linked: list[Linked], held: list[Candidate], made: list[Offer], refused: list[Refusal]
) -> dict[str, Any]:
    """The counts of a run, and what was refused with its reason."""
    counts = Counter((candidate.kind, candidate.standing) for candidate in held)
    about = {row.about for row in linked if row.about}
    return {
        "passages": sum(map(len, books)),
        "mentions": len(linked),
        "diseases": len(about),
        "candidates": {
            kind.value: {standing.value: counts[kind, standing] for standing in Standing if counts[kind, standing]}
            for kind in Kind
        },
        "proposals": len(made),
        "refused": [asdict(refusal) for refusal in refused],
    }


def _row(offer: Offer) -> dict[str, object]:
    """What people read of a proposal that was not sent."""
    return {
        "concept": offer.concept,
        "key": offer.key,
        "changes": [change.sentence() for change in offer.changes],
        "candidates": list(offer.candidates),
        "message": offer.message,
    }
