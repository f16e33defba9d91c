"""Rows of an edit, each understood on its own: which concept it means, and what of it is news.

Only ids, IRIs and whole names say who is meant; likeness never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from ..core.concept import (
    REVIEWED,
    UNREVIEWED,
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    Polarity,
    Strength,
)
from ..core.fold import fold
from ..core.knowledge import Knowledge
from ..store.statement import CONCEPT_BASE
from .cells import COLUMN_OF
from .document import Gone, Meaning, Pair, Sign, Trait
from .entries import (
    ConceptAdded,
    ConceptEdit,
    Entry,
    MeaningEdit,
    Nothing,
    PairEdit,
    Refused,
    SignEdit,
    TraitEdit,
)
from .matching import Match, Matcher, forms_of
from .row import LONGEST_LABEL, LONGEST_SOURCE, MOST_ITEMS, Incoming, beyond_limits, certain, is_iri, is_text
from .wording import short_id

Word = TypeVar("Word", bound=StrEnum)

_OUR_ID = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_ID = 80


class Reader:
    """Understands the rows of one file against one state of the knowledge.

    Args:
        stated: the fields of `Concept` that the file speaks of.
        source: the provenance that new statements are given.
        under: the concept under which new rows without a parent are filed; empty for the top.
    """

    def __init__(self, knowledge: Knowledge, stated: frozenset[str], source: str, under: str) -> None:
        self._knowledge = knowledge
        self._matcher = Matcher(knowledge)
        self._stated = stated
        self._source = source
        self._under = under
        self._taken: set[str] = {*knowledge.concepts, *knowledge.retired}
        self._ids: dict[str, str] = {}  # the file's own key of a new concept -> its id
        self._crosswalk = {(entry.dataset, entry.label): entry for entry in knowledge.crosswalk}
        self._features: dict[str, set[str]] = {}
        for feature in knowledge.features.values():
            self._learn(feature)

    # -- concepts ------------------------------------------------------------------------------------------------

    def identify(self, row: Incoming) -> str:
        """The id of the concept that a row means, a fresh one where it is new. To be asked once a row.

        Raises:
            Refused: it means a concept that goes by another id, one that is retired, or nobody can say.
        """
        key = row.key.removeprefix(CONCEPT_BASE)
        if key in self._knowledge.concepts:
            return key
        if key in self._knowledge.retired:
            now = " or ".join(self._knowledge.successors(key))
            raise Refused(f"{key!r} is retired; {f'use {now}' if now else 'nothing replaces it'}", "id")
        if not row.pref_label:
            raise Refused(
                "it has no preferred label, and no id of ours" if not key else f"no concept has the id {key!r}"
            )
        match = self._matcher.match(row)
        if isinstance(match, str):
            raise Refused(match, "prefLabel")
        if isinstance(match, Match):
            raise Refused(
                f"{row.pref_label!r} is {match.concept} already ({match.how}); give the row this id to edit it", "id"
            )
        made = short_id(row.pref_label, self._taken)
        usable = key != row.pref_label and len(key) <= _LONGEST_ID and _OUR_ID.fullmatch(key) and key not in self._taken
        id_ = key if usable else made
        self._taken.add(id_)
        self._ids[row.key] = self._ids[id_] = id_
        if form := fold(row.pref_label):
            self._ids.setdefault(form, id_)
        return id_

    def concept(self, id_: str, row: Incoming) -> Entry:
        """
        Raises:
            Refused: a cell cannot be used.
        """
        if long := beyond_limits(row):
            raise Refused(long)
        old = self._knowledge.concepts.get(id_)
        return self._edited(old, row) if old is not None else self._added(id_, row)

    def _added(self, id_: str, row: Incoming) -> Entry:
        parents, needs = self._parents(id_, row)
        concept = Concept(
            id=id_,
            pref_label=_label(row.pref_label, "prefLabel"),
            parents=parents or ((self._under,) if self._under else ()),
            condition=_condition(row),
            alt_labels=tuple(_label(label, "altLabels") for label in row.alt_labels),
            hidden_labels=tuple(_label(label, "hiddenLabels") for label in row.hidden_labels),
            ambiguous_labels=tuple(_label(label, "ambiguousLabels") for label in row.ambiguous_labels),
            definition=_text(row.definition, "definition"),
            profile=row.profile,
            exact_match=_iris(row.exact_match, "exactMatch"),
            close_match=_iris(row.close_match, "closeMatch"),
            source=_source(row.source, "source") or self._source,
            review_status=UNREVIEWED,
        )
        return ConceptAdded(concept, needs)

    def _edited(self, old: Concept, row: Incoming) -> Entry:
        said: dict[str, Any] = {}
        needs: tuple[str, ...] = ()
        now = self._row_of(old)
        if "pref_label" in self._stated and row.pref_label != now.pref_label:
            said["pref_label"] = _label(row.pref_label, "prefLabel")
        said |= self._labels(old, row, now)
        if "condition" in self._stated and _condition(row) is not old.condition:
            said["condition"] = row.condition
        if "parents" in self._stated:
            parents, needs = self._parents(old.id, row)
            if parents[:1] != old.parents[:1] or set(parents) != set(old.parents):
                said["parents"] = parents
        for field, check in (("definition", _text), ("source", _source), ("review_status", _reviewed)):
            if field in self._stated and getattr(row, field) != getattr(now, field):
                said[field] = check(getattr(row, field), COLUMN_OF.get(field, field))
        for field in ("exact_match", "close_match"):
            if field in self._stated and set(getattr(row, field)) != set(getattr(now, field)):
                said[field] = _iris(getattr(row, field), COLUMN_OF[field])
        if "profile" in self._stated and dict(row.profile) != dict(old.profile):
            said["profile"] = row.profile
        return ConceptEdit(old.id, said, needs)

    def _row_of(self, old: Concept) -> Incoming:
        """What the file would say of a concept if nobody had touched it."""
        whole = "ambiguous_labels" in self._stated
        return Incoming(
            key=old.id,
            pref_label=old.pref_label,
            alt_labels=old.alt_labels if whole else tuple(certain(old.alt_labels, old)),
            hidden_labels=old.hidden_labels if whole else tuple(certain(old.hidden_labels, old)),
            definition=old.definition,
            exact_match=old.exact_match,
            close_match=old.close_match,
            ambiguous_labels=old.ambiguous_labels,
            source=old.source,
            review_status=old.review_status,
        ).tidy()

    def _labels(self, old: Concept, row: Incoming, now: Incoming) -> dict[str, tuple[str, ...]]:
        said: dict[str, tuple[str, ...]] = {}
        for field in ("alt_labels", "hidden_labels", "ambiguous_labels"):
            before, after = getattr(now, field), getattr(row, field)
            # A synonym that became the preferred label has not been taken away.
            if field not in self._stated or set(after) == set(before) - {row.pref_label}:
                continue
            column = COLUMN_OF.get(field, field)
            known: tuple[str, ...] = getattr(old, field)
            unsaid = [label for label in known if " ".join(label.split()) not in before]
            kept = [label for label in known if label in after or label in unsaid]
            said[field] = (*kept, *(_label(label, column) for label in after if label not in known))
        if "pref_label" in self._stated and row.pref_label != now.pref_label and "alt_labels" not in said:
            # As every renaming does: the old name stays a synonym, unless the row says what the synonyms are.
            said["alt_labels"] = (*(label for label in old.alt_labels if label != row.pref_label), old.pref_label)
        return said

    def _parents(self, id_: str, row: Incoming) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(ids, those of them that are new)."""
        found = tuple(dict.fromkeys(self._meant(name, "parents") for name in row.parents))
        if id_ in found:
            raise Refused("a cycle: it is said to be its own parent", "parents")
        return found, self._new(found)

    # -- what is said about concepts -----------------------------------------------------------------------------

    def trait(self, trait: Trait) -> Entry:
        """
        Raises:
            Refused: see `concept`.
        """
        concept = self._meant(trait.concept, "concept")
        feature = self._feature(trait.feature, "feature")
        polarity = None if trait.remove else _word(trait.polarity, Polarity, "polarity")
        return TraitEdit(concept, feature, polarity, self._new((concept,)))

    def pair(self, pair: Pair) -> Entry:
        """
        Raises:
            Refused: see `concept`.
        """
        a, b = sorted((self._meant(pair.a, "a"), self._meant(pair.b, "b")))
        if a == b:
            raise Refused("a concept cannot be told from itself", "b")
        id_, needs = f"{a}--{b}", self._new((a, b))
        old = self._knowledge.ddx.between(a, b)
        if pair.remove:
            return PairEdit(id_, None, needs)
        strength = _word(pair.strength, Strength, "strength") if pair.strength is not None else None
        features = pair.features and tuple(sorted({self._feature(name, "features") for name in pair.features}))
        if features and len(features) > MOST_ITEMS:
            raise Refused(f"more than {MOST_ITEMS} features", "features")
        if not (strength or old) or not (features or (old and features is None)):
            raise Refused("a differential needs a strength and at least one feature", "features")
        edge = old or Differential(a, b, strength or Strength.WEAK, features or (), self._source)
        said: dict[str, Any] = {"strength": strength or edge.strength}
        if features and set(features) != set(edge.features):
            said["features"] = features
        if pair.source is not None and (old or pair.source):
            said["source"] = _source(pair.source, "source")
        if pair.review_status:
            said["review_status"] = _reviewed(pair.review_status, "reviewStatus")
        return PairEdit(id_, replace(edge, **said), needs)

    def meaning(self, meaning: Meaning) -> Entry:
        """
        Raises:
            Refused: see `concept`.
        """
        key = meaning.dataset, meaning.label
        old = self._crosswalk.get(key)
        if old is None:
            key = _named(meaning.dataset, "dataset"), _named(meaning.label, "label")
            old = self._crosswalk.get(key)
        if meaning.remove:
            return MeaningEdit(key, None)
        if meaning.concepts is None:
            raise Refused("the sheet has no such column, so it says nothing", "concepts")
        concepts = tuple(dict.fromkeys(self._meant(name, "concepts") for name in meaning.concepts))
        if old and set(concepts) == set(old.concepts) and meaning.source in (None, old.source):
            return MeaningEdit(key, old)
        source = meaning.source if meaning.source is not None else old.source if old else self._source
        entry = CrosswalkEntry(*key, concepts, _source(source, "source"))
        return MeaningEdit(key, entry, self._new(concepts))

    def sign(self, sign: Sign) -> Entry:
        """
        Raises:
            Refused: see `concept`.
        """
        new, old = sign.feature, self._knowledge.features.get(sign.feature.id)
        for label in new.labels:
            _named(label, "label")
        _text(new.definition, "definition")
        _source(new.source, "source")
        _reviewed(new.review_status, "reviewStatus")
        if old is None:
            self._learn(new)
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
        return Nothing()

    # -- words ---------------------------------------------------------------------------------------------------

    def _meant(self, name: str, column: str) -> str:
        id_ = name.removeprefix(CONCEPT_BASE)
        found = self._ids.get(name) or self._ids.get(id_) or self._matcher.named(name) or self._ids.get(fold(name))
        if found is None:
            raise Refused(f"{name[:80]!r} is neither in the file nor a concept", column)
        return found

    def _new(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(id_ for id_ in ids if id_ not in self._knowledge.concepts)

    def _feature(self, name: str, column: str) -> str:
        holders = self._features.get(name) or self._features.get(fold(name)) or set()
        if len(holders) != 1:
            who = f"may mean {' or '.join(sorted(holders))}" if holders else "is not a feature"
            raise Refused(f"{name[:80]!r} {who}", column)
        return next(iter(holders))

    def _learn(self, feature: Feature) -> None:
        self._features[feature.id] = {feature.id}
        for label in feature.labels:
            if fold(label) not in self._knowledge.features:
                self._features.setdefault(fold(label), set()).add(feature.id)


def _alike(a: object, b: object) -> bool:
    return set(a) == set(b) if isinstance(a, tuple) and isinstance(b, tuple) else a == b


def _word(text: str, words: type[Word], column: str) -> Word:
    plain = " ".join(text.split()).casefold()
    if plain not in set(words):
        raise Refused(f"{text[:40]!r} is none of {', '.join(words)}", column)
    return words(plain)


def _condition(row: Incoming) -> Condition | None:
    if row.condition is not None and not isinstance(row.condition, Condition):
        raise Refused(f"{str(row.condition)[:80]!r} is none of {', '.join(Condition)}", "condition")
    return row.condition


def _label(text: str, column: str) -> str:
    if not text:
        raise Refused("it is empty", column)
    if not forms_of(_text(text, column)):
        raise Refused(f"{text[:80]!r} has no Latin letter or digit, by which names are compared", column)
    return text


def _named(text: str, column: str) -> str:
    """A name of something that is no concept: letters of any script will do."""
    bare = _text(text, column).strip()
    if not 0 < len(bare) <= LONGEST_LABEL:
        raise Refused(f"needs 1 to {LONGEST_LABEL} letters", column)
    return bare


def _source(text: str, column: str) -> str:
    if len(text) > LONGEST_SOURCE:
        raise Refused(f"has more than {LONGEST_SOURCE} letters", column)
    return _text(text, column)


def _reviewed(word: str, column: str) -> str:
    if word not in (REVIEWED, UNREVIEWED):
        raise Refused(f"{word[:40]!r} is neither {REVIEWED} nor {UNREVIEWED}", column)
    return word


def _text(text: str, column: str) -> str:
    if not is_text(text):
        raise Refused("it holds control signs, which are no text", column)
    return text


def _iris(iris: tuple[str, ...], column: str) -> tuple[str, ...]:
    if wrong := [iri for iri in iris if not is_iri(iri)]:
        raise Refused(f"{wrong[0][:200]!r} is not an IRI", column)
    return iris
