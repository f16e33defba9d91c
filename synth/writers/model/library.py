"""The sentences of textbooks that a model may quote, the same number for every disease that the books know."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg_service.core.trajectory import Passage

from ...facts import passages_on
from ...reading import Reader
from ...textbook.quoting import quotable

_EACH, _SENTENCES = 2, 3  # passages of one disease, and sentences of one passage


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of a passage: whole sentences, none of which names a disease that it is `about`, by concept id."""

    passage: str
    text: str
    about: tuple[str, ...]


class Library:
    """Textbook passages by the concept they are about."""

    def __init__(self, passages: Mapping[str, Sequence[Passage]], reader: Reader) -> None:
        self._passages = passages
        self._reader = reader
        self._known: dict[str, tuple[tuple[Passage, str], ...]] = {}

    def excerpts(self, diseases: Sequence[str], shown: str, chance: random.Random) -> list[Excerpt]:
        """Passages about some diseases, in any order.

        Where the answer is not `shown`, each disease that has any gets the same number, and one disease alone gets
        none: that there is a passage must not tell which disease is right.

        Args:
            shown: the disease that is told to the model, empty where it has to choose.
        """
        found = {id_: list(self._about(id_)) for id_ in ([shown] if shown else diseases)}
        found = {id_: rows for id_, rows in found.items() if rows}
        if not shown and len(found) < 2:
            return []
        each = min(_EACH, *map(len, found.values())) if found else 0
        about: dict[str, tuple[str, list[str]]] = {}
        for id_, rows in found.items():
            for passage, text in chance.sample(rows, each):
                about.setdefault(passage.id, (text, []))[1].append(id_)
        listed = [Excerpt(id_, text, tuple(sorted(diseases_))) for id_, (text, diseases_) in sorted(about.items())]
        chance.shuffle(listed)
        return listed

    def _about(self, id_: str) -> tuple[tuple[Passage, str], ...]:
        """Passages that the packs of a disease hold, with what is shown of them."""
        if id_ not in self._known:
            knowledge = self._reader.knowledge
            own = {id_, *knowledge.descendants(id_)}
            held = passages_on(knowledge.lineage(id_), self._passages)
            texts = [(passage, self._sentences(passage, own)) for passage in held]
            self._known[id_] = tuple((passage, text) for passage, text in texts if text)
        return self._known[id_]

    def _sentences(self, passage: Passage, own: set[str]) -> str:
        told = [sentence for sentence in quotable(passage) if not self._reader.named(sentence) & own]
        return " ".join(f"{sentence}." for sentence in told[:_SENTENCES])
