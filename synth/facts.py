"""The FactPack: all a writer may say about one case, taken from the pinned release before a word is written."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence

from kg_service.core.case import Case
from kg_service.core.concept import Polarity
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Distractor, FactPack, Passage
from kg_service.job import dump_record

OFFERED = 4  # distractors in one pack


def build(
    case: Case,
    knowledge: Knowledge,
    chance: random.Random,
    passages: Mapping[str, Sequence[Passage]] | None = None,
    familiar: Collection[str] = (),
) -> FactPack:
    """The facts of one case.

    Args:
        chance: draws the distractors from the candidates of `core.ddx`.
        passages: concept id -> textbook passages about it.
        familiar: distractors to prefer; where none of the candidates is among them, all are drawn from.
    """
    via, candidates = knowledge.ddx.distractors(case.gold)
    candidates = [concept for concept in candidates if concept in familiar] or candidates
    drawn = chance.sample(candidates, min(OFFERED, len(candidates)))
    lineage = knowledge.lineage(case.gold)
    about = (*lineage, *drawn)
    quoted = [passage for concept in lineage[1:] for passage in (passages or {}).get(concept, ())]
    return FactPack(
        case_id=case.id,
        gold=case.gold,
        condition=case.condition or knowledge.condition(case.gold),
        lineage=lineage,
        distractors=tuple(Distractor(concept, str(via)) for concept in drawn),
        findings=case.findings,
        profiles=tuple(
            (concept, tuple(sorted(knowledge.profile(concept).items()))) for concept in dict.fromkeys(about)
        ),
        passages=tuple(quoted),
    )


def profile_of(pack: FactPack, concept: str) -> dict[str, Polarity]:
    """Feature id -> polarity of one concept of the pack; empty for any other."""
    return next((dict(rows) for name, rows in pack.profiles if name == concept), {})


def digest(record: object) -> str:
    """`sha256:` of a record's canonical JSON line."""
    return "sha256:" + hashlib.sha256(dump_record(record).encode()).hexdigest()


def digest_of_text(*parts: str) -> str:
    """`sha256:` of some strings; where one ends and the next begins counts."""
    return "sha256:" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
