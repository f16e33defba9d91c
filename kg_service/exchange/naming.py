"""Who is meant by a name in a file. Only ids, IRIs and whole names say so; likeness never does."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core.concept import Feature
from ..core.fold import fold
from ..core.knowledge import Knowledge
from ..store.statement import CONCEPT_BASE
from .entries import Refused
from .matching import Match, Matcher
from .row import Incoming
from .wording import short_id

_OUR_ID = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_ID = 80


class Names:
    """The concepts and features of some knowledge, and those that a file adds as its rows are read."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._matcher = Matcher(knowledge)
        self._taken: set[str] = {*knowledge.concepts, *knowledge.retired}
        self._ids: dict[str, str] = {}  # the file's own key of a new concept, its id or its name -> its id
        self._features: dict[str, set[str]] = {}
        for feature in knowledge.features.values():
            self.learn(feature)

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
        usable = key != row.pref_label and len(key) <= _LONGEST_ID and _OUR_ID.fullmatch(key) and key not in self._taken
        id_ = key if usable else short_id(row.pref_label, self._taken)
        self._taken.add(id_)
        self._ids[row.key] = self._ids[id_] = id_
        if form := fold(row.pref_label):
            self._ids.setdefault(form, id_)
        return id_

    def meant(self, name: str, column: str) -> str:
        """The id of the concept that a cell names.

        Raises:
            Refused: it is nobody's.
        """
        id_ = name.removeprefix(CONCEPT_BASE)
        found = self._ids.get(name) or self._ids.get(id_) or self._matcher.named(name) or self._ids.get(fold(name))
        if found is None:
            raise Refused(f"{name[:80]!r} is neither in the file nor a concept", column)
        return found

    def new(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of some ids that are not concepts yet."""
        return tuple(id_ for id_ in ids if id_ not in self._knowledge.concepts)

    def feature(self, name: str, column: str) -> str:
        """The id of the feature that a cell names.

        Raises:
            Refused: it is nobody's, or that of several.
        """
        holders = self._features.get(name) or self._features.get(fold(name)) or set()
        if len(holders) != 1:
            who = f"may mean {' or '.join(sorted(holders))}" if holders else "is not a feature"
            raise Refused(f"{name[:80]!r} {who}", column)
        return next(iter(holders))

    def learn(self, feature: Feature) -> None:
        """A feature that rows may name from now on."""
        self._features[feature.id] = {feature.id}
        for label in feature.labels:
            if fold(label) not in self._knowledge.features:
                self._features.setdefault(fold(label), set()).add(feature.id)
