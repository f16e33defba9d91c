"""Rows about features, differentials and crosswalks, each understood on its own: what should hold after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..core.concept import CrosswalkEntry, Differential, Polarity, Strength
from ..core.fold import basic
from ..core.knowledge import Knowledge
from .checks import checked_name, checked_source, checked_text, review_word, word_of
from .document import Gone, Meaning, Pair, Sign, Trait
from .entries import Entry, MeaningEdit, Nothing, PairEdit, Refused, SignEdit, TraitEdit
from .naming import Names
from .row import MOST_ITEMS


class StatementReader:
    """Understands such rows of one file against one state of the knowledge.

    Args:
        source: the provenance that new statements are given.
    """

    def __init__(self, knowledge: Knowledge, names: Names, source: str) -> None:
        self._knowledge = knowledge
        self._names = names
        self._source = source
        self._crosswalk = {(basic(entry.dataset), basic(entry.label)): entry for entry in knowledge.crosswalk}

    def trait(self, trait: Trait) -> Entry:
        """
        Raises:
            Refused: a cell cannot be used.
        """
        concept = self._names.meant(trait.concept, "concept")
        feature = self._names.feature(trait.feature, "feature")
        polarity = None if trait.remove else word_of(trait.polarity, Polarity, "polarity")
        return TraitEdit(concept, feature, polarity, self._names.new((concept,)))

    def pair(self, pair: Pair) -> Entry:
        """
        Raises:
            Refused: a cell cannot be used.
        """
        a, b = sorted((self._names.meant(pair.a, "a"), self._names.meant(pair.b, "b")))
        if a == b:
            raise Refused("a concept cannot be told from itself", "b")
        id_, needs = f"{a}--{b}", self._names.new((a, b))
        old = self._knowledge.ddx.between(a, b)
        if pair.remove:
            return PairEdit(id_, None, needs)
        strength = word_of(pair.strength, Strength, "strength") if pair.strength is not None else None
        features = pair.features and tuple(sorted({self._names.feature(name, "features") for name in pair.features}))
        if features and len(features) > MOST_ITEMS:
            raise Refused(f"more than {MOST_ITEMS} features", "features")
        if not (strength or old) or not (features or (old and features is None)):
            raise Refused("a differential needs a strength and at least one feature", "features")
        edge = old or Differential(a, b, strength or Strength.WEAK, features or (), self._source)
        said: dict[str, Any] = {"strength": strength or edge.strength}
        if features and set(features) != set(edge.features):
            said["features"] = features
        if pair.source is not None and (old or pair.source):
            said["source"] = checked_source(pair.source, "source")
        if pair.review_status:
            said["review_status"] = review_word(pair.review_status, "reviewStatus")
        return PairEdit(id_, replace(edge, **said), needs)

    def meaning(self, meaning: Meaning) -> Entry:
        """
        Raises:
            Refused: a cell cannot be used.
        """
        old = self._crosswalk.get((basic(meaning.dataset), basic(meaning.label)))
        if old is not None:
            key = old.dataset, old.label
        else:
            key = checked_name(meaning.dataset, "dataset"), checked_name(meaning.label, "label")
        if meaning.remove:
            return MeaningEdit(key, None)
        if meaning.concepts is None:
            raise Refused("the sheet has no such column, so it says nothing", "concepts")
        concepts = tuple(dict.fromkeys(self._names.meant(name, "concepts") for name in meaning.concepts))
        if old and set(concepts) == set(old.concepts) and meaning.source in (None, old.source):
            return MeaningEdit(key, old)
        source = meaning.source if meaning.source is not None else old.source if old else self._source
        entry = CrosswalkEntry(*key, concepts, checked_source(source, "source"))
        return MeaningEdit(key, entry, self._names.new(concepts))

    def sign(self, sign: Sign) -> Entry:
        """
        Raises:
            Refused: a cell cannot be used.
        """
        new, old = sign.feature, self._knowledge.features.get(sign.feature.id)
        for label in new.labels:
            checked_name(label, "label")
        checked_text(new.definition, "definition")
        checked_source(new.source, "source")
        review_word(new.review_status, "reviewStatus")
        if old is None:
            self._names.learn(new)
            return SignEdit(new)
        said = {field: getattr(new, field) for field in sign.stated}
        return SignEdit(replace(old, **{f: value for f, value in said.items() if not _alike(value, getattr(old, f))}))

    def gone(self, gone: Gone) -> Entry:
        """
        Raises:
            Refused: the id is not retired so.
        """
        if self._knowledge.retired.get(gone.retired.id) != gone.retired:
            raise Refused(f"retiring {gone.retired.id} is a proposal of its own, and no part of an import")
        return Nothing(("concept", gone.retired.id))


def _alike(a: object, b: object) -> bool:
    return set(a) == set(b) if isinstance(a, tuple) and isinstance(b, tuple) else a == b
