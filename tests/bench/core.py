"""Scoring and resolving in the trainer's own process."""

from __future__ import annotations

import random

from kg_service.core.content import Content
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of
from kg_service.core.reward import PAPER, score_column, score_labels

from .clock import Table, best, seconds

_PAIRS = 100_000


def measure(content: Content, table: Table) -> tuple[Knowledge, float]:
    """Fill the column of this size. Returns the knowledge and the seconds that one pair takes."""
    size = len(content.concepts)
    payload = snapshot_of(content.knowledge())
    loaded = best(lambda: load_snapshot(payload), 2)
    table.put("snapshot", size, f"{len(payload) / 1e6:.1f} MB")
    table.put("load a snapshot", size, f"{loaded * 1e3:,.0f} ms")
    knowledge = load_snapshot(payload)
    rng = random.Random(0)
    ids = knowledge.taxonomy.ids
    golds = [rng.choice(ids) for _ in range(_PAIRS)]
    labels = [knowledge.label(rng.choice(ids)) for _ in range(_PAIRS)]
    score_labels(labels, golds, knowledge, PAPER)
    pair = best(lambda: score_labels(labels, golds, knowledge, PAPER)) / _PAIRS
    table.put("score label pairs in process, per second", size, f"{1 / pair / 1e6:.1f} M", "5 M")
    replies = [
        f"<thinking>seen</thinking>\n<diagnosis>{label}</diagnosis>\n<condition>benign</condition>"
        for label in labels[:20_000]
    ]
    whole = best(lambda: score_column(replies, golds[: len(replies)], knowledge, PAPER), 2)
    table.put("score whole replies in process, per second", size, f"{len(replies) / whole / 1e3:.0f} k")
    fresh = load_snapshot(payload)
    distinct = list(dict.fromkeys(labels))
    cold = seconds(lambda: [fresh.resolve(label) for label in distinct]) / len(distinct)
    warm = best(lambda: [knowledge.resolve(label) for label in labels]) / _PAIRS
    table.put("resolve in process, first / again", size, f"{cold * 1e6:.1f} / {warm * 1e6:.2f} us")
    return knowledge, pair
