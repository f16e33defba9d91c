"""The Scribe: from beliefs about the gold to a whole reply, whatever was asked.

A belief is a weight for each gold of the training cases. An option is worth what the golds on its line of the hierarchy
are worth, so a baseline that was fitted on golds can choose between any concepts.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from kg_service.core.answer import ABSTAIN, Answer, render
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from ..prediction import Request, Task

Beliefs = Mapping[str, float]


class Scribe:
    """Writes replies in the project's own format.

    Args:
        train: the cases a baseline may learn from: their golds, and the conditions these mostly have.

    Raises:
        ConfigInvalid: there is none.
        GoldUnresolved: a gold is no concept of this release.
    """

    def __init__(self, train: Sequence[Case], knowledge: Knowledge) -> None:
        if not train:
            raise ConfigInvalid("a baseline needs training cases; name their splits")
        self.knowledge = knowledge
        self.golds = [knowledge.gold(case.gold) for case in train]
        self.groups = [case.group for case in train]
        counted = Counter(self.golds)
        self.prior: Beliefs = {gold: counted[gold] / len(train) for gold in sorted(counted)}
        self._conditions: dict[str, Counter[Condition]] = {}
        for case, gold in zip(train, self.golds, strict=True):
            stated = case.condition or knowledge.condition(gold)
            members = [stated] if stated else [knowledge.condition(leaf) for leaf in knowledge.taxonomy.leaves(gold)]
            self._conditions.setdefault(gold, Counter()).update(one for one in members if one)
        self._rows = [[case.id, case.gold, case.condition] for case in train]

    def answer(self, request: Request, beliefs: Beliefs, rationale: str) -> str:
        """The reply to any question, from beliefs about the gold. Asked for a condition, it says the likeliest."""
        if request.options is not None:
            return self.choose(request, self.pick(request.options, beliefs), rationale, beliefs)
        gold = best(beliefs)
        condition = self._likeliest(beliefs if request.task is Task.CONDITION else {gold: 1.0})
        return self._write(request, self.knowledge.label(gold), condition, rationale)

    def name(self, request: Request, gold: str, rationale: str) -> str:
        """The reply that names a gold, with the condition it mostly has."""
        return self._write(request, self.knowledge.label(gold), self._likeliest({gold: 1.0}), rationale)

    def choose(self, request: Request, place: int, rationale: str, beliefs: Beliefs | None = None) -> str:
        """The reply that takes the option at a place, with the likeliest condition of the golds on its line."""
        assert request.options is not None
        believed = self.prior if beliefs is None else beliefs
        concept = self.concepts(request.options)[place]
        near = {gold: weight for gold, weight in believed.items() if concept and self._on_line(concept, gold)}
        own = self.knowledge.condition(concept) if concept else None
        condition = own or self._likeliest(near if sum(near.values()) else self.prior)
        return self._write(request, request.options[place], condition, rationale)

    def abstain(self, request: Request, rationale: str) -> str:
        """The reply that names nothing."""
        return self._write(request, ABSTAIN, self._likeliest(self.prior), rationale)

    def concepts(self, options: Sequence[str]) -> list[str | None]:
        """What each option names, None for no single concept (such as "cannot be determined")."""
        ids = self.knowledge.taxonomy.ids
        return [ids[row] if row >= 0 else None for row in self.knowledge.rows_of(options)]

    def worth(self, options: Sequence[str], beliefs: Beliefs) -> list[float]:
        """The weight of the golds on each option's line of the hierarchy, 0 for what names nothing."""
        return [
            sum(weight for gold, weight in beliefs.items() if self._on_line(concept, gold)) if concept else 0.0
            for concept in self.concepts(options)
        ]

    def pick(self, options: Sequence[str], beliefs: Beliefs) -> int:
        """The place of the option worth most, the first of equals; where options below it are offered, of those."""
        concepts, worth = self.concepts(options), self.worth(options, beliefs)
        left = list(range(len(options)))
        while True:
            place = max(left, key=lambda at: worth[at])
            left = [at for at in range(len(options)) if self._below(concepts[at], concepts[place])]
            if not left:
                return place

    def fingerprint(self, name: str) -> str:
        """Of the baseline's name, the release and every training row."""
        content = json.dumps([name, self.knowledge.digest, self._rows], sort_keys=True)
        return "sha256:" + hashlib.sha256(content.encode()).hexdigest()

    def _on_line(self, concept: str, gold: str) -> bool:
        return self.knowledge.same_line(concept, gold)

    def _below(self, concept: str | None, above: str | None) -> bool:
        return concept is not None and above is not None and self.knowledge.is_ancestor(above, concept)

    def _likeliest(self, beliefs: Beliefs) -> Condition:
        worth: dict[Condition, float] = dict.fromkeys(Condition, 0.0)
        for gold, weight in beliefs.items():
            counted = self._conditions[gold]
            for condition, count in counted.items():
                worth[condition] += weight * count / counted.total()
        return max(sorted(worth), key=lambda one: worth[one])

    def _write(self, request: Request, diagnosis: str, condition: Condition, rationale: str) -> str:
        return render(Answer(rationale, diagnosis, condition), dialect=request.dialect)


def best(beliefs: Beliefs) -> str:
    """The gold worth most, the first in the alphabet of equals."""
    return max(sorted(beliefs), key=lambda gold: beliefs[gold])
