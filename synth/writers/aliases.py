"""References: short names for everything a fact pack holds, the same for every text written from it."""

from __future__ import annotations

from itertools import chain
from operator import itemgetter

from kg_service.core.trajectory import FactPack

_ID = itemgetter(0)  # a pack has some three hundred statements, and every row asks


def aliases_of(pack: FactPack) -> dict[str, str]:
    """Id -> alias: C1.. the lineage from the top, N1.. distractors, F1.. features by id, P1.. passages.

    A name that is not in this list cannot be cited: an invented reference is impossible for a writer that is given it.
    """
    statements = chain.from_iterable(rows for _, rows in pack.profiles)
    features = sorted(dict.fromkeys(map(_ID, statements)))  # runs in order, which sorting is quick with
    found = {concept: f"C{place}" for place, concept in enumerate(pack.lineage, start=1)}
    found |= {d.concept: f"N{place}" for place, d in enumerate(pack.distractors, start=1)}
    found |= {feature: f"F{place}" for place, feature in enumerate(features, start=1)}
    return found | {passage.id: f"P{place}" for place, passage in enumerate(pack.passages, start=1)}
