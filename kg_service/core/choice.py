"""Multiple-choice questions: which concepts are offered beside the gold, in which order, in training and evaluation.

The published questions (arXiv 2511.14900, section 4) offer one to three concepts of the case's own path and fill up
from the same dataset: rule `PATH`. All other rules never offer two concepts on one line of the hierarchy, so that
exactly one option is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .errors import OptionsInvalid
from .knowledge import Knowledge


class Rule(StrEnum):
    """Where the wrong options come from. `RANDOM`: other golds of the data. `PATH`: as published, see above.

    `SIBLING`: children of the gold's parents. `DDX`: the distractor rule of `core.ddx`, the hardest. Where a rule has
    too few, golds of the data fill up, and the choice says so.
    """

    RANDOM = "random"
    PATH = "path"
    SIBLING = "sibling"
    DDX = "ddx"


@dataclass(frozen=True, slots=True)
class Choice:
    """One question's options: concept ids in the order shown, and for each where it comes from.

    `via` is `gold`, `path` (an ancestor of the gold), `sibling`, `random`, or what `core.ddx.Via` says.
    """

    concepts: tuple[str, ...]
    via: tuple[str, ...]

    def labels(self, knowledge: Knowledge) -> tuple[str, ...]:
        """The preferred labels, as `core.answer.instruction` and `parse` take them."""
        return tuple(knowledge.label(concept) for concept in self.concepts)

    @property
    def gold(self) -> int:
        """The place of the gold among the options, from 0."""
        return self.via.index("gold")


def offer(
    knowledge: Knowledge,
    gold: str,
    rule: Rule,
    pool: Iterable[str],
    chance: random.Random,
    *,
    count: int = 4,
) -> Choice:
    """The options of one question.

    Args:
        gold: concept id of the right answer.
        pool: the golds of the data, from which `RANDOM` draws and every rule fills up.
        chance: decides draws and order; the same state, the same question.
        count: options in all.

    Raises:
        OptionsInvalid: the rule and the pool together have fewer than `count` - 1 concepts that may stand beside the
            gold.
    """
    chosen = {gold: "gold"}
    if rule is Rule.PATH:
        above = list(knowledge.lineage(gold))[:-1]
        for concept in chance.sample(above, min(len(above), chance.randint(0, min(2, count - 1)))):
            chosen[concept] = "path"
    elif rule is Rule.SIBLING:
        family = {child for parent in knowledge.taxonomy.parents(gold) for child in knowledge.children(parent)}
        _add(chosen, knowledge, sorted(family), "sibling", count, chance)
    elif rule is Rule.DDX:
        via, near = knowledge.ddx.distractors(gold)
        _add(chosen, knowledge, near, via.value, count, chance)
    _add(chosen, knowledge, sorted(set(pool)), "random", count, chance)
    if len(chosen) < count:
        raise OptionsInvalid(
            f"only {len(chosen)} of {count} options can be found for {knowledge.label(gold)!r} by the rule "
            f"{rule.value!r}; ask fewer options, or give data with more diagnoses"
        )
    order = list(chosen)
    chance.shuffle(order)
    return Choice(tuple(order), tuple(chosen[concept] for concept in order))


def _add(
    chosen: dict[str, str],
    knowledge: Knowledge,
    candidates: Sequence[str],
    via: str,
    count: int,
    chance: random.Random,
) -> None:
    """Draw candidates until `count` are chosen, none on one line with the gold or with another drawn option.

    Groups of the gold's own path are passed over: what else belongs to them is wrong all the same.
    """
    for concept in chance.sample(candidates, len(candidates)):
        if len(chosen) >= count:
            return
        if not any(knowledge.same_line(concept, other) for other, how in chosen.items() if how != "path"):
            chosen[concept] = via
