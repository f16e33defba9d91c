"""What a text says, read the way the student reads it: sentences, and the diseases and features named in each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kg_service.core.knowledge import Knowledge
from kg_service.core.mentions import Mention

_SENTENCE = re.compile(r"[^.;!?\n]+[.;!?]*")
_QUOTED = re.compile(r"“([^”]*)”")
REMEMBERED = 1 << 16  # sentences, and what is found out about each; a run of many rows repeats them


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A stretch of text up to a full stop or semicolon. Mentions count from its own start; quotations are left out.

    `rest` is the text without its mentions and quotations. A reader gives one object for one text, so that what is
    found out about a sentence can be remembered with it (sentences are compared by identity).
    """

    text: str
    concepts: tuple[Mention, ...]
    features: tuple[Mention, ...]
    rest: str


def quotations(text: str) -> tuple[str, ...]:
    """The spans in quotation marks."""
    return tuple(_QUOTED.findall(text)) if "“" in text else ()


def blank(text: str) -> str:
    """The text with every quotation replaced by spaces of the same length."""
    return _QUOTED.sub(lambda match: " " * len(match.group()), text) if "“" in text else text


class Reader:
    """Finds mentions with the release's own finder; where a disease and a feature overlap, the longer name counts."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._read = lru_cache(REMEMBERED)(self._sentence)

    def sentences(self, text: str) -> tuple[Sentence, ...]:
        """The sentences of a text. One inside a quotation does not end there."""
        if "“" not in text:
            parts = (match.group().strip() for match in _SENTENCE.finditer(text))
        else:
            hidden = blank(text)
            parts = (text[match.start() : match.end()].strip() for match in _SENTENCE.finditer(hidden))
        return tuple(self._read(part) for part in parts if part.strip(".;!? "))

    def named(self, text: str) -> frozenset[str]:
        """The ids of every disease and feature named in a text."""
        found = self.sentences(text)
        return frozenset(m.id for sentence in found for m in (*sentence.concepts, *sentence.features))

    def _sentence(self, text: str) -> Sentence:
        visible = blank(text)
        concepts = self.knowledge.concept_mentions(visible)
        features = self.knowledge.feature_mentions(visible, concepts)
        if concepts and features:
            named = tuple(c for c in concepts if not any(_overlap(c, f) and _size(f) > _size(c) for f in features))
            seen = tuple(f for f in features if not any(_overlap(c, f) and _size(c) >= _size(f) for c in concepts))
            concepts, features = named, seen
        kept = list(visible)
        for mention in (*concepts, *features):
            kept[mention.start : mention.end] = " " * (mention.end - mention.start)
        return Sentence(text, concepts, features, "".join(kept))


def _overlap(a: Mention, b: Mention) -> bool:
    return a.start < b.end and b.start < a.end


def _size(mention: Mention) -> int:
    return mention.end - mention.start
