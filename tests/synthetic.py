"""A made-up hierarchy of any size, and a database that holds it as release 1: for measures and for tests of scale."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

from kg_service.core.concept import Concept, Condition, Differential, Feature, FeatureKind, Polarity, Strength
from kg_service.core.content import Content
from kg_service.core.release import digest_of, snapshot_of
from kg_service.editorial import migrate
from kg_service.editorial.database import Database
from kg_service.editorial.opening import import_first
from kg_service.settings import Settings
from kg_service.store.codec import graph_of
from kg_service.store.compile import Compiled, shapes_of, statements_of

from .live import ROOT

_FEATURES = 100


def synthetic(size: int, seed: int = 0) -> Content:
    """A random hierarchy with several parents, three labels and two signs a concept, and a differential for most."""
    rng = random.Random(seed)
    parents: list[tuple[int, ...]] = [()]
    for n in range(1, size):
        above = [rng.randrange(max(0, n // 4 - 40), n // 4 + 1)]
        above += [rng.randrange(0, n // 4 + 1)] if n % 10 == 0 else []
        parents.append(tuple(dict.fromkeys(above)))
    inner = {p for above in parents for p in above}
    concepts = {
        f"c{n}": Concept(
            f"c{n}",
            f"disease number {n}",
            tuple(f"c{p}" for p in above),
            None if n in inner else Condition.BENIGN,
            (f"synonym {n} of it", f"D{n}X"),
            profile=(
                (f"f{n % _FEATURES}", Polarity.CHARACTERISTIC),
                (f"f{(n + 1) % _FEATURES}", Polarity.ABSENT),
            ),
        )
        for n, above in enumerate(parents)
    }
    leaves = [n for n in range(1, size) if n not in inner and n - 1 not in inner]
    edges = []
    for n in leaves:
        a, b = sorted((f"c{n - 1}", f"c{n}"))
        edges.append(Differential(a, b, Strength.MODERATE, (f"f{n % _FEATURES}",)))
    return Content(
        concepts,
        {f"f{n}": Feature(f"f{n}", f"sign number {n}", FeatureKind.SURFACE) for n in range(_FEATURES)},
        {edge.id: edge for edge in edges},
        {},
    )


def stored(folder: Path, content: Content, *, now: datetime) -> Settings:
    """Settings of a new embedded database in which the content is release 1. The shapes over the whole are left out."""
    settings = Settings(data=folder, ontologies=ROOT / "ontologies")
    snapshot = snapshot_of(content.knowledge())
    compiled = Compiled(snapshot, digest_of(snapshot), len(content.concepts), statements_of(graph_of(content)))
    database = Database(settings.url)
    migrate.ensure(database)
    import_first(database, compiled, shapes_of(ROOT / "ontologies"), Path("synthetic"), now=now)
    database.close()
    return settings
