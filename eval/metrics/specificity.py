"""How much an answer says: 1 for a leaf of the hierarchy, 0 for saying nothing.

I(v) = 1 - log |leaves(v)| / log |leaves(scheme)| (Valmadre, NeurIPS 2022, "Hierarchical classification at multiple
operating points", with every leaf equally likely). The scheme as a whole is no concept; it stands for saying nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kg_service.core.knowledge import Knowledge

from ..score import Score
from .diagnosis import is_open
from .ratio import Ratio, column


def specificity(knowledge: Knowledge) -> dict[str, float]:
    """I(v) of every concept, in [0, 1]. A concept is never less specific than what stands above it."""
    taxonomy = knowledge.taxonomy
    whole = np.log(max(2, sum(taxonomy.is_leaf(concept) for concept in taxonomy.ids)))
    return {concept: 1 - float(np.log(taxonomy.count_leaves(concept)) / whole) for concept in taxonomy.ids}


def ratios(scores: Sequence[Score], knowledge: Knowledge) -> dict[str, Ratio]:
    """Means of I over open answers.

    - specificity: of what is said; an answer that names nothing counts 0.
    - right_specificity: the same, and an answer that is neither the gold nor above it counts 0 too.
    - gold_specificity: of the golds, the most that can be right.
    """
    told = specificity(knowledge)
    kept = column(scores, is_open)
    said = column(scores, lambda s: told[s.predicted] if s.predicted else 0.0)
    right = column(scores, lambda s: bool(s.predicted) and s.meet_level == s.predicted_level)
    gold = column(scores, lambda s: told[s.gold])
    return {
        "specificity": Ratio(said * kept, kept),
        "right_specificity": Ratio(said * right * kept, kept),
        "gold_specificity": Ratio(gold * kept, kept),
    }
