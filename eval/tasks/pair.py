"""Two concepts weighed against each other, in both orders; and, as in Winoground, with an image of each.

A pair (a, b) is asked of every case of a and of every case of b, once with the gold first and once with it last. Cases
of a and of b are matched one to one into groups: a group is four questions, of which a model that only prefers a name,
or a place, gets at most half right.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from kg_service.core.case import Case
from kg_service.core.choice import Rule
from kg_service.core.concept import Strength
from kg_service.core.knowledge import Knowledge

from .question import Draft, Question

_STRONGEST = list(Strength)


def drafts(
    cases: Sequence[Case], pool: Sequence[Case], knowledge: Knowledge, question: Question, seed: int
) -> Iterator[Draft]:
    """For each case and pair two questions. A case whose gold has nothing to be weighed against has none.

    `about` holds the `pair` (its two ids in alphabetical order, as a differential's), `rule`, `order` ("gold-first" or
    "gold-last"), `right`, `against`, the `strength` where the two are a differential, and `group` where the case is
    matched with one of the other concept.
    """
    by_gold: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        by_gold[knowledge.gold(case.gold)].append(case.id)
    everywhere = sorted({knowledge.gold(case.gold) for case in pool})
    pairs: set[tuple[str, str]] = set()
    for gold in sorted(by_gold):
        pairs |= {
            (min(gold, other), max(gold, other))
            for other in _others(gold, sorted(by_gold), everywhere, knowledge, question, seed)
        }
    group = {pair: _groups(pair, by_gold, seed) for pair in sorted(pairs)}
    for case in cases:
        gold = knowledge.gold(case.gold)
        for pair in sorted(pairs):
            if gold not in pair:
                continue
            other = pair[1] if gold == pair[0] else pair[0]
            name = "--".join(pair)
            about = {"pair": name, "rule": question.rule.value, "right": gold, "against": other}
            if edge := knowledge.ddx.between(gold, other):
                about["strength"] = edge.strength.value
            if case.id in group[pair]:
                about["group"] = f"{name}/{group[pair][case.id]}"
            labels = (knowledge.label(gold), knowledge.label(other))
            yield Draft(case, labels, {**about, "order": "gold-first"}, question.wording)
            yield Draft(case, labels[::-1], {**about, "order": "gold-last"}, question.wording)


def _others(
    gold: str, here: Sequence[str], everywhere: Sequence[str], knowledge: Knowledge, question: Question, seed: int
) -> list[str]:
    """What to weigh a gold against: first those that have cases too, then by strength (rule ddx), then drawn."""
    if question.rule is Rule.DDX:
        candidates = list(knowledge.ddx.neighbour_ids(gold))
    elif question.rule is Rule.SIBLING:
        candidates = [child for above in knowledge.taxonomy.parents(gold) for child in knowledge.children(above)]
    else:
        candidates = list(everywhere)
    usable = sorted({one for one in candidates if not knowledge.same_line(one, gold)})
    random.Random(f"{seed}/pair/{question.rule.value}/{gold}").shuffle(usable)

    def order(other: str) -> tuple[bool, int]:
        edge = knowledge.ddx.between(gold, other) if question.rule is Rule.DDX else None
        return other not in here, _STRONGEST.index(edge.strength) if edge else 0

    return sorted(usable, key=order)[: question.against]


def _groups(pair: tuple[str, str], by_gold: dict[str, list[str]], seed: int) -> dict[str, int]:
    """Case id -> number of its group: the cases of one end, shuffled, beside those of the other."""
    ends = [list(by_gold.get(end, ())) for end in pair]
    for end, ids in zip(pair, ends, strict=True):
        random.Random(f"{seed}/group/{'--'.join(pair)}/{end}").shuffle(ids)
    return {case: number for number, two in enumerate(zip(*ends, strict=False)) for case in two}
