"""The FactPack: all a writer may say about one case, taken from the pinned release before a word is written."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from kg_service.core.case import Case
from kg_service.core.concept import Polarity
from kg_service.core.ddx import Via
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import digest_of
from kg_service.core.trajectory import Distractor, FactPack, Passage
from kg_service.job import dump_record

OFFERED = 4  # distractors in one pack


class Shelf:
    """What many packs share, worked out once: profiles as packs hold them, their digests, and who is weighed."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._profiles: dict[str, tuple[tuple[str, Polarity], ...]] = {}
        self._digests: dict[str, str] = {}
        self._offered: dict[str, tuple[Via, tuple[str, ...]]] = {}
        self._lineages: dict[str, tuple[str, ...]] = {}

    def profile(self, concept: str) -> tuple[tuple[str, Polarity], ...]:
        """(feature id, Polarity) of a concept, by feature id."""
        if (found := self._profiles.get(concept)) is None:
            found = self._profiles[concept] = tuple(sorted(self.knowledge.profile(concept).items()))
        return found

    def lineage(self, concept: str) -> tuple[str, ...]:
        """From a top concept down to the concept."""
        if (found := self._lineages.get(concept)) is None:
            found = self._lineages[concept] = self.knowledge.lineage(concept)
        return found

    def distractors(self, gold: str) -> tuple[Via, tuple[str, ...]]:
        """The candidates of `core.ddx`."""
        if (found := self._offered.get(gold)) is None:
            found = self._offered[gold] = self.knowledge.ddx.distractors(gold)
        return found

    def digest(self, pack: FactPack) -> str:
        """`sha256:` of all that a pack of this shelf holds. A profile counts by its own digest, a passage by its id,
        which is one."""
        own = dump_record(replace(pack, profiles=(), passages=()))
        profiles = (part for concept, _ in pack.profiles for part in (concept, self._digest(concept)))
        return digest_of_text(own, *profiles, *(passage.id for passage in pack.passages))

    def _digest(self, concept: str) -> str:
        if (found := self._digests.get(concept)) is None:
            parts = (part for feature, polarity in self.profile(concept) for part in (feature, polarity.value))
            found = self._digests[concept] = digest_of_text(*parts)
        return found


def build(
    case: Case,
    knowledge: Knowledge,
    chance: random.Random,
    passages: Mapping[str, Sequence[Passage]] | None = None,
    familiar: Collection[str] = (),
    shelf: Shelf | None = None,
) -> FactPack:
    """The facts of one case.

    Args:
        chance: draws the distractors from the candidates of `core.ddx`.
        passages: concept id -> textbook passages about it.
        familiar: distractors to prefer; where none of the candidates is among them, all are drawn from.
        shelf: of the same knowledge, for who builds many packs.
    """
    shelf = shelf or Shelf(knowledge)
    via, candidates = shelf.distractors(case.gold)
    candidates = [concept for concept in candidates if concept in familiar] or candidates
    drawn = chance.sample(candidates, min(OFFERED, len(candidates)))
    lineage = shelf.lineage(case.gold)
    about = (*lineage, *drawn)
    return FactPack(
        case_id=case.id,
        gold=case.gold,
        condition=case.condition or knowledge.condition(case.gold),
        lineage=lineage,
        distractors=tuple(Distractor(concept, str(via)) for concept in drawn),
        findings=case.findings,
        profiles=tuple((concept, shelf.profile(concept)) for concept in dict.fromkeys(about)),
        passages=tuple(passages_on(lineage, passages or {})),
    )


def passages_on(lineage: Sequence[str], passages: Mapping[str, Sequence[Passage]]) -> list[Passage]:
    """The passages about a disease or what stands above it, but for the top concept."""
    return [passage for concept in lineage[1:] for passage in passages.get(concept, ())]


def digest_of_text(*parts: str) -> str:
    """`sha256:` of some strings; where one ends and the next begins counts."""
    return digest_of("\x1f".join(parts).encode())
